"""Packets gathered for plugins that only look on, with the time when each arrived."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.plugin import Block, Packets
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet_headers import PacketHeaders

# Packets of one block came in since the block before, but not earlier than this.
_LONGEST_SPREAD_S: Final = 0.1
_GATHERED: Final = 4096
_LARGE: Final = _GATHERED // 2


class Arrivals:
    """Arrival times of consecutive packets: spans of packets, each spread evenly over its time."""

    __slots__ = ("_ends", "_times_s")

    def __init__(self, count: int, start_s: float, end_s: float) -> None:
        self._ends = [0, count]
        self._times_s = [start_s, end_s]

    def add(self, count: int, start_s: float, end_s: float) -> None:
        """The next packets came after `start_s`, the last of them at `end_s`."""
        self._ends += (self._ends[-1], self._ends[-1] + count)
        self._times_s += (start_s, end_s)

    @property
    def first_s(self) -> float:
        """Earliest time, monotonic."""
        return self._times_s[0]

    @property
    def last_s(self) -> float:
        """Time of the last packet, monotonic."""
        return self._times_s[-1]

    def each_s(self) -> npt.NDArray[np.float64]:
        """Time of each packet."""
        numbers = np.arange(1, self._ends[-1] + 1)
        return np.interp(numbers, self._ends, self._times_s)


class Batch:
    """`headers` of packets (n, 188) in order, `first_index` as in Block, and when they came.

    The packets may be lent only: they change after the call that brings the batch.
    """

    __slots__ = ("_arrivals_s", "arrivals", "first_index", "headers")

    def __init__(self, headers: PacketHeaders, first_index: int, arrivals: Arrivals) -> None:
        self.headers = headers
        self.first_index = first_index
        self.arrivals = arrivals
        self._arrivals_s: npt.NDArray[np.float64] | None = None

    @property
    def packets(self) -> Packets:
        """uint8 (n, 188)."""
        return self.headers.packets

    @property
    def pids(self) -> npt.NDArray[np.uint16]:
        """PID of each packet."""
        return self.headers.pids

    @property
    def arrivals_s(self) -> npt.NDArray[np.float64]:
        """Arrival of each packet, in monotonic time."""
        if self._arrivals_s is None:
            self._arrivals_s = self.arrivals.each_s()
        return self._arrivals_s


class PacketBatch:
    """Copies blocks until 4096 packets are there or `flush` is called, then hands them to `take` for good.

    NumPy costs the same for 7 packets as for 1000: without this a fast stream of small blocks would cost a
    third of a core. A large block is lent to `look`, without a copy.
    """

    def __init__(self, take: Callable[[Batch], None], look: Callable[[Batch], None] | None = None) -> None:
        self._take = take
        self._look = look or take
        self._packets: Packets | None = None
        self._arrivals: Arrivals | None = None
        self._count = 0
        self._first_index = 0
        self._previous_s: float | None = None

    def __len__(self) -> int:
        return self._count

    def add(self, block: Block, monotonic_s: float) -> None:
        """Take in a block that has just come."""
        count = len(block)
        if self._count + count > _GATHERED or count >= _LARGE:
            self.flush()
        before = monotonic_s if self._previous_s is None else self._previous_s
        start_s = max(before, monotonic_s - _LONGEST_SPREAD_S)
        self._previous_s = monotonic_s
        if count >= _LARGE:
            self._look(Batch(block.headers, block.first_index, Arrivals(count, start_s, monotonic_s)))
            return
        if self._arrivals is None:
            self._first_index = block.first_index
            self._arrivals = Arrivals(count, start_s, monotonic_s)
        else:
            self._arrivals.add(count, start_s, monotonic_s)
        if self._packets is None:
            self._packets = np.empty((_GATHERED, PACKET_SIZE), np.uint8)
        self._packets[self._count : self._count + count] = block.packets
        self._count += count

    def flush(self) -> None:
        """Hand over what is there."""
        packets, arrivals, count = self._packets, self._arrivals, self._count
        if packets is None or arrivals is None:
            return
        self._packets, self._arrivals, self._count = None, None, 0
        self._take(Batch(PacketHeaders(packets[:count]), self._first_index, arrivals))
