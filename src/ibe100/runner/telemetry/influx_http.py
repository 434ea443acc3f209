"""The little HTTP server that tsp's influx plugin posts its line protocol to: loopback, POST, bounded."""

import contextlib
import selectors
import socket
from collections.abc import Callable

from ibe100.runner.loop import Loop

_HEADER_LIMIT = 16 << 10
BODY_LIMIT = 1 << 20
"""Largest post taken, in bytes."""
_CONNECTIONS = 8


class InfluxServer:
    """Takes POSTs on 127.0.0.1 and hands over their lines. OSError from the constructor: port taken."""

    def __init__(
        self,
        loop: Loop,
        port: int,
        on_lines: Callable[[list[str]], None],
        admits: Callable[[tuple[str, int]], bool],
        knows: Callable[[str], bool],
    ) -> None:
        """`admits` judges who connects, by the address; `knows` the Authorization of a post."""
        self._loop = loop
        self._on_lines = on_lines
        self._admits = admits
        self._knows = knows
        self._connections: list[_Connection] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # TIME_WAIT is no other owner
            self._socket.setblocking(False)
            self._socket.bind(("127.0.0.1", port))
            self._socket.listen(_CONNECTIONS)
        except OSError:
            self._socket.close()
            raise
        loop.watch(self._socket, selectors.EVENT_READ, self._accept)

    def drain(self) -> None:
        """Take whatever has arrived, before the end of a processor is judged."""
        self._accept(selectors.EVENT_READ)
        for connection in list(self._connections):
            connection.read(selectors.EVENT_READ)

    def close(self) -> None:
        for connection in list(self._connections):
            connection.close()
        self._loop.unwatch(self._socket)
        self._socket.close()

    def _accept(self, _events: int) -> None:
        with contextlib.suppress(OSError):  # gone already
            while (accepted := self._loop.accept(self._socket)) is not None:
                if not self._is_admitted(accepted):
                    accepted.close()
                    continue
                if len(self._connections) >= _CONNECTIONS:
                    self._connections[0].close()  # the oldest: a processor keeps only its newest ones
                self._connections.append(
                    _Connection(self._loop, accepted, self._on_lines, self._knows, self._connections.remove)
                )

    def _is_admitted(self, accepted: socket.socket) -> bool:
        try:
            return self._admits(accepted.getpeername())
        except OSError:  # gone already
            return False


class _Connection:
    """One keep-alive connection."""

    def __init__(
        self,
        loop: Loop,
        connected: socket.socket,
        on_lines: Callable[[list[str]], None],
        knows: Callable[[str], bool],
        on_close: Callable[["_Connection"], None],
    ) -> None:
        self._loop = loop
        self._socket = connected
        self._on_lines = on_lines
        self._knows = knows
        self._on_close = on_close
        self._buffer = bytearray()
        self._continued = False
        self._closed = False
        connected.setblocking(False)
        loop.watch(connected, selectors.EVENT_READ, self.read)

    def read(self, _events: int) -> None:
        try:
            while not self._closed:
                data = self._socket.recv(65536)
                if not data:
                    self.close()
                    return
                self._buffer += data
                self._answer_requests()
        except BlockingIOError:
            return
        except OSError:  # reset by a processor that died
            self.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._loop.unwatch(self._socket)
            self._socket.close()
            self._on_close(self)

    def _answer_requests(self) -> None:
        while not self._closed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > _HEADER_LIMIT:
                    self._refuse("431 Request Header Fields Too Large")
                return
            request, *fields = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {
                name.strip().lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)
            }
            method, _, rest = request.partition(" ")
            if method != "POST":
                self._refuse("405 Method Not Allowed")
                return
            if not self._knows(headers.get("authorization", "")):
                self._refuse("401 Unauthorized")
                return
            length = headers.get("content-length", "")
            if not length.isascii() or not length.isdigit() or "transfer-encoding" in headers:
                self._refuse("411 Length Required")
                return
            if len(length) > 9 or int(length) > BODY_LIMIT:
                self._refuse("413 Content Too Large")
                return
            whole = end + 4 + int(length)
            if len(self._buffer) < whole:
                if headers.get("expect", "").lower() == "100-continue" and not self._continued:
                    self._continued = True
                    self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            body = bytes(self._buffer[end + 4 : whole])
            del self._buffer[:whole]
            self._continued = False
            last = headers.get("connection", "").lower() == "close" or rest.endswith("HTTP/1.0")
            self._on_lines([line for line in body.decode("utf-8", "replace").splitlines() if line])
            self._send(b"HTTP/1.1 204 No Content\r\n" + (b"Connection: close\r\n" if last else b"") + b"\r\n")
            if last:
                self.close()

    def _refuse(self, status: str) -> None:
        self._send(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("ascii"))
        self.close()

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send(
                data
            )  # a few bytes on loopback: they fit, or the peer does not read its answers
        except OSError:
            self.close()
