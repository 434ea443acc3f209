"""One child process: started with its secrets, drained without ever blocking it, ended and waited for.

A child is not tied to the runner's life: if the runner itself is killed, the picture goes on, and the next
runner of the stream ends what was left behind (see identity.left_behind).
"""

import contextlib
import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ibe100.runner.local_socket import inheritance
from ibe100.runner.loop import Loop, Timer
from ibe100.runner.memory_order import PROCESSOR, set_memory_order
from ibe100.runner.processor_log.lines import LineSplitter
from ibe100.runner.spec import Command, secret_name
from ibe100.runner.supervision.exchange import split_command
from ibe100.runner.supervision.identity import ProcessIdentity, process_start_time
from ibe100.runner.supervision.spare import Spare

_PIPE_BYTES = 1 << 20  # room for what a processor prints while the runner is kept from the CPU
_READ_BYTES = 64 << 10
_STALL_GRACE_S = 0.5
_SECOND_TERM_S = 1.0
_READS_PER_WAKE = 4  # a log flood must leave time for the cue receipts


@dataclass(frozen=True, slots=True)
class Exit:
    """End of a process: an exit code, or the signal that killed it."""

    exit_code: int | None
    signal: str | None
    seconds: float

    def words(self) -> str:
        return f"killed by {self.signal}" if self.signal else f"exit code {self.exit_code}"

    def facts(self, pid: int, outcome: str, log_tail: Sequence[str]) -> dict[str, object]:
        """Facts for the journal."""
        return {
            "pid": pid,
            "exit_code": self.exit_code,
            "signal": self.signal,
            "seconds": round(self.seconds, 3),
            "outcome": outcome,
            "log_tail": list(log_tail),
        }


class Child:
    """A running process in a session of its own, with one pipe for all it prints.

    OSError from the constructor: the program cannot be executed.
    """

    def __init__(
        self,
        loop: Loop,
        command: Command,
        secrets: Mapping[str, str],
        on_line: Callable[[bytes], None],
        guided: bool = False,
        spare: Spare | None = None,
        sockets: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """`sockets` are descriptors it inherits, by name."""
        self._loop = loop
        self._command, self._secrets = command, secrets
        self._on_line = on_line
        self._splitter = LineSplitter()
        self._ending: Timer | None = None
        self.started_at = time.monotonic()
        ready = None if spare is None else spare.take(command, secrets, guided, sockets)
        self._popen, self._output = ready or _spawn(command, secrets, guided, sockets)
        if self._popen.stdin is not None:
            os.set_blocking(self._popen.stdin.fileno(), False)
        os.set_blocking(self._output, False)
        if sys.platform == "linux":
            # Over the user's limit for pipes; the default is good too.
            with contextlib.suppress(PermissionError):
                fcntl.fcntl(self._output, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self.pid = self._popen.pid
        self.identity = ProcessIdentity(self.pid, process_start_time(self.pid) or 0)
        loop.watch(self._output, selectors.EVENT_READ, self._read)

    def poll(self) -> Exit | None:
        """End of the process, None while it runs. At the end its group is killed and its output read."""
        if not self._has_ended():
            return None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # before reaping: until then the group's number is its own
        code = self._popen.wait()
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        if self._ending is not None:
            self._ending.cancel()
        self._read_to_end()
        seconds = time.monotonic() - self.started_at
        if code < 0:
            return Exit(None, signal.Signals(-code).name, seconds)
        return Exit(code, None, seconds)

    @property
    def is_guided(self) -> bool:
        """True for one that can be given another command."""
        return self._popen.stdin is not None

    def exchange(self, command: Command, secrets: Mapping[str, str]) -> bool:
        """Have it go on by another command, with its input and output as they are; False where it cannot."""
        kept, exchanged = split_command(command.argv)
        is_alike = kept == split_command(self._command.argv)[0] and command.env == self._command.env
        if self._popen.stdin is None or not is_alike or secrets != self._secrets or self._ending is not None:
            return False
        if not self.tell(exchanged):
            return False
        self._command = command
        return True

    def tell(self, command: object) -> bool:
        """Write a command, as a line of JSON, to its standard input; False where it cannot take it."""
        if self._popen.stdin is None:
            return False
        line = json.dumps(command).encode() + b"\n"
        try:
            return os.write(self._popen.stdin.fileno(), line) == len(line)
        except OSError:  # it has ended, or hangs
            return False

    def end(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal, then wait that many seconds before the next. A later call takes over."""
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if not steps:
            return
        (number, wait_s), *rest = steps
        self.signal(number)
        if rest:
            self._ending = self._loop.call_later(wait_s, lambda: self.end(*rest))

    def end_in_turn(self, timeout_s: float) -> None:
        """TERM, `timeout_s`, TERM, a second at most, KILL."""
        last = (signal.SIGTERM, min(timeout_s, _SECOND_TERM_S)), (signal.SIGKILL, 0.0)
        self.end((signal.SIGTERM, timeout_s), *last)

    def end_soon(self) -> None:
        """End one whose picture is black already: there is little time for a clean end."""
        self.end((signal.SIGTERM, _STALL_GRACE_S), (signal.SIGKILL, 0.0))

    def signal(self, number: signal.Signals) -> None:
        """SIGKILL goes to the whole group, anything else to the process, which ends its own children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    def _has_ended(self) -> bool:
        if sys.platform == "linux":
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        else:
            return self._popen.poll() is not None

    def _read(self, _events: int) -> None:
        for _ in range(_READS_PER_WAKE):
            try:
                data = os.read(self._output, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                self._loop.unwatch(self._output)
                return
            for line in self._splitter.feed(data):
                self._on_line(line)

    def _read_to_end(self) -> None:
        """Read all that is in the pipe, which may stay open in some grandchild that left the group."""
        for _ in range(_PIPE_BYTES // _READ_BYTES + 1):
            try:
                data = os.read(self._output, _READ_BYTES)
            except BlockingIOError:
                break
            if not data:
                break
            for line in self._splitter.feed(data):
                self._on_line(line)
        for line in self._splitter.end():
            self._on_line(line)
        self._loop.unwatch(self._output)
        os.close(self._output)


def _spawn(
    command: Command,
    secrets: Mapping[str, str],
    guided: bool,
    sockets: Mapping[str, int],
) -> tuple[subprocess.Popen[bytes], int]:
    reader, writer = os.pipe()
    handed: list[int] = []
    try:
        argv: list[str] = []
        for token in command.argv:
            name = secret_name(token)
            if name is None:
                argv.append(token)
            else:
                handed.append(_secret_file(secrets[name]))
                argv.append(f"@{_FD_FOLDER}/{handed[-1]}")
        popen = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE if guided else subprocess.DEVNULL,
            bufsize=0,
            stdout=writer,
            stderr=writer,
            env={**os.environ, **command.env, **inheritance(sockets)},
            start_new_session=True,
            pass_fds=[*handed, *sockets.values()],
        )
        set_memory_order(PROCESSOR, popen.pid)
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
        for fd in handed:
            os.close(fd)
    return popen, reader


_FD_FOLDER = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"


def _secret_file(text: str) -> int:
    """A descriptor from which the text can be read, by the child alone, with no name on any disk."""
    data = text.encode("utf-8") + (b"" if text.endswith("\n") else b"\n")
    if sys.platform == "linux":
        fd = os.memfd_create("options")
        os.write(fd, data)
        return fd
    else:
        reader, writer = os.pipe()
        os.write(writer, data)  # at most 16 kB: it fits into the pipe
        os.close(writer)
        return reader
