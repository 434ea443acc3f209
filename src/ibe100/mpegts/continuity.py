"""Continuity counters (ISO/IEC 13818-1 clause 2.4.3.3), followed per PID over whole blocks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ibe100.mpegts import packet
from ibe100.mpegts.packet import NULL_PID, PACKET_SIZE, PacketBlock

_PID_COUNT = 8192
_NEVER = np.int8(-1)


@dataclass(frozen=True, slots=True)
class ContinuityFault:
    """One break of the count: `row` in the block, and how many packets are missing or were repeated.

    For a duplicate `packets` is how many identical packets came so far: two are allowed, a third is not.
    """

    row: int
    pid: int
    packets: int
    duplicate: bool


class ContinuityTracker:
    """Follows continuity_counter on every PID but the null PID.

    `duplicated` counts, per PID, packets that repeat the one before (same counter, same bytes but the PCR).
    """

    def __init__(self) -> None:
        self.duplicated = np.zeros(_PID_COUNT, np.int64)
        self._counters = np.full(_PID_COUNT, _NEVER)
        self._copies = np.ones(_PID_COUNT, np.int64)
        self._last_packets = np.zeros((_PID_COUNT, PACKET_SIZE), np.uint8)

    def feed(self, block: PacketBlock, pids: npt.NDArray[np.uint16]) -> list[ContinuityFault]:
        """Faults of the block, in packet order. `pids` are those of the block's rows."""
        rows = np.flatnonzero(pids != NULL_PID)
        if not rows.size:
            return []
        order = rows[np.argsort(pids[rows], kind="stable")]
        pid = pids[order]
        first = np.concatenate(([True], pid[1:] != pid[:-1]))
        last = np.concatenate((first[1:], [True]))
        counter = packet.continuity_counters(block)[order].astype(np.int8)
        previous = np.concatenate(([_NEVER], counter[:-1]))
        previous[first] = self._counters[pid[first]]
        step = packet.has_payload(block)[order].astype(np.int8)
        missing = (counter - previous - step) & 0x0F
        wrong = (missing != 0) & (previous != _NEVER) & ~packet.discontinuity_flags(block)[order]
        faults: list[ContinuityFault] = []
        copies: dict[int, int] = {}
        for at in np.flatnonzero(wrong).tolist():
            row, this_pid, fresh = order[at], int(pid[at]), bool(first[at])
            before = self._last_packets[this_pid] if fresh else block[order[at - 1]]
            if missing[at] != 15 or not _same_but_pcr(block[row], before):
                faults.append(ContinuityFault(int(row), this_pid, int(missing[at]), False))
                continue
            copies[at] = 1 + (int(self._copies[this_pid]) if fresh else copies.get(at - 1, 1))
            self.duplicated[this_pid] += 1
            if copies[at] > 2:
                faults.append(ContinuityFault(int(row), this_pid, copies[at], True))
        self._copies[pid[last]] = [copies.get(at, 1) for at in np.flatnonzero(last).tolist()]
        self._counters[pid[last]] = counter[last]
        self._last_packets[pid[last]] = block[order[last]]
        return sorted(faults, key=lambda fault: fault.row)


def _same_but_pcr(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> bool:
    """Whether two packets of one PID are equal, their PCR (clause 2.4.3.3 lets it differ) left aside."""
    if np.array_equal(a, b):
        return True
    both_pcr = all(p[3] & 0x20 and p[4] >= 7 and p[5] & 0x10 for p in (a, b))
    return both_pcr and np.array_equal(a[:6], b[:6]) and np.array_equal(a[12:], b[12:])
