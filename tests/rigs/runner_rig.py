"""Real runners for tests: a stream directory, fake processors, a client of the control socket."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ibe100.runner.launch import MARK, control_socket_path, runner_command, short_socket_path
from ibe100.runner.supervision.ownership import end_processes, mark_of, processes_of
from loopback import free_ports

FAKES = Path(__file__).resolve().parent.parent / "fakes"
DEADLINE_S = 60.0

Line = dict[str, Any]


def wait_until(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Poll until the condition holds; AssertionError names what did not come."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {deadline_s} s")


class Client:
    """One connection to a runner's control socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(DEADLINE_S)
        try:
            with short_socket_path(path) as name:
                self._socket.connect(name)
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")

    def ask(self, **request: object) -> Line:
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        return self.next()

    def next(self) -> Line:
        """The next line pushed or replied; ConnectionError at the end."""
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the runner closed the connection")
        value: Line = json.loads(line)
        return value

    def journal_until(self, condition: Callable[[Line], bool]) -> list[Line]:
        """Journal lines pushed up to and with the first that meets the condition."""
        lines: list[Line] = []
        while True:
            pushed = self.next()
            if "journal" in pushed:
                lines.append(pushed["journal"])
                if condition(lines[-1]):
                    return lines

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Stream:
    """A stream directory and the runner that runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(exist_ok=True)
        self.cue, self.splice_json, self.influx, self.analyze_json = free_ports(4)
        self.runner: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[bytes]] = []

    def fake(self, name: str, *arguments: object) -> list[str]:
        return [sys.executable, str(FAKES / name), *map(str, arguments)]

    def flows(self, *arguments: object) -> list[str]:
        return self.fake("flows.py", f"--influx={self.influx}", f"--splice={self.splice_json}", *arguments)

    def write_spec(self, argv: list[str], source: list[str] | None = None, **policy: object) -> None:
        spec = {
            "version": 1,
            "stream_id": self.folder.name,
            "name": "Channel 1",
            "generation": 3,
            "engine": "builtin",
            "processor": {"argv": argv, "env": {"TSDUCK_NO_USER_CONFIG": "1"}},
            "source": None if source is None else {"argv": source},
            "ports": {
                "cue": self.cue,
                "splice_json": self.splice_json,
                "influx": self.influx,
                "analyze_json": self.analyze_json,
            },
            "policy": {"term_timeout_s": 2.0, "stall_timeout_s": 20.0, "start_timeout_s": 25.0, **policy},
        }
        (self.folder / "spec.json").write_text(json.dumps(spec))

    def start(self, secrets: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a runner as a console does."""
        process = subprocess.Popen(
            runner_command(self.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, MARK: mark_of(self.folder)},
        )
        self._started.append(process)
        assert process.stdin is not None
        process.stdin.write(json.dumps({"secrets": secrets or {}}).encode() + b"\n")
        process.stdin.close()
        self.runner = process
        return process

    def start_from(self, console: list[str]) -> subprocess.Popen[bytes]:
        """Start a stand-in for the console, which gets the runner's command as its arguments."""
        process = subprocess.Popen([*console, *runner_command(self.folder)])
        self._started.append(process)
        self.runner = process
        return process

    def client(self) -> Client:
        path = control_socket_path(self.folder)

        def connect() -> Client | None:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                return Client(path)
            return None

        client: Client = wait_until(connect, "a control socket")
        return client

    def status(self) -> Line:
        with self.client() as client:
            return client.ask(cmd="status")

    def journal(self) -> list[Line]:
        """Every whole line on disk."""
        lines: list[Line] = []
        names = sorted(
            self.folder.glob("journal*.jsonl"),
            key=lambda p: int(p.name.split(".")[1]) if p.name.count(".") > 1 else 0,
        )
        for path in reversed(names):
            lines += [
                json.loads(line)
                for line in path.read_bytes().splitlines(keepends=True)
                if line.endswith(b"\n")
            ]
        return lines

    def states(self) -> list[str]:
        return [line["state"] for line in self.journal() if line["kind"] == "state"]

    def of_kind(self, kind: str) -> list[Line]:
        return [line for line in self.journal() if line["kind"] == kind]

    def wait_state(self, state: str, times: int = 1) -> None:
        wait_until(lambda: self.states().count(state) >= times, f"{state} ({times}x)")

    def wait_exit(self) -> int:
        assert self.runner is not None
        return self.runner.wait(DEADLINE_S)

    def stop(self) -> None:
        with self.client() as client:
            assert client.ask(cmd="stop", reason="test")["ok"]
        self.wait_exit()

    def clean_up(self) -> None:
        """Leave no process behind, whatever the test did."""
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(DEADLINE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        record = self.folder / "runner.json"
        if record.exists():  # started by a stand-in for the console
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)
        end_processes(processes_of(self.folder))


@contextlib.contextmanager
def stream_in(folder: Path) -> Iterator[Stream]:
    stream = Stream(folder)
    try:
        yield stream
    finally:
        stream.clean_up()
