"""Ownership of a stream: its lock, and the mark that every process started for it carries.

Files and sockets are ways to a process, never proof of its life. A runner lives for as long as the stream's
lock is held; its processor, its source and all that they start are found by an environment variable that each
child inherits. So nothing stays on air unowned because a file is damaged, a disk is full or a folder is gone.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ibe100.runner.launch import MARK
from ibe100.runner.supervision.identity import ProcessIdentity

LOCK = "lock"
_TERM_S = 2.0
_KILL_S = 2.0
_POLL_S = 0.005
_LOOKED_AT_S = 0.2  # `is_held` takes the lock for a moment
_ROUNDS = 3  # a process may start another one while it is being ended


def mark_of(stream_dir: Path) -> str:
    """The value of MARK in the environment of every process of the stream."""
    return str(stream_dir.resolve())


def take_lock(stream_dir: Path) -> int | None:
    """Lock the stream for this process; None while a runner holds it. OSError: it cannot be locked."""
    lock = os.open(stream_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _LOOKED_AT_S
    try:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            if time.monotonic() >= deadline:
                break
            time.sleep(_POLL_S)
    except OSError:
        os.close(lock)
        raise
    os.close(lock)
    return None


def is_held(stream_dir: Path) -> bool:
    """True if a runner owns the stream, whatever its socket and its files say."""
    try:
        lock = os.open(stream_dir / LOCK, os.O_RDONLY)
    except OSError:  # the folder may have been deleted under a runner
        try:
            return runner_of(stream_dir) is not None
        except OSError:  # no descriptor left to look with: gone is only who is known to be
            return True
    try:
        # A shared lock for a moment: two that look at once must not see each other.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def runner_of(stream_dir: Path) -> ProcessIdentity | None:
    """The runner of the stream, by its mark and its command line."""
    names = (os.fsencode(mark_of(stream_dir)), os.fsencode(stream_dir.absolute()))
    for process in processes_of(stream_dir):
        argv = _command_line(process.pid)
        if len(argv) > 1 and argv[-1] in names and argv[-2].endswith(b"/ibe100/runner"):
            return process
    return None


def processes_of(stream_dir: Path) -> list[ProcessIdentity]:
    """Every living process that was started for the stream, this one left out. OSError: none can be read."""
    wanted = os.fsencode(f"{MARK}={mark_of(stream_dir)}")
    found = []
    for pid, environment in _environments():
        if pid != os.getpid() and wanted in environment:
            identity = ProcessIdentity.of(pid)
            if identity is not None:
                found.append(identity)
    return found


def end_processes_of(stream_dir: Path, ending: Callable[[int], None] = lambda _pid: None) -> None:
    """End whatever runs for the stream: TERM, two seconds, KILL. The caller holds the stream's lock.

    `ending` is told each pid before its first signal. Blocks for up to four seconds a round.
    """
    for _ in range(_ROUNDS):
        processes = processes_of(stream_dir)
        if not processes:
            return
        for process in processes:
            ending(process.pid)
        end_processes(processes)


def end_processes(processes: list[ProcessIdentity]) -> None:
    """TERM, two seconds, KILL, two seconds; returns as soon as all have ended."""
    for number, wait_s in ((signal.SIGTERM, _TERM_S), (signal.SIGKILL, _KILL_S)):
        for process in processes:
            if process.is_alive():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, number)
        deadline = time.monotonic() + wait_s
        while any(process.is_alive() for process in processes):
            if time.monotonic() >= deadline:
                break
            time.sleep(_POLL_S)
        else:
            return


def _environments() -> list[tuple[int, list[bytes]]]:
    """Pid and environment of each process of this user."""
    if sys.platform != "linux":
        return _environments_by_ps()
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(ProcessLookupError, FileNotFoundError, PermissionError):
                # One that ended meanwhile, or somebody else's.
                found.append((int(process.name), (process / "environ").read_bytes().split(b"\0")))
    return found


def _environments_by_ps() -> list[tuple[int, list[bytes]]]:
    answer = subprocess.run(["ps", "-Ewwo", "pid=,command="], capture_output=True)
    lines = [line.split() for line in answer.stdout.splitlines()]
    return [(int(words[0]), words[1:]) for words in lines if words]


def _command_line(pid: int) -> list[bytes]:
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        return []
    else:
        answer = subprocess.run(["ps", "-wwo", "command=", "-p", str(pid)], capture_output=True)
        return answer.stdout.split()
