"""Packets gathered for plugins that only look on, with the time when each arrived."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.plugin import Block, Packets

_MAX_PACKETS: Final = 2048
# Packets of one block came in since the block before, but not earlier than this.
_LONGEST_SPREAD_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Batch:
    """`packets` (n, 188), their `pids`, `first_index` as in Block, and `arrivals_s` in monotonic time."""

    packets: Packets
    pids: npt.NDArray[np.uint16]
    first_index: int
    arrivals_s: npt.NDArray[np.float64]


class PacketBatch:
    """Copies blocks until 2048 packets are there or `flush` is called, then hands them to `take`.

    NumPy costs the same for 7 packets as for 1000: without this a fast stream of small blocks would cost a
    third of a core.
    """

    def __init__(self, take: Callable[[Batch], None]) -> None:
        self._take = take
        self._packets: list[Packets] = []
        self._pids: list[npt.NDArray[np.uint16]] = []
        self._arrivals: list[npt.NDArray[np.float64]] = []
        self._count = 0
        self._first_index = 0
        self._previous_s: float | None = None

    def add(self, block: Block, monotonic_s: float) -> None:
        """Copy a block that has just come in."""
        if not self._count:
            self._first_index = block.first_index
        count = len(block)
        self._packets.append(block.packets.copy())
        self._pids.append(block.pids.copy())
        self._arrivals.append(self._spread(count, monotonic_s))
        self._count += count
        if self._count >= _MAX_PACKETS:
            self.flush()

    def flush(self) -> None:
        """Hand over what is there."""
        if not self._count:
            return
        batch = Batch(
            np.concatenate(self._packets),
            np.concatenate(self._pids),
            self._first_index,
            np.concatenate(self._arrivals),
        )
        self._packets, self._pids, self._arrivals, self._count = [], [], [], 0
        self._take(batch)

    def _spread(self, count: int, monotonic_s: float) -> npt.NDArray[np.float64]:
        """Arrival of each packet, taken as even over the time since the block before."""
        before = monotonic_s if self._previous_s is None else self._previous_s
        start = max(before, monotonic_s - _LONGEST_SPREAD_S)
        self._previous_s = monotonic_s
        return start + (monotonic_s - start) * (np.arange(1, count + 1) / count)
