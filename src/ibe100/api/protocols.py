"""uvicorn's protocols, bounded: no connection is held by who says nothing or takes nothing."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState

MOST_CONNECTIONS = 256
"""Beyond them one is closed unheard: each takes a descriptor, which the streams need as well."""
HEAD_TIMEOUT_S = 10.0
"""From the connection to the end of the first request's head."""
PARTING_S = 5.0
"""So long a listener may take what was sent before the goodbye."""


class HttpProtocol(H11Protocol):
    """Closes a connection on which no request comes, or no answer is taken."""

    _head_timer: asyncio.TimerHandle | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "abort": self.abort}, _loop)

    def abort(self) -> None:
        """End the connection without waiting for what the client has not taken."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        # Head and body are two writes: without this the second waits for an acknowledgement, some 40 ms.
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._no_head)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection, also one whose client never took the last answer."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _no_head(self) -> None:
        protocol: object = self.transport.get_protocol()
        is_unasked = protocol is self and getattr(self, "cycle", None) is None
        if is_unasked and not self.transport.is_closing():
            self.transport.abort()


class ListenerProtocol(WebSocketsSansIOProtocol):
    """Gives the application a way to end a connection whose peer takes nothing."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "part": self.part}, _loop)

    def part(self, code: int, words: str) -> None:
        """A close frame behind all that waits to be taken; cut off when it is not taken soon."""
        if self.close_sent or self.transport.is_closing():
            return
        try:
            self.conn.send_close(code, words)
        except InvalidState:
            self.transport.abort()
            return
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(PARTING_S, self.transport.abort)
