"""Continuity counters (ISO/IEC 13818-1 clause 2.4.3.3), followed per PID over whole blocks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE, PID_COUNT
from ibe100.mpegts.packet import PacketBlock
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pid_rows import counters_missing

_NEVER = np.uint32(0xFF)


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
        self.duplicated = np.zeros(PID_COUNT, np.int64)
        self._counters = np.full(PID_COUNT, _NEVER)
        self._copies = np.ones(PID_COUNT, np.int64)
        self._last_packets = np.zeros((PID_COUNT, PACKET_SIZE), np.uint8)

    def feed(self, headers: PacketHeaders) -> list[ContinuityFault]:
        """Faults of the block, in packet order."""
        by_pid = headers.by_pid
        kinds = int(by_pid.pids.searchsorted(NULL_PID))
        if not kinds:
            return []
        pids, first, last = by_pid.pids[:kinds], by_pid.first[:kinds], by_pid.last[:kinds]
        order, words = by_pid.rows, by_pid.words
        steps = headers.counter_steps
        inside = steps.places[: int(steps.places.searchsorted(last[-1], "right"))]
        missing = dict(zip(inside.tolist(), steps.missing.tolist(), strict=False))
        counters = self._counters[pids]
        entering = counters_missing(counters, words[first])
        entering[counters == _NEVER] = 0
        late = entering.nonzero()[0]
        missing |= dict(zip(first[late].tolist(), entering[late].tolist(), strict=True))
        wrong = np.array(sorted(missing), np.intp)
        faults: list[ContinuityFault] = []
        copies: dict[int, int] = {}
        if wrong.size:
            wrong = wrong[~packet.discontinuity_flags(headers.packets[order[wrong]])]
            begins = set(first.tolist())
            for at in wrong.tolist():
                self._judge(headers.packets, order, at, at in begins, missing[at], copies, faults)
        self._copies[pids] = 1
        if copies:
            for pid, at in zip(pids.tolist(), last.tolist(), strict=True):
                self._copies[pid] = copies.get(at, 1)
        self._counters[pids] = words[last] & 0x0F
        self._last_packets[pids] = headers.packets[order[last]]
        return sorted(faults, key=lambda fault: fault.row)

    def _judge(
        self,
        packets: PacketBlock,
        order: npt.NDArray[np.intp],
        at: int,
        begins: bool,
        missing: int,
        copies: dict[int, int],
        faults: list[ContinuityFault],
    ) -> None:
        """Judge a packet whose counter is not the next one: a gap, or a repetition of the one before."""
        row = int(order[at])
        pid = (int(packets[row, 1]) & 0x1F) << 8 | int(packets[row, 2])
        before = self._last_packets[pid] if begins else packets[order[at - 1]]
        if missing != 15 or not _same_but_pcr(packets[row], before):
            faults.append(ContinuityFault(row, pid, missing, False))
            return
        copies[at] = 1 + (int(self._copies[pid]) if begins else copies.get(at - 1, 1))
        self.duplicated[pid] += 1
        if copies[at] > 2:
            faults.append(ContinuityFault(row, pid, copies[at], True))


def _same_but_pcr(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> bool:
    """True if two packets of one PID are equal but for their PCR (clause 2.4.3.3 lets it differ)."""
    if np.array_equal(a, b):
        return True
    both_pcr = all(p[3] & 0x20 and p[4] >= 7 and p[5] & 0x10 for p in (a, b))
    return both_pcr and np.array_equal(a[:6], b[:6]) and np.array_equal(a[12:], b[12:])
