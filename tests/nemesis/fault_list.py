"""The faults: each is made, lasts for a while and is healed where nobody but a person could heal it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from observer import Observer, PipeObserver
from product import NoAnswer, Product
from source import LiveSource, other_than

KILL, TERM, STOP, CONT = signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGCONT


@dataclass
class Stream:
    """A stream under test, its source (None where the product makes it itself) and its observer."""

    stream_id: str
    name: str
    observer: Observer
    source: LiveSource | None
    busy: threading.Lock = field(default_factory=threading.Lock)
    """Held while its source is silent or its output blocked."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was made; wall clock."""

    name: str
    stream: str
    began: float
    ended: float


class Faults:
    """Makes faults of all kinds; several at once where `overlap` allows it."""

    def __init__(
        self, product: Product, streams: list[Stream], chance: random.Random, disk: Path | None
    ) -> None:
        self._product, self._streams, self._chance, self._disk = product, streams, chance, disk
        self._server = threading.Lock()
        """One fault at a time about the server and the database."""
        self.done: list[Fault] = []
        self.errors: list[str] = []
        self._kinds: list[tuple[int, Callable[[Stream], None]]] = [
            (4, self.kill_processor),
            (2, self.end_processor),
            (4, self.kill_runner),
            (2, self.end_runner),
            (2, self.kill_both),
            (3, self.kill_server),
            (2, self.end_server),
            (1, self.kill_all),
            (2, self.freeze_processor),
            (2, self.freeze_runner),
            (2, self.freeze_server),
            (3, self.damage_a_file),
            (2, self.damage_a_file_and_kill),
            (2, self.damage_the_journal),
            (2, self.damage_the_database),
            (1, self.damage_the_wal),
            (2, self.remove_a_socket),
            (1, self.remove_the_runtime_folder),
            (2, self.fill_the_disk),
            (2, self.take_a_port),
            (6, self.change_the_source),
            (3, self.silence_the_source),
            (2, self.block_the_output),
        ]

    def make(self, name: str = "") -> None:
        """Make one fault, chosen at random or by name, and see it healed."""
        weights = [weight for weight, _ in self._kinds]
        kinds = [kind for _, kind in self._kinds]
        kind = self._chance.choices(kinds, weights)[0]
        if name:
            kind = next(one for one in kinds if one.__name__ == name)
        stream = self._chance.choice(self._streams)
        began = time.time()
        try:
            kind(stream)
        except (OSError, sqlite3.Error, StopIteration, NoAnswer) as error:
            self.errors.append(f"{kind.__name__}: {error!r}")
        self.done.append(Fault(kind.__name__, stream.name, began, time.time()))

    def kill_processor(self, stream: Stream) -> None:
        self._product.signal(stream.stream_id, "processor", KILL)

    def end_processor(self, stream: Stream) -> None:
        self._product.signal(stream.stream_id, "processor", TERM)

    def kill_runner(self, stream: Stream) -> None:
        self._product.signal(stream.stream_id, "runner", KILL)

    def end_runner(self, stream: Stream) -> None:
        self._product.signal(stream.stream_id, "runner", TERM)

    def kill_both(self, stream: Stream) -> None:
        self._product.signal(stream.stream_id, "runner", KILL)
        self._product.signal(stream.stream_id, "processor", KILL)

    def kill_server(self, _: Stream) -> None:
        with self._server:
            self._end_server(KILL)

    def end_server(self, _: Stream) -> None:
        with self._server:
            self._end_server(TERM)

    def kill_all(self, _: Stream) -> None:
        """Kill whatever runs, as a lack of memory or a power cut does."""
        with self._server:
            server = self._product.server
            if server is not None:
                server.kill()
            for one in self._product.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, KILL)
            self._product.until_answering()

    def freeze_processor(self, stream: Stream) -> None:
        self._freeze(stream, "processor")

    def freeze_runner(self, stream: Stream) -> None:
        self._freeze(stream, "runner")

    def freeze_server(self, _: Stream) -> None:
        with self._server:
            server = self._product.server
            if server is not None:
                server.send_signal(STOP)
                time.sleep(self._chance.uniform(0.5, 8.0))
                server.send_signal(CONT)
                self._product.until_answering()

    def damage_a_file(self, stream: Stream) -> None:
        """One of the runner's files: zeros, half of it, nothing in it, or gone."""
        name = self._chance.choice(("runner.json", "spec.json", "run.json", "wish.json"))
        path = self._product.stream_dir(stream.stream_id) / name
        match self._chance.choice(("zeros", "half", "empty", "gone")):
            case "zeros":
                path.write_bytes(b"\0" * 100)
            case "half":
                os.truncate(path, path.stat().st_size // 2)
            case "empty":
                os.truncate(path, 0)
            case _:
                path.unlink(missing_ok=True)

    def damage_a_file_and_kill(self, stream: Stream) -> None:
        self.damage_a_file(stream)
        self._chance.choice((self.kill_runner, self.kill_both, self.kill_server, self.end_runner))(stream)

    def damage_the_journal(self, stream: Stream) -> None:
        folder = self._product.stream_dir(stream.stream_id)
        journal = folder / "journal.jsonl"
        match self._chance.choice(("garbage", "torn", "folder")):
            case "garbage":
                with journal.open("ab") as file:
                    file.write(b"\xff\0{half a li\n")
            case "torn":  # as after a power cut
                self.kill_runner(stream)
                os.truncate(journal, max(0, journal.stat().st_size - self._chance.randrange(1, 200)))
            case _:
                (folder / "journal.9.jsonl").mkdir(exist_ok=True)

    def damage_the_database(self, _: Stream) -> None:
        """Damage it while no server runs; the WAL has gone with it."""
        with self._server, self._without_server():
            path = self._product.data_dir / "ibe100.db"
            for companion in ("-wal", "-shm"):
                path.with_name(path.name + companion).unlink(missing_ok=True)
            match self._chance.choice(("header", "pages", "half", "empty", "gone")):
                case "header":
                    with path.open("rb+") as file:
                        file.write(b"\0" * 16)
                case "pages":
                    with path.open("rb+") as file:
                        file.seek(4096)
                        file.write(os.urandom(8 * 4096))
                case "half":
                    os.truncate(path, path.stat().st_size // 2)
                case "empty":
                    os.truncate(path, 0)
                case _:
                    path.unlink(missing_ok=True)

    def damage_the_wal(self, _: Stream) -> None:
        """One byte of the WAL of a server that was killed: what follows it is lost."""
        with self._server, self._without_server():
            wal = self._product.data_dir / "ibe100.db-wal"
            if not wal.exists() or not wal.stat().st_size:
                return
            with wal.open("rb+") as file:
                place = self._chance.randrange(wal.stat().st_size)
                file.seek(place)
                octet = file.read(1)
                file.seek(place)
                file.write(bytes((octet[0] ^ 0x10,)))

    def remove_a_socket(self, stream: Stream) -> None:
        """Remove the runner's, or the server's."""
        runner = self._product.stream_dir(stream.stream_id) / "control.sock"
        server = self._product.data_dir / "console" / "control.sock"
        self._chance.choice((runner, runner, server)).unlink(missing_ok=True)

    def remove_the_runtime_folder(self, _: Stream) -> None:
        """Remove $XDG_RUNTIME_DIR, as a logout does."""
        shutil.rmtree(self._product.runtime_dir, ignore_errors=True)
        time.sleep(self._chance.uniform(1.0, 5.0))
        self._product.runtime_dir.mkdir(mode=0o700, exist_ok=True)

    def fill_the_disk(self, stream: Stream) -> None:
        """Fill the data folder's disk, and kill somebody meanwhile."""
        if self._disk is None:
            return
        with self._server:
            ballast = self._disk / "ballast"
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                free = os.statvfs(self._disk)
                os.posix_fallocate(file.fileno(), 0, (free.f_bavail - 16) * free.f_frsize)
                file.seek(0, os.SEEK_END)
                while True:
                    file.write(b"\0" * 4096)
            time.sleep(self._chance.uniform(0.2, 2.0))
            kinds = (self.kill_processor, self.kill_runner, self.kill_both)
            self._chance.choice((*kinds, lambda _: None))(stream)
            time.sleep(self._chance.uniform(1.0, 6.0))
            ballast.unlink()

    def take_a_port(self, stream: Stream) -> None:
        """Take a port or socket of a stream whose runner and processor were just killed; free it again."""
        ports = self._ports(stream)
        if not ports:
            return
        kind, port = self._chance.choice(ports)
        self.kill_both(stream)
        path = self._product.stream_dir(stream.stream_id) / port if isinstance(port, str) else None
        with socket.socket(socket.AF_UNIX if path else socket.AF_INET, kind) as taker:
            end = time.monotonic() + 2.0
            while time.monotonic() < end:
                try:
                    if path is not None:
                        path.unlink(missing_ok=True)
                    taker.bind(str(path) if path else ("127.0.0.1", port))
                    break
                except OSError:
                    time.sleep(0.002)
            if kind == socket.SOCK_STREAM:
                with contextlib.suppress(OSError):
                    taker.listen()
            time.sleep(self._chance.uniform(1.0, 5.0))
        if path is not None:
            path.unlink(missing_ok=True)

    def change_the_source(self, stream: Stream) -> None:
        stream = stream if stream.source is not None else self._streams[0]
        assert stream.source is not None
        with stream.busy:
            stream.source.change(other_than(stream.source.programme, self._chance))

    def silence_the_source(self, stream: Stream) -> None:
        stream = stream if stream.source is not None else self._streams[0]
        assert stream.source is not None
        with stream.busy:
            stream.source.silence(self._chance.choice((1.0, 2.0, 4.0, 7.0, 15.0)))

    def block_the_output(self, _: Stream) -> None:
        stream = next(one for one in self._streams if isinstance(one.observer, PipeObserver))
        with stream.busy:
            stream.observer.blocked.set()
            time.sleep(self._chance.uniform(2.0, 15.0))
            stream.observer.blocked.clear()

    def _end_server(self, number: signal.Signals) -> None:
        """End the server; the fault lasts until another answers."""
        server = self._product.server
        if server is not None:
            server.send_signal(number)
            server.wait(60)
            self._product.until_answering()

    def _freeze(self, stream: Stream, kind: str) -> None:
        pids = [one.pid for one in self._product.processes(stream.stream_id) if one.kind == kind]
        for number, seconds in ((STOP, self._chance.uniform(0.5, 8.0)), (CONT, 0.0)):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            time.sleep(seconds)

    @contextlib.contextmanager
    def _without_server(self) -> Iterator[None]:
        """Kill the server and keep it from being started again."""
        self._product.hold.set()
        try:
            server = self._product.server
            if server is not None:
                server.kill()
                server.wait()
            time.sleep(0.1)
            yield
        finally:
            self._product.hold.clear()
            self._product.until_answering()

    def _ports(self, stream: Stream) -> list[tuple[socket.SocketKind, int | str]]:
        """The ports of a stream, or the names of its sockets; none where its spec was damaged."""
        try:
            spec = json.loads((self._product.stream_dir(stream.stream_id) / "spec.json").read_bytes())
            ports = spec["ports"]
            cue, influx, splice = ports["cue"], ports["influx"], ports["splice_json"]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        udp, tcp = socket.SOCK_DGRAM, socket.SOCK_STREAM
        return [(udp, cue), (tcp, influx), (udp, splice)]
