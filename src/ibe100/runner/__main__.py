"""Start of a runner: `python -I -S -X utf8 …/ibe100/runner STREAM_DIR` (see launch.runner_command)."""

import contextlib
import json
import os
import resource
import select
import sys
import time
from pathlib import Path

if __package__ in (None, ""):  # run as a folder: put our packages after the standard library, not before
    sys.path[0:1] = []
    sys.path.append(str(Path(__file__).resolve().parents[2]))

from ibe100.runner.journal.journal import Journal
from ibe100.runner.launch import EXIT_ENDED, EXIT_FAILED, EXIT_LOCKED, EXIT_USAGE, MARK, control_socket_path
from ibe100.runner.memory_order import RUNNER, set_memory_order
from ibe100.runner.spec import Spec, SpecError, load_spec, parse_secrets
from ibe100.runner.stream_runner import SPEC, StreamRunner
from ibe100.runner.supervision.ownership import LOCK, end_processes_of, mark_of, take_lock
from ibe100.runner.supervision.states import State

_SECRETS_LIMIT = 1 << 20
_SECRETS_WAIT_S = 5.0


def main(argv: list[str]) -> int:
    """Run one stream to its end; returns the exit status (see launch)."""
    if len(argv) != 2 or not Path(argv[1]).is_dir():
        print("usage: runner STREAM_DIR (a folder that holds spec.json)", file=sys.stderr)
        return EXIT_USAGE
    folder = Path(argv[1]).absolute()
    os.umask(0o077)
    os.environ[MARK] = mark_of(folder)  # for every child; our own came from whoever started us
    try:
        lock = take_lock(folder)
    except OSError as error:
        print(f"{folder / LOCK} cannot be locked: {error.strerror}", file=sys.stderr)
        return EXIT_FAILED
    if lock is None:
        print(f"{folder.name}: another runner holds the lock of this stream", file=sys.stderr)
        return EXIT_LOCKED
    with contextlib.suppress(OSError):  # deleted just now: what can be run is run
        os.chdir(folder)  # the sockets of the stream go by their names, and stay with a folder that is moved
    journal = Journal(folder)
    try:
        secrets = _read_secrets()
        spec = load_spec(folder / SPEC)
        spec.check_secrets(secrets)
    except SpecError as error:
        return _refuse(folder, journal, str(error))
    _detach()
    set_memory_order(RUNNER)
    _limit_memory(spec.policy.memory_limit_mb)
    try:
        runner = StreamRunner(folder, control_socket_path(folder), spec, secrets, journal)
    except OSError as error:
        return _refuse(folder, journal, f"the control socket cannot be made: {error}", spec)
    state, reason = runner.run()
    if state != State.FAILED:
        return EXIT_ENDED
    return _print_reason(reason)


def _refuse(folder: Path, journal: Journal, reason: str, spec: Spec | None = None) -> int:
    end_processes_of(folder)  # nobody would own them
    generation, engine = (None, None) if spec is None else (spec.generation, spec.engine)
    journal.append("runner_started", {"pid": os.getpid(), "generation": generation, "engine": engine})
    journal.append("state", {"state": State.FAILED, "previous": None, "reason": reason})
    journal.append("runner_stopped", {"reason": reason})
    journal.close()
    return _print_reason(reason)


def _print_reason(reason: str) -> int:
    with contextlib.suppress(OSError):  # whoever would have read them may be gone
        print(reason, file=sys.stderr, flush=True)
    return EXIT_FAILED


def _read_secrets() -> dict[str, str]:
    """The first line on standard input; nothing there means no secrets."""
    data = bytearray()
    deadline = time.monotonic() + _SECRETS_WAIT_S
    while b"\n" not in data:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not select.select([0], [], [], left_s)[0]:
            raise SpecError(f"no line with the secrets came on standard input within {_SECRETS_WAIT_S} s")
        piece = os.read(0, 65536)
        if not piece:
            break
        data += piece
        if len(data) > _SECRETS_LIMIT:
            raise SpecError("the line with the secrets is too long")
    line = data.partition(b"\n")[0]
    if not line.strip():
        return {}
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise SpecError("the line with the secrets is no JSON") from None
    if not isinstance(value, dict):
        raise SpecError('the line with the secrets must be an object with "secrets"')
    return parse_secrets(value.get("secrets", {}))


def _detach() -> None:
    """A session of its own, if the parent did not give one, and nothing to read from."""
    if os.getsid(0) != os.getpid() and os.getpgrp() != os.getpid():
        os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def _limit_memory(limit_mb: int) -> None:
    """Bound the data of this process, and of each that it starts, whatever a sender sends."""
    if sys.platform == "linux":  # elsewhere the system does not hold mapped memory against it
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        with contextlib.suppress(ValueError, OSError):  # a lower limit of the system's own holds
            resource.setrlimit(resource.RLIMIT_DATA, (limit_mb << 20, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv))
