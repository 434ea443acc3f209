"""The control socket: JSON lines over a Unix stream socket, one reply per request, and subscriptions.

Only the same user gets in (folder 0700, socket 0600). A socket that is deleted or replaced is made again
within a second: it is a way to the runner, not the runner. Windows is out of scope for now: it would need
loopback TCP with a token here, and job objects in process.py.
"""

import contextlib
import json
import os
import selectors
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from ibe100.runner.journal.journal import Journal
from ibe100.runner.journal.subscriber import Subscriber
from ibe100.runner.launch import short_socket_path
from ibe100.runner.loop import Loop

REQUEST_LIMIT = 512 << 10
"""Longest request line, in bytes."""
_CLIENTS = 16
_LOOK_S = 1.0

_Reply = dict[str, object]


class ControlServer:
    """Listens for the runner's whole life. OSError from the constructor: the socket cannot be made."""

    def __init__(
        self,
        loop: Loop,
        path: Path,
        journal: Journal,
        answer: Callable[[str, dict[str, object]], dict[str, object]],
    ) -> None:
        self._loop = loop
        self._path = path
        self._journal = journal
        self._answer = answer
        self._clients: list[_Client] = []
        self._samples: dict[str, bytes] = {}
        self._listen()
        loop.call_later(_LOOK_S, self._look)

    def journal_grew(self) -> None:
        """Send new journal lines to whoever subscribed."""
        for client in list(self._clients):
            client.pump()

    def sample(self, kind: str, data: bytes) -> None:
        """Keep the latest sample of its kind (one JSON line) and pass it on."""
        self._samples[kind] = data
        for client in list(self._clients):
            client.offer_sample(kind, data)

    def all_sent(self) -> bool:
        """True if no subscriber waits for a journal line."""
        return all(client.all_sent() for client in self._clients)

    def close(self) -> None:
        for client in list(self._clients):
            client.close()
        self._loop.unwatch(self._socket)
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _listen(self) -> None:
        self._socket, self._inode = _listen(self._path)
        self._loop.watch(self._socket, selectors.EVENT_READ, self._accept)

    def _look(self) -> None:
        """Bind again where the socket's file is no longer ours; who is connected stays connected."""
        if _inode(self._path) != self._inode:
            before = self._socket
            with contextlib.suppress(OSError):  # the folder is gone or the disk refuses: looked at again
                self._listen()
                self._loop.unwatch(before)
                before.close()
        self._loop.call_later(_LOOK_S, self._look)

    def _accept(self, _events: int) -> None:
        accepted = self._loop.accept(self._socket)
        if accepted is None:
            return
        if len(self._clients) >= _CLIENTS:
            accepted.close()
            return
        with contextlib.suppress(OSError):  # gone already
            self._clients.append(
                _Client(
                    self._loop, accepted, self._journal, self._samples, self._answer, self._clients.remove
                )
            )


class _Client:
    """One connection: its requests, its replies, its subscription."""

    def __init__(
        self,
        loop: Loop,
        connected: socket.socket,
        journal: Journal,
        samples: dict[str, bytes],
        answer: Callable[[str, dict[str, object]], dict[str, object]],
        on_close: Callable[["_Client"], None],
    ) -> None:
        self._journal = journal
        self._samples = samples
        self._answer = answer
        self._requests = bytearray()
        self._subscriber = Subscriber(loop, connected, journal, self._read, lambda: on_close(self))

    def pump(self) -> None:
        self._subscriber.pump()

    def offer_sample(self, kind: str, data: bytes) -> None:
        self._subscriber.offer_sample(kind, data)

    def all_sent(self) -> bool:
        return self._subscriber.all_sent()

    def close(self) -> None:
        self._subscriber.close()

    def _read(self, data: bytes) -> None:
        self._requests += data
        while not self._subscriber.closed:
            line, newline, rest = self._requests.partition(b"\n")
            if not newline:
                if len(line) > REQUEST_LIMIT:
                    self.close()
                return
            self._requests = rest
            self._subscriber.reply(self._handle(bytes(line)))

    def _handle(self, line: bytes) -> _Reply:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return _refused("the request is no JSON")
        match request:
            case {"cmd": "subscribe"}:
                return self._subscribe(request)
            case {"cmd": str(command)}:
                return self._answer(command, request)
        return _refused('a request is an object with a text "cmd"')

    def _subscribe(self, request: dict[str, object]) -> _Reply:
        from_seq = request.get("from_seq", 0)
        samples = request.get("samples", False)
        if type(from_seq) is not int or from_seq < 0 or not isinstance(samples, bool):
            return _refused("subscribe takes from_seq (a number from 0 up) and samples (true or false)")
        self._subscriber.subscribe(from_seq, dict(self._samples) if samples else None)
        return {"ok": True, "first_seq": self._journal.first_seq(), "seq": self._journal.seq}


def _refused(error: str) -> _Reply:
    return {"ok": False, "error": error}


def _listen(path: Path) -> tuple[socket.socket, int]:
    """A listening socket, and the inode of its file."""
    folder = path.parent
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise PermissionError(1, f"{folder} belongs to somebody else")
    if stat.S_IMODE(facts.st_mode) != 0o700:
        folder.chmod(0o700)
    path.unlink(missing_ok=True)  # the stream's lock is ours, so nobody listens there any more
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with short_socket_path(path) as name:
            listening.bind(name)
        listening.listen(_CLIENTS)
        listening.setblocking(False)
        return listening, path.stat().st_ino
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)


def _inode(path: Path) -> int | None:
    try:
        return path.lstat().st_ino
    except OSError:
        return None
