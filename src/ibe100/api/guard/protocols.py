"""uvicorn's protocols, bounded: no connection is held by who says nothing or takes nothing."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame

from ibe100.api.guard.connections import Connection, make_room

LONGEST_HEAD = 16 << 10
HEAD_TIMEOUT_S = 10.0
"""From the connection to the end of its first request's head, and from the first byte of any other."""
FREE_PIECES = 256
LEAST_PIECE = 256
"""Bytes that pieces of a body beyond the free ones have on average: each is parsed on the loop."""
PARTING_S = 5.0
"""So long a listener may take what was sent before the goodbye."""
FIRST_SAID = 6 << 10
"""A listener may say so much at once: its first message, and the answers to pings."""
SAID_PER_S = 512
MOST_FRAMES = 16
"""Frames of one message."""

_log = logging.getLogger(__name__)


class _BoundedParser(h11.Connection):
    """Refuses a body in countless small pieces."""

    _pieces = 0
    _bytes = 0

    def next_event(self) -> Any:
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._pieces += 1
            self._bytes += len(event.data)
            if self._pieces > FREE_PIECES + self._bytes // LEAST_PIECE:
                raise h11.RemoteProtocolError("a body in too small pieces")
        return event


class HttpProtocol(Connection, H11Protocol):
    """Closes a connection on which no request comes, or no answer is taken."""

    _head_timer: asyncio.TimerHandle | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, _loop)
        self.conn = _BoundedParser(h11.SERVER, LONGEST_HEAD)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self._is_let_in(transport):
            return
        make_room(self.connections, self)
        # Head and body are two writes: without this the second waits for an acknowledgement, some 40 ms.
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None and self.peer is None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._no_head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_unasked():
            self._end_head_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_TIMEOUT_S, self._no_head)

    def on_response_complete(self) -> None:
        self.note_activity()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; where another answer was begun there is nothing left to say."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.abort()

    def timeout_keep_alive_handler(self) -> None:
        """End an idle connection, also one whose client never took the last answer."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _is_let_in(self, transport: asyncio.Transport) -> bool:
        """False for a stranger at the Unix socket, whose connection is ended."""
        try:
            self.note_peer(transport, self.client)
        except PermissionError as error:
            _log.warning("refused: %s", error)
            transport.abort()
            return False
        return True

    def _is_unasked(self) -> bool:
        """True while no request is under way."""
        protocol: object = self.transport.get_protocol()
        return protocol is self and (self.cycle is None or self.cycle.response_complete)

    def _no_head(self) -> None:
        self._head_timer = None
        if self._is_unasked() and not self.transport.is_closing():
            self.transport.abort()

    def _end_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class ListenerProtocol(Connection, WebSocketsSansIOProtocol):
    """Ends a connection whose peer takes nothing, or says more than a listener has to say."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, _loop)
        self._may_say = float(FIRST_SAID)
        self._said_at_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.note_peer(transport, self.client)

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated:
            now_s = self.loop.time()
            earned = (now_s - self._said_at_s) * SAID_PER_S
            self._may_say = min(FIRST_SAID, self._may_say + earned) - len(data)
            self._said_at_s = now_s
            if self._may_say < 0:
                self.abort()
                return
        super().data_received(data)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_FRAMES:
            self.abort()
            return
        super().handle_cont(event)

    def part(self, code: int, words: str) -> None:
        """A close frame behind all that waits to be taken; cut off when it is not taken soon."""
        self.is_served = False
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
