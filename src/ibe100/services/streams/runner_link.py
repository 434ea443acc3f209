"""The console's end of a runner: spawn it, adopt it, follow its journal, tell it what to do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibe100.models.errors import StorageError, StreamError
from ibe100.models.stream_state import StreamState
from ibe100.runner.journal.journal import journal_files
from ibe100.runner.journal.reserve import reserved_lines
from ibe100.runner.launch import MARK, control_socket_path, runner_command, short_socket_path
from ibe100.runner.supervision.ownership import (
    end_processes,
    end_processes_of,
    is_held,
    mark_of,
    runner_of,
    take_lock,
)
from ibe100.services.streams.runner_facts import MALFORMED, Fact, read_fact
from ibe100.services.streams.runner_samples import Sample, read_sample
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.child_environment import child_environment

CONNECT_TIMEOUT_S = 10.0
REPLY_TIMEOUT_S = 5.0
RECONNECT_S = 0.1
DISK_POLL_S = 0.5
NOT_CONTROLLED = "the stream may be on air and cannot be controlled"
QUIET_S = 3.0
"""A runner that says nothing for so long is asked, and does not answer after as long again: it is frozen."""
STOP_S = 20.0
POLL_S = 0.02
LONGEST_LINE = 4 << 20

_TAKEN = re.compile(r"port \d+ \(\w+\) on 127\.0\.0\.1")
"""How a runner says that it cannot have one of its ports."""

_log = logging.getLogger(__name__)

# Python warns when a child that still runs is forgotten; a runner is meant to go on when its link is gone.
_outliving: set[subprocess.Popen[bytes]] = set()


class RunnerGone(StreamError):
    """A stream has no runner."""


class RunnerSilent(StreamError):
    """A runner holds the stream, which may be on air, and cannot be reached."""


class PortLost(StreamError):
    """A loopback port that was free when the run was planned has another owner by now."""


@dataclass(frozen=True, slots=True)
class RunnerStatus:
    """Status of a living runner."""

    state: StreamState | None
    """None while it has only its source, and waits for its processor."""
    reason: str
    attempt: int
    attempt_uptime_s: float
    input_lost_at: float | None = None
    retry_at: float | None = None
    passes: str = ""


class RunnerLink:
    """Link to the runner in `stream_dir`, alive or not. All methods belong to the loop."""

    def __init__(self, stream_dir: Path) -> None:
        self.stream_dir = stream_dir
        self._child: subprocess.Popen[bytes] | None = None
        self._secrets: dict[str, str] = {}

    def write_spec(self, spec: Mapping[str, Any]) -> None:
        """Put the spec beside the journal, atomically; blocks on the disk. Raises StorageError."""
        path = self.stream_dir / "spec.json"
        try:
            self.stream_dir.mkdir(exist_ok=True)
            atomic_write(path, json.dumps(spec, indent=1).encode())
        except OSError as error:
            raise StorageError(f"the stream's spec {path} cannot be written: {error.strerror}") from error

    def read_spec(self) -> Mapping[str, Any] | None:
        """The spec as it was written last; None where there is none that can be read."""
        try:
            spec = json.loads((self.stream_dir / "spec.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return spec if isinstance(spec, dict) else None

    def forget_spec(self) -> None:
        """The next start makes another; blocks on the disk. Raises StorageError."""
        path = self.stream_dir / "spec.json"
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"the stream's spec {path} cannot be removed: {error.strerror}") from error

    async def status(self) -> RunnerStatus | None:
        """Status of the runner; None where there is none. Raises RunnerSilent."""
        try:
            reply = await self.request({"cmd": "status"})
        except RunnerGone:
            return None
        return RunnerStatus(
            state=None if reply["state"] is None else StreamState(reply["state"]),
            reason=str(reply.get("reason") or ""),
            attempt=reply.get("attempt") or 0,
            attempt_uptime_s=float(reply.get("attempt_uptime_s") or 0.0),
            input_lost_at=reply.get("input_lost_at"),
            retry_at=reply.get("retry_at"),
            passes=str(reply.get("passes") or ""),
        )

    async def is_alive(self) -> bool:
        """True when there is a runner. Raises RunnerSilent."""
        return await self.status() is not None

    async def spawn(self, secrets: Mapping[str, str]) -> None:
        """Start a runner that outlives this process. Raises StreamError when it does not come up."""
        await self.reap()
        starting = asyncio.create_task(asyncio.to_thread(self._spawn, dict(secrets)))
        try:
            self._child = await asyncio.shield(starting)
            await self._until_it_answers(self._child)
        except OSError as error:
            raise StreamError(f"a runner cannot be started in {self.stream_dir}: {error.strerror}") from error
        except asyncio.CancelledError:
            # Nobody will follow it: it must not run on unseen.
            self._child = await starting
            self._child.terminate()
            await self.reap()
            raise

    async def _until_it_answers(self, child: subprocess.Popen[bytes]) -> None:
        deadline = asyncio.get_running_loop().time() + CONNECT_TIMEOUT_S
        while not await self._answers():
            if child.poll() is not None:
                words = self._last_lines(child.returncode)
                raise PortLost(words) if _TAKEN.search(words) else StreamError(words)
            if asyncio.get_running_loop().time() > deadline:
                child.kill()
                await self.reap()
                raise StreamError(f"the runner did not answer in {CONNECT_TIMEOUT_S:.0f} s")
            await asyncio.sleep(POLL_S)

    async def _answers(self) -> bool:
        try:
            return await self.is_alive()
        except RunnerSilent:  # it holds the stream already, and does not listen yet
            return False

    def _spawn(self, secrets: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.stream_dir / "runner.err").open("wb") as errors:
            child = subprocess.Popen(
                runner_command(self.stream_dir),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                cwd="/",
                env=child_environment(**{"TSDUCK_NO_USER_CONFIG": "1", MARK: mark_of(self.stream_dir)}),
            )
        _outliving.difference_update([one for one in _outliving if one.poll() is not None])
        _outliving.add(child)
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(json.dumps({"secrets": secrets}).encode() + b"\n")
            child.stdin.close()
        return child

    def _last_lines(self, code: int) -> str:
        with contextlib.suppress(OSError):
            words = (self.stream_dir / "runner.err").read_text(errors="replace").strip().splitlines()
            if words:
                return f"the runner ended at once: {words[-1]}"
        return f"the runner ended at once (exit {code})"

    async def reap(self) -> None:
        """Collect a child that has ended, so that it leaves no zombie."""
        if self._child is not None and self._child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._child.wait, 3.0)

    async def end(self, reason: str) -> None:
        """Stop the runner, if there is one, and all that runs for the stream; returns when nothing does."""
        try:
            await self.request({"cmd": "stop", "reason": reason})
            async with asyncio.timeout(STOP_S):
                while await self._answers():
                    await asyncio.sleep(POLL_S)
        except RunnerGone:
            pass
        except (RunnerSilent, TimeoutError) as error:
            await self.end_by_force(str(error) or "it did not stop")
        await self.end_left_behind()
        await self.reap()

    async def end_by_force(self, why: str) -> None:
        """End a runner that does not answer by its pid, and all that runs for the stream."""
        _log.error("the runner in %s is ended by its pid: %s", self.stream_dir, why)
        await asyncio.to_thread(_end_runner, self.stream_dir)
        await self.end_left_behind()

    async def end_left_behind(self) -> None:
        """End what runs for the stream while no runner owns it: it would stay on air for ever."""
        await asyncio.to_thread(_end_unowned, self.stream_dir)

    async def request(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a command, return its reply. Raises RunnerGone, RunnerSilent, StreamError with the reason."""
        reader, writer = await self._connect()
        try:
            writer.write(json.dumps(command).encode() + b"\n")
            await writer.drain()
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                line = await reader.readline()
        except TimeoutError:
            why = f"its runner did not answer in {REPLY_TIMEOUT_S:.0f} s; is it frozen?"
            raise RunnerSilent(f"{NOT_CONTROLLED}: {why}") from None
        except OSError as error:
            raise await self._unanswered(f"the runner closed the connection ({error})") from error
        finally:
            writer.close()
        if not line:
            raise await self._unanswered("the runner closed the connection")
        return _reply(line)

    async def follow(
        self,
        from_seq: int,
        on_fact: Callable[[Fact], Awaitable[None]],
        on_sample: Callable[[Sample], None],
        on_reach: Callable[[str], None] = lambda _why: None,
    ) -> None:
        """Follow the journal after `from_seq`, each line in order and once, and the samples as they come.

        `on_reach` is told why the runner does not answer, and with an empty text that it does. Returns when
        the runner has ended and all its lines have been handed on.
        """
        seq = from_seq
        while True:
            try:
                reader, writer = await self._connect()
            except RunnerGone:
                return
            except RunnerSilent as error:
                # What it writes down is on the disk all the same.
                for fact in await asyncio.to_thread(read_journal, self.stream_dir, seq):
                    seq = fact.seq
                    await on_fact(fact)
                on_reach(str(error))
                await asyncio.sleep(DISK_POLL_S)
                continue
            try:
                request = {"cmd": "subscribe", "from_seq": seq, "samples": True}
                writer.write(json.dumps(request).encode() + b"\n")
                await writer.drain()
                _reply(await _next_line(reader, writer, on_reach))
                while line := await _next_line(reader, writer, on_reach):
                    message = json.loads(line)
                    if "journal" in message:
                        if message["journal"]["seq"] > seq:
                            fact = read_fact(message["journal"])
                            seq = fact.seq
                            await on_fact(fact)
                    elif "sample" in message and (sample := read_sample(message)) is not None:
                        on_sample(sample)
            except (OSError, RunnerGone):
                await asyncio.sleep(RECONNECT_S)
            except (StreamError, *MALFORMED) as error:
                _log.error("the runner in %s is not understood: %s", self.stream_dir, error)
                await asyncio.sleep(RECONNECT_S)
            finally:
                writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        path = control_socket_path(self.stream_dir)
        try:
            with short_socket_path(path) as name:
                return await asyncio.open_unix_connection(name, limit=LONGEST_LINE)
        except (OSError, ValueError) as error:
            raise await self._unanswered(f"its runner does not listen at {path}") from error

    async def _unanswered(self, why: str) -> StreamError:
        """The error for a runner that gave no answer: it is gone only once it no longer holds the stream."""
        if await asyncio.to_thread(is_held, self.stream_dir):
            return RunnerSilent(f"{NOT_CONTROLLED}: {why}")
        return RunnerGone(why)


