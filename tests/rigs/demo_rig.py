"""The command line as its users run it: as processes, each with folders of its own, and what they leave."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ibe100.cli.main import app, main
from places import ROOT

DEADLINE_S = 100.0
DATAGRAM = 7 * 188


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The last line of its standard output."""
        value: dict[str, Any] = json.loads(self.out.strip().splitlines()[-1])
        return value

    def refusal(self) -> str:
        """The last line of its standard error; asserts that there is no traceback."""
        assert "Traceback" not in self.err, self.err
        return self.err.strip().splitlines()[-1]


class Place:
    """A sandbox: temporary files, sockets and a data folder that nobody else uses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.data_dir = folder / "data"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IBE100_")},
            "TMPDIR": str(self.temporary),
            "COLUMNS": "200",
        }
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        """`main.py ARGUMENTS` in this place."""
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def run(self, *arguments: str | Path, **environment: str) -> Ended:
        """Run it to its end."""
        return finished(self.start(*arguments, **environment))

    def processes(self) -> list[str]:
        """Command lines of all living processes that were started from here."""
        return list(self._mine().values())

    def pids(self, word: str) -> list[int]:
        """Processes from here whose command line holds `word`."""
        return [pid for pid, command in self._mine().items() if word in command]

    def _mine(self) -> dict[int, str]:
        wanted = f"TMPDIR={self.temporary}".encode()  # every child has it
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(entry.name)] = command
        return found

    def leftovers(self) -> list[str]:
        """Processes, temporary folders and sockets that are still there."""
        temporary = [str(path) for path in self.temporary.iterdir()]
        sockets = [str(path) for path in self.data_dir.rglob("*.sock")]
        return [*self.processes(), *temporary, *sockets]

    def close(self) -> None:
        """End whatever a failed test left."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for pid in self.pids(""):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def place_in(folder: Path) -> Iterator[Place]:
    place = Place(folder)
    try:
        yield place
    finally:
        place.close()


def finished(process: subprocess.Popen[str], deadline_s: float = DEADLINE_S) -> Ended:
    """Wait for the end of a command and collect what it said."""
    try:
        out, err = process.communicate(timeout=deadline_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"{process.args} did not end in {deadline_s} s:\n{out}\n{err}") from None
    return Ended(process.returncode, out, err)


def patiently(condition: Callable[[], Any], what: str) -> Any:
    """Ask ten times a second until the condition holds; AssertionError names what did not come."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {DEADLINE_S} s")


@contextlib.contextmanager
def receiver() -> Iterator[tuple[int, list[bytes]]]:
    """A UDP socket on loopback, its port, and the datagrams that came in their order."""
    came: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.2)
        over = threading.Event()

        def receive() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    came.append(listening.recv(65536))

        thread = threading.Thread(target=receive)
        thread.start()
        try:
            yield listening.getsockname()[1], came
        finally:
            over.set()
            thread.join()


@contextlib.contextmanager
def sender(source: Path, port: int, bitrate_bps: float) -> Iterator[None]:
    """Send a file to a port on loopback at its own rate, for ever; a loop renumbers nothing."""
    data = source.read_bytes()
    over = threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            started, sent = time.monotonic(), 0
            while not over.is_set():
                at = sent % (len(data) - len(data) % DATAGRAM)
                with contextlib.suppress(ConnectionRefusedError):
                    out.sendto(data[at : at + DATAGRAM], ("127.0.0.1", port))
                sent += DATAGRAM
                over.wait(max(0.0, started + sent * 8 / bitrate_bps - time.monotonic()))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def cli(*arguments: str | Path) -> Ended:
    """A command in this process: it is the socket that matters, and a start of Python takes a second."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    streams = contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)
    with pytest.MonkeyPatch.context() as patch, streams[0], streams[1]:
        patch.setattr(sys, "argv", ["ibe100", *map(str, arguments)])
        patch.setattr(app, "registered_groups", [])  # as in a new process: each call adds the group it needs
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
    assert isinstance(code, int)
    return Ended(code, out.getvalue(), err.getvalue())
