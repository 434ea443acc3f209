"""A bounded ring of packets between two threads of the chain."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np

from ibe100.minitsp.chain.plugin import Packets, PluginError
from ibe100.mpegts.constants import PACKET_SIZE

Part: TypeAlias = bytes | Packets
_NOTHING: Final = np.empty((0, PACKET_SIZE), np.uint8)


class PacketRing:
    """Holds the packets that one thread puts in until another takes them out, at most `limit_bytes`.

    Bytes that wait are taken together; blocks `uint8 (n, 188)` one by one and without a copy.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._changed = threading.Condition()
        self._parts: deque[Part] = deque()
        self._bytes = 0
        self._rest: Packets = _NOTHING
        self._ended = False
        self._failure: Exception | None = None

    def __bool__(self) -> bool:
        """True if packets wait, or the end does."""
        return bool(len(self._rest) or self._parts or self._ended)

    @property
    def ended(self) -> bool:
        """True if no more packets will be put in; some may still wait."""
        return self._ended

    def offer(self, packets: bytes) -> int:
        """Put packets of a live source in; returns how many older ones had to go to make room."""
        with self._changed:
            dropped = 0
            while self._parts and self._bytes + len(packets) > self._limit_bytes:
                oldest = _size(self._parts.popleft())
                dropped += oldest // PACKET_SIZE
                self._bytes -= oldest
            self._append(packets)
        return dropped

    def put(self, packets: Part, timeout_s: float | None = None) -> bool:
        """Put packets of a source that can wait in; False if there was no room in time, or after the end."""
        size = _size(packets)
        with self._changed:
            if not self._has_room(size):
                self._changed.wait_for(lambda: self._ended or self._has_room(size), timeout_s)
            if self._ended or not self._has_room(size):
                return False
            self._append(packets)
        return True

    def end(self) -> None:
        """End the ring: no more packets will be put in. Wakes whoever waits."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def fail(self, failure: Exception) -> None:
        """End the ring by a failure, which `take` raises after the packets that still wait."""
        with self._changed:
            self._failure = failure
            self._ended = True
            self._changed.notify_all()

    def take(self, max_packets: int, timeout_s: float) -> Packets | None:
        """The packets that wait, at most `max_packets`; empty at the end, None if none came in time.

        Raises what `fail` was given: PluginError, or the bug that ended the thread.
        """
        if not len(self._rest):
            with self._changed:
                if not self._parts and not self._ended:
                    self._changed.wait_for(lambda: self._parts or self._ended, timeout_s)
                if not self._parts:
                    return self._end_of_ring()
                self._rest = self._next()
                self._changed.notify_all()
        if len(self._rest) <= max_packets:
            packets, self._rest = self._rest, _NOTHING
        else:
            packets, self._rest = self._rest[:max_packets], self._rest[max_packets:]
        return packets

    def peek(self, max_packets: int, timeout_s: float) -> Packets:
        """A copy of what waits, at most `max_packets`, when there is as much or the time is over."""
        wanted_bytes = min(max_packets * PACKET_SIZE, self._limit_bytes // 2)
        with self._changed:
            self._changed.wait_for(lambda: self._bytes >= wanted_bytes or self._ended, timeout_s)
            data = bytearray().join(_raw(part) for part in self._parts)
        return np.frombuffer(data, np.uint8).reshape(-1, PACKET_SIZE)[:max_packets]

    def _next(self) -> Packets:
        """The oldest block, or all bytes before the next block."""
        if not isinstance(self._parts[0], bytes):
            block = self._parts.popleft()
            assert not isinstance(block, bytes)
            self._bytes -= block.nbytes
            return block
        joined = bytearray().join(self._leading_bytes())
        self._bytes -= len(joined)
        return np.frombuffer(joined, np.uint8).reshape(-1, PACKET_SIZE)

    def _leading_bytes(self) -> Iterator[bytes]:
        while self._parts and isinstance(self._parts[0], bytes):
            part = self._parts.popleft()
            assert isinstance(part, bytes)
            yield part

    def _end_of_ring(self) -> Packets | None:
        if self._failure is not None:
            if isinstance(self._failure, PluginError):
                raise self._failure
            raise RuntimeError("the thread that feeds this input has ended") from self._failure
        return _NOTHING if self._ended else None

    def _has_room(self, size: int) -> bool:
        return not self._bytes or self._bytes + size <= self._limit_bytes

    def _append(self, packets: Part) -> None:
        size = _size(packets)
        if size:
            self._parts.append(packets)
            self._bytes += size
            self._changed.notify_all()


def _raw(part: Part) -> bytes | memoryview:
    return part if isinstance(part, bytes) else part.data.cast("B")


def _size(part: Part) -> int:
    return len(part) if isinstance(part, bytes) else part.nbytes
