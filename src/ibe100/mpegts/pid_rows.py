"""The packets of a block sorted out by PID, and where their continuity counters do not count on."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]

_COUNTER: Final = np.uint32(0x0F)
_PAYLOAD: Final = np.uint32(0x10)


@dataclass(frozen=True, slots=True)
class RowsByPid:
    """Rows sorted by PID, those of one PID in the order of the stream; `words`: their first four bytes.

    For each PID in `pids`, in rising order, `first` and `last` are the places of its rows in `rows`, both
    included.
    """

    rows: Rows
    words: npt.NDArray[np.uint32]
    pids: npt.NDArray[np.uint16]
    first: Rows
    last: Rows

    @classmethod
    def sort(cls, pids: npt.NDArray[np.uint16], words: npt.NDArray[np.uint32]) -> "RowsByPid":
        """Sort the packets of a block out, by the PID and the first bytes of each."""
        rows = pids.argsort(kind="stable")
        in_order = pids[rows]
        changes = (in_order[1:] != in_order[:-1]).nonzero()[0]
        first = np.append(0, changes + 1)[: len(pids)]
        last = np.append(changes, len(pids) - 1)[: len(pids)]
        return cls(rows, words[rows], in_order[first], first, last)

    @property
    def counts(self) -> Rows:
        """Packets of each PID."""
        return self.last - self.first + 1

    def sums(self, mask: int) -> npt.NDArray[np.int64]:
        """Number of each PID's packets that have that one bit in their word set."""
        return np.add.reduceat((self.words & mask) // mask, self.first, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class CounterSteps:
    """Steps of the continuity counters inside a block that are wrong, whatever came before it.

    `places` in RowsByPid.rows whose counter does not follow that of the packet before on its PID, and the
    difference, `missing`, modulo 16. The first packet of a PID is never among them.
    """

    places: Rows
    missing: npt.NDArray[np.uint32]

    @classmethod
    def inside(cls, by_pid: RowsByPid) -> "CounterSteps":
        """Compare every packet with the one before (ISO/IEC 13818-1 clause 2.4.3.3)."""
        words = by_pid.words
        wrong = counters_missing(words[:-1], words[1:])
        wrong[by_pid.first[1:] - 1] = 0
        places = wrong.nonzero()[0]
        return cls(places + 1, wrong[places])


def counters_missing(before: npt.NDArray[np.uint32], words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Difference of each counter from the one due after `before`; packets without payload repeat it."""
    return (words - before - (words & _PAYLOAD) // _PAYLOAD) & _COUNTER
