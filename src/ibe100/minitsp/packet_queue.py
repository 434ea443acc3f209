"""Packets on their way from a receiving thread to the chain, bounded."""

import threading
from collections import deque
from typing import Final

import numpy as np

from ibe100.minitsp.plugin import PACKET_SIZE, Packets, PluginError

_NOTHING: Final = np.empty((0, PACKET_SIZE), np.uint8)


class PacketQueue:
    """One thread puts whole packets in, the chain takes them out. `limit_bytes` bounds what waits."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._changed = threading.Condition()
        self._parts: deque[bytes] = deque()
        self._bytes = 0
        self._rest: Packets = _NOTHING
        self._ended = False
        self._failure: Exception | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come; something may still wait."""
        return self._ended

    def offer(self, packets: bytes) -> int:
        """Put packets of a live source in; returns how many older ones had to go to make room."""
        with self._changed:
            dropped = 0
            while self._parts and self._bytes + len(packets) > self._limit_bytes:
                dropped += len(self._parts[0]) // PACKET_SIZE
                self._bytes -= len(self._parts.popleft())
            self._append(packets)
        return dropped

    def put(self, packets: bytes) -> bool:
        """Put packets of a source that can wait in, when there is room; False if the chain is ending."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or not self._bytes or self._fits(packets))
            if self._ended:
                return False
            self._append(packets)
        return True

    def end(self) -> None:
        """Nothing more will come; whoever waits is released."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def fail(self, failure: Exception) -> None:
        """Nothing more will come, because of this; told after what is still queued."""
        with self._changed:
            self._failure = failure
            self._ended = True
            self._changed.notify_all()

    def take(self, max_packets: int, timeout_s: float) -> Packets | None:
        """What waits, at most `max_packets`; empty at the end, None if nothing came in time.

        Raises what `fail` was given: PluginError, or the bug that ended the thread.
        """
        if not len(self._rest):
            with self._changed:
                self._changed.wait_for(lambda: self._parts or self._ended, timeout_s)
                parts, self._parts = self._parts, deque()
                self._bytes = 0
                self._changed.notify_all()
            if not parts:
                return self._end_of_queue()
            self._rest = np.frombuffer(bytearray().join(parts), np.uint8).reshape(-1, PACKET_SIZE)
        packets, self._rest = self._rest[:max_packets], self._rest[max_packets:]
        return packets

    def peek(self, max_packets: int, timeout_s: float) -> Packets:
        """A copy of what waits, at most `max_packets`, when there is as much or the time is over."""
        wanted_bytes = min(max_packets * PACKET_SIZE, self._limit_bytes // 2)
        with self._changed:
            self._changed.wait_for(lambda: self._bytes >= wanted_bytes or self._ended, timeout_s)
            data = bytearray().join(self._parts)
        return np.frombuffer(data, np.uint8).reshape(-1, PACKET_SIZE)[:max_packets]

    def _end_of_queue(self) -> Packets | None:
        if self._failure is not None:
            if isinstance(self._failure, PluginError):
                raise self._failure
            raise RuntimeError("the thread that feeds this input has ended") from self._failure
        return _NOTHING if self._ended else None

    def _fits(self, packets: bytes) -> bool:
        return self._bytes + len(packets) <= self._limit_bytes

    def _append(self, packets: bytes) -> None:
        if packets:
            self._parts.append(packets)
            self._bytes += len(packets)
            self._changed.notify_all()
