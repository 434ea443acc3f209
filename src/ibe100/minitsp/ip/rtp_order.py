"""RTP datagrams in the order of their sequence numbers (RFC 3550 clause 5.1)."""

from collections.abc import Iterator
from typing import Final

_MODULO: Final = 1 << 16
_MOST_HELD: Final = 64
_LONGEST_HELD_S: Final = 0.05
_LARGEST_STEP: Final = 1000
"""A number further away than this is of a sender that began anew."""


class RtpOrder:
    """Puts the datagrams of one sender in order; those that come twice or too late are dropped.

    What is missing is waited for until 64 datagrams or 50 ms have come after it. Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._ssrc = b""
        self._next: int | None = None
        self._held: dict[int, bytes] = {}
        self._held_since_s = 0.0

    def feed(self, datagram: bytes, now_s: float) -> Iterator[bytes]:
        """The datagrams whose turn it is now; `datagram` has a whole RTP header."""
        ssrc, number = datagram[8:12], int.from_bytes(datagram[2:4], "big")
        ahead = 0 if self._next is None else (number - self._next) % _MODULO
        if ssrc != self._ssrc or _LARGEST_STEP < ahead < _MODULO - _LARGEST_STEP:
            yield from self._all()
            self._ssrc, ahead = ssrc, 0
        if ahead > _LARGEST_STEP:
            return
        if ahead == 0:
            self._next = (number + 1) % _MODULO
            yield datagram
        else:
            if not self._held:
                self._held_since_s = now_s
            self._held[number] = datagram
            if len(self._held) > _MOST_HELD:
                self._skip_gap()
        yield from self._in_turn(now_s)

    def overdue(self, now_s: float) -> Iterator[bytes]:
        """The datagrams that have waited long enough for the one before them."""
        if self._held and now_s - self._held_since_s >= _LONGEST_HELD_S:
            self._skip_gap()
            yield from self._in_turn(now_s)

    def _skip_gap(self) -> None:
        start = self._next or 0
        self._next = min(self._held, key=lambda number: (number - start) % _MODULO)

    def _in_turn(self, now_s: float) -> Iterator[bytes]:
        while self._next is not None and self._next in self._held:
            datagram = self._held.pop(self._next)
            self._next = (self._next + 1) % _MODULO
            self._held_since_s = now_s
            yield datagram

    def _all(self) -> Iterator[bytes]:
        start = self._next or 0
        held, self._held = self._held, {}
        for number in sorted(held, key=lambda number: (number - start) % _MODULO):
            yield held[number]