async def _next_line(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_reach: Callable[[str], None]
) -> bytes:
    """The next line of a runner; one that is quiet is asked for its status, to know whether it is frozen."""
    asked = False
    while True:
        try:
            async with asyncio.timeout(QUIET_S):
                line = await reader.readline()
        except TimeoutError:
            if asked:
                on_reach(f"{NOT_CONTROLLED}: its runner does not answer; is it frozen?")
            else:
                writer.write(b'{"cmd": "status"}\n')
                asked = True
        else:
            on_reach("")
            return line


def _end_runner(stream_dir: Path) -> None:
    """End a runner that does not answer, and its children; blocks for seconds."""
    runner = runner_of(stream_dir)
    if runner is not None:
        end_processes([runner])


def _end_unowned(stream_dir: Path) -> None:
    try:
        lock = take_lock(stream_dir)
    except OSError:  # without its folder a stream has no runner to be started meanwhile
        end_processes_of(stream_dir)
        return
    if lock is None:
        return
    try:
        end_processes_of(stream_dir)
    finally:
        os.close(lock)


def _reply(line: bytes) -> Mapping[str, Any]:
    if not line:
        raise RunnerGone("the runner closed the connection")
    reply: Mapping[str, Any] = json.loads(line)
    if not reply.get("ok"):
        raise StreamError(str(reply.get("error", "the runner refused")))
    return reply


def read_journal(stream_dir: Path, from_seq: int) -> list[Fact]:
    """The facts after `from_seq` of a runner that is gone, oldest first; torn lines are left out."""
    lines = reserved_lines(stream_dir)
    for path in journal_files(stream_dir):
        try:
            lines += path.read_bytes().splitlines()
        except FileNotFoundError:  # rotated away meanwhile
            continue
        except OSError as error:
            _log.error("%s cannot be read: %s; its facts are left out", path, error.strerror)
    facts: dict[int, Fact] = {}
    for raw in lines:
        with contextlib.suppress(*MALFORMED):
            line = json.loads(raw)
            if line["seq"] > from_seq:
                facts[line["seq"]] = read_fact(line)
    return [facts[seq] for seq in sorted(facts)]
