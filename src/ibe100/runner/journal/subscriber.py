"""A follower on a socket: gets all journal lines in order, the latest samples, replies; bounded memory."""

import json
import selectors
import socket
import time
from collections.abc import Callable

from ibe100.runner.journal.journal import Journal
from ibe100.runner.journal.reader import JournalCursor
from ibe100.runner.loop import Loop, Timer

_OUT_LIMIT = 256 << 10
_CHUNK = 64 << 10
_STUCK_S = 30.0
"""A follower that takes nothing for so long is disconnected; it comes back with its last sequence number."""


class Subscriber:
    """Journal lines are pulled as the socket takes them, so none is lost; samples are overwritten instead."""

    def __init__(
        self,
        loop: Loop,
        connected: socket.socket,
        journal: Journal,
        on_data: Callable[[bytes], None],
        on_close: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._socket = connected
        self._journal = journal
        self._on_data = on_data
        self._on_close = on_close
        self._out = bytearray()
        self._cursor: JournalCursor | None = None
        self._samples: dict[str, bytes] | None = None
        self._stuck: Timer | None = None
        self._taken_at = 0.0
        self._events = selectors.EVENT_READ
        self.closed = False
        connected.setblocking(False)
        loop.watch(connected, self._events, self._ready)

    def subscribe(self, after_seq: int, samples: dict[str, bytes] | None) -> None:
        """Follow the journal from the line after this one; with samples, begin with these latest ones."""
        if self._cursor is not None:
            self._cursor.close()
        self._cursor = JournalCursor(self._journal, after_seq)
        self._samples = samples

    def reply(self, value: dict[str, object]) -> None:
        """Answer a request. A peer that does not read the answers is disconnected."""
        self._out += json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        if len(self._out) > 2 * _OUT_LIMIT:
            self.close()
        else:
            self.pump()

    def offer_sample(self, kind: str, data: bytes) -> None:
        """Send the latest sample of a kind, if samples were asked for; one that still waits is replaced."""
        if self._samples is not None:
            self._samples[kind] = data
            self.pump()

    def all_sent(self) -> bool:
        return self._cursor is None or (self._cursor.at_end() and not self._out)

    def pump(self) -> None:
        """Send what there is, as far as the socket takes it."""
        while not self.closed:
            self._fill()
            if not self._out:
                break
            try:
                sent = self._socket.send(self._out)
            except BlockingIOError:
                break
            except OSError:  # the peer is gone
                self.close()
                return
            del self._out[:sent]
            self._taken_at = time.monotonic()
        if not self.closed:
            self._watch_writing(bool(self._out))

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self._stuck is not None:
            self._stuck.cancel()
        if self._cursor is not None:
            self._cursor.close()
        self._loop.unwatch(self._socket)
        self._socket.close()
        self._on_close()

    def _fill(self) -> None:
        if self._cursor is None or len(self._out) >= _CHUNK:
            return
        for line in self._cursor.next_lines(_CHUNK):
            self._out += b'{"journal":' + line + b"}\n"
        if self._samples and len(self._out) < _OUT_LIMIT:
            for data in self._samples.values():
                self._out += data
            self._samples.clear()

    def _watch_writing(self, wanted: bool) -> None:
        if not wanted and self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        elif wanted and self._stuck is None:
            self._taken_at = time.monotonic()
            self._stuck = self._loop.call_later(_STUCK_S, self._check_stuck)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        if events != self._events:
            self._events = events
            self._loop.watch(self._socket, events, self._ready)

    def _check_stuck(self) -> None:
        left_s = self._taken_at + _STUCK_S - time.monotonic()
        if left_s <= 0:
            self.close()
        else:
            self._stuck = self._loop.call_later(left_s, self._check_stuck)

    def _ready(self, events: int) -> None:
        if events & selectors.EVENT_READ:
            try:
                data = self._socket.recv(65536)
            except BlockingIOError:
                data = None
            except OSError:
                data = b""
            if data == b"":
                self.close()
            elif data:
                self._on_data(data)
        if events & selectors.EVENT_WRITE and not self.closed:
            self.pump()
