"""The product as a user has it: `./run serve` or a window, command line, HTTP API, socket; its processes."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibe100_client
from ibe100_client import Call, Client, ClientError, access, streams, system

ROOT = Path(__file__).resolve().parents[2]
WINDOW = Path(__file__).with_name("window.py")
WINDOW_SHARE = 0.6
"""Part of the starts that are a window's."""
BUSY_SOCKETS = 8
"""A processor on air has more; one that is kept ready has five."""
MARK = "IBE100_STREAM_DIR="


class Refused(Exception):
    """The product said no, in words."""


class NoAnswer(Exception):
    """Nothing came back: what was asked for may have happened or not."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that carries a stream's mark."""

    pid: int
    kind: str
    folder: str


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody has just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Product:
    """One data folder and the server that works on it, which is started again whenever it has ended."""

    def __init__(self, folder: Path, engine: str, chance: random.Random) -> None:
        self.data_dir, self._engine, self._chance = folder / "data", engine, chance
        self._runtime = folder / "runtime"
        self._runtime.mkdir(mode=0o700)
        self.data_dir.mkdir()
        self._http_port = free_port(socket.SOCK_STREAM)
        self._token = ""
        self.hold = threading.Event()
        """While it is set a server that has ended is not started again."""
        self.starts = 0
        self.ends: list[str] = []
        """How servers ended, each with its wall clock."""
        self._over = threading.Event()
        self.server: subprocess.Popen[bytes] | None = None
        """The server, or a window in its place."""
        self.is_window = False
        self._clicks = 0
        self._answers: dict[int, queue.SimpleQueue[dict[str, Any] | None]] = {}
        self._output = (folder / "server.out").open("ab")
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_RUNTIME_DIR": str(self._runtime)}

    @property
    def runtime_dir(self) -> Path:
        return self._runtime

    def start(self) -> None:
        """Start the server and whoever starts it again; returns when it answers."""
        self._keeper.start()
        self.until_answering()
        self.ask(access.add_user("nemesis", "admin"))
        made = self.ask(access.add_token("nemesis", "nemesis"))
        self._token = made["token"]
        # A database that is lost comes back with the users and tokens of its last backup.
        self.ask(system.back_up())

    def until_answering(self, deadline_s: float = 90.0) -> None:
        """Return when the server answers. Raises NoAnswer."""
        end = time.monotonic() + deadline_s
        while True:
            try:
                self.ask(streams.listed())
                return
            except NoAnswer:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """End the server for good."""
        self._over.set()
        self._keeper.join()
        if self.server is not None and self.server.poll() is None:
            self.server.terminate()
            try:
                self.server.wait(30)
            except subprocess.TimeoutExpired:
                self.ends.append("it did not end within 30 s of SIGTERM")
                self.server.kill()
                self.server.wait()

    def end_all(self) -> None:
        """Kill whatever of it is left."""
        self._over.set()
        if self._keeper.ident is not None:
            self._keeper.join()
        if self.server is not None:
            self.server.kill()
            self.server.wait()
        while found := self.processes():
            for one in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, signal.SIGKILL)
            time.sleep(0.1)

    def _keep(self) -> None:
        while not self._over.wait(0.05):
            if self.server is not None and self.server.poll() is not None:
                self.ends.append(f"{time.time():.1f} exit {self.server.returncode}")
                self.server = None
                self._over.wait(self._chance.uniform(0.1, 3.0))
            if self.server is None and not self.hold.is_set() and not self._over.is_set():
                self.is_window = self._chance.random() < WINDOW_SHARE
                self.server = self._spawn()
                self.starts += 1

    def _spawn(self) -> subprocess.Popen[bytes]:
        words = ["--data-dir", str(self.data_dir), "--engine", self._engine]
        if not self.is_window:
            return subprocess.Popen(
                [str(ROOT / "run"), "serve", *words, "--api", "--api-port", str(self._http_port)],
                stdout=self._output,
                stderr=self._output,
                env=self.environment,
                start_new_session=True,
            )
        api = {"IBE100_API__ENABLED": "true", "IBE100_API__PORT": str(self._http_port)}
        window = subprocess.Popen(
            [sys.executable, str(WINDOW), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            stderr=self._output,
            env={**self.environment, **api},
            start_new_session=True,
        )
        threading.Thread(target=self._hear, args=(window,), daemon=True).start()
        return window

    def _hear(self, window: subprocess.Popen[bytes]) -> None:
        assert window.stdout is not None
        for line in window.stdout:
            with contextlib.suppress(ValueError, KeyError):
                heard = json.loads(line)
                self._answers[heard["id"]].put(heard)
        for waiting in list(self._answers.values()):
            waiting.put(None)

    def at_window(self, request: dict[str, Any], timeout_s: float = 45.0) -> dict[str, Any]:
        """The result of one thing done at the window. Raises Refused, NoAnswer."""
        window, waiting = self.server, queue.SimpleQueue[dict[str, Any] | None]()
        if window is None or window.stdin is None:
            raise NoAnswer("there is no window")
        self._clicks += 1
        number = self._clicks
        self._answers[number] = waiting
        try:
            window.stdin.write(json.dumps({**request, "id": number}).encode() + b"\n")
            heard = waiting.get(timeout=timeout_s)
        except (OSError, queue.Empty) as error:
            raise NoAnswer(repr(error)) from error
        finally:
            del self._answers[number]
        if heard is None:
            raise NoAnswer("the window has ended")
        if "refused" in heard:
            raise Refused(heard["refused"])
        result: dict[str, Any] = heard["result"]
        return result

    def ask(self, call: Call[Any], timeout_s: float = 30.0) -> Any:
        """The JSON that answers one call by the Unix socket. Raises Refused, NoAnswer."""
        try:
            with Client(self.data_dir, timeout_s=timeout_s, patience_s=0.0) as client:
                return client.json(call)
        except ibe100_client.Refused as error:
            if error.status in (500, 503):
                raise NoAnswer(str(error)) from error
            raise Refused(str(error)) from error
        except ClientError as error:
            raise NoAnswer(str(error)) from error

    def add(self, config: dict[str, Any]) -> Any:
        """A new stream, whose files may lie where they are."""
        if folders := self.ask(system.outside_media(config)):
            self.ask(system.allow_media(folders))
        return self.ask(streams.add(config))

    def http(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """The body of one answer by HTTP. Raises Refused, NoAnswer."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._http_port}/api/v1{path}",
            None if body is None else json.dumps(body).encode(),
            headers,
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            words = error.read().decode(errors="replace")
            if error.code in (500, 503):
                raise NoAnswer(f"{error.code} {words}") from error
            raise Refused(f"{error.code} {words}") from error
        except (OSError, ValueError) as error:
            raise NoAnswer(str(error)) from error

    def command(self, *words: str) -> tuple[int, str, str]:
        """Exit code and output of a command line."""
        done = subprocess.run(
            [str(ROOT / "run"), *words, "--data-dir", str(self.data_dir)],
            capture_output=True,
            text=True,
            env=self.environment,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def stream_dir(self, stream_id: str) -> Path:
        return self.data_dir / "state" / "streams" / stream_id

    def processes(self, stream_id: str = "") -> list[Process]:
        """Living processes that carry the mark of a stream, or of any."""
        found = []
        mark = str(self.data_dir / "state" / "streams" / stream_id)
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            folder = next((one.removeprefix(MARK) for one in environment if one.startswith(MARK)), "")
            if folder.startswith(mark) and state != "Z":
                found.append(Process(int(entry.name), _kind(entry, words), folder))
        return found

    def signal(self, stream_id: str, kind: str, number: signal.Signals) -> int:
        """Send a signal to the processes of a stream of one kind; returns how many there were."""
        pids = [one.pid for one in self.processes(stream_id) if one.kind == kind]
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        return len(pids)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What stands in the database, read without the product."""
        with sqlite3.connect(f"file:{self.data_dir / 'ibe100.db'}?mode=ro", uri=True, timeout=30) as base:
            base.row_factory = sqlite3.Row
            return [dict(row) for row in base.execute(query)]


def _kind(entry: Path, words: list[str]) -> str:
    line = " ".join(words)
    if "/ibe100/runner" in line:
        return "runner"
    if "ibe100.minitsp" in words or words[0].endswith("/tsp"):
        # One that is kept ready has no sockets for its input, output and reports yet.
        is_ready = any(word.startswith("--spare=") for word in words) and _sockets(entry) < BUSY_SOCKETS
        return "spare" if is_ready else "processor"
    return "source" if "ffmpeg" in words[0] else "other"


def _sockets(entry: Path) -> int:
    try:
        return sum(str(one.readlink()).startswith("socket:") for one in (entry / "fd").iterdir())
    except OSError:
        return 0
