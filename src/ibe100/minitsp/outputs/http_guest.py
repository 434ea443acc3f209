"""A client of the http output in real time: its request, and what waits for it; nothing here ever blocks."""

import contextlib
import socket
import time
from typing import Final

_REQUEST_LIMIT_BYTES: Final = 16_384
_REQUEST_TIMEOUT_S: Final = 5.0
_MOST_BACKLOG_BYTES: Final = 4 << 20
_END_OF_REQUEST: Final = b"\r\n\r\n"


class HttpGuest:
    """One connection, from its request to its end."""

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self.socket = connected
        self.request = b""
        self._deadline_s = time.monotonic() + _REQUEST_TIMEOUT_S
        self._backlog = bytearray()

    def has_asked(self) -> bool:
        """Whether the request is there. OSError when it will not come."""
        if _END_OF_REQUEST in self.request:
            return True
        with contextlib.suppress(BlockingIOError):
            received = self.socket.recv(4096)
            if not received:
                raise ConnectionResetError
            self.request += received
        if len(self.request) > _REQUEST_LIMIT_BYTES or time.monotonic() > self._deadline_s:
            raise TimeoutError
        return _END_OF_REQUEST in self.request

    def give(self, data: bytes | memoryview) -> None:
        """Send, or keep what cannot be sent yet. OSError when the client is gone or far too slow."""
        self._backlog += data
        with contextlib.suppress(BlockingIOError):
            del self._backlog[: self.socket.send(self._backlog)]
        if len(self._backlog) > _MOST_BACKLOG_BYTES:
            raise TimeoutError

    def close(self) -> None:
        """Hang up."""
        self.socket.close()
