"""Continuity counters (ISO/IEC 13818-1 clause 2.4.3.3), followed per PID over whole blocks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE, PID_COUNT
from ibe100.mpegts.packet import PacketBlock
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pid_rows import RowsByPid, counters_missing

_NEVER = np.uint32(0xFF)


@dataclass(frozen=True, slots=True)
class ContinuityFault:
    """One break of the count: `row` in the block, and how many packets are missing or were repeated.

    For a duplicate `packets` is how many identical packets came so far: two are allowed, a third is not.
    0 are missing where only the counter of a packet without payload went on, which must stand still.
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
            lost = missing if packets[row, 3] & 0x10 else missing - 1
            faults.append(ContinuityFault(row, pid, lost, False))
            return
        copies[at] = 1 + (int(self._copies[pid]) if begins else copies.get(at - 1, 1))
        self.duplicated[pid] += 1
        if copies[at] > 2:
            faults.append(ContinuityFault(row, pid, copies[at], True))


class CounterFixer:
    """Writes continuity counters that count on, on all of `pids` but the null PID (none given: every PID).

    A PID goes on from its first counter, and from the one of a packet with discontinuity_indicator. A packet
    without payload repeats the counter before it, and so does a duplicate, unless `replicate` is False.
    """

    def __init__(self, pids: frozenset[int] = frozenset(), replicate: bool = True) -> None:
        self._wanted = np.isin(np.arange(PID_COUNT), list(pids)) if pids else np.ones(PID_COUNT, np.bool_)
        self._wanted[NULL_PID] = False
        self._replicate = replicate
        self._written = np.full(PID_COUNT, _NEVER)
        self._last_packets = np.zeros((PID_COUNT, PACKET_SIZE), np.uint8)

    def fix(self, headers: PacketHeaders) -> bool:
        """Correct the counters in place; True if any was wrong: `headers` are to be read anew then."""
        by_pid = headers.by_pid
        rows, words, first = by_pid.rows, by_pid.words, by_pid.first
        if not len(rows):
            return False
        lasts = headers.packets[rows[by_pid.last]]
        adds = (words >> 4) & 1
        if self._replicate:
            adds[self._duplicates(headers.packets, by_pid)] = 0
        begins = np.zeros(len(rows), np.bool_)
        begins[first] = True
        keeps = packet.discontinuity_flags(headers.packets)[rows]
        written = self._written[by_pid.pids]
        keeps[first] |= written == _NEVER
        starts = (begins | keeps).nonzero()[0]
        base = words[starts] & 0x0F
        going_on = ~keeps[starts]
        base[going_on] = (written + adds[first])[~keeps[first]]
        total = adds.cumsum(dtype=np.uint32)
        lengths = np.diff(np.append(starts, len(rows)))
        due = (np.repeat(base - total[starts], lengths) + total) & 0x0F
        self._written[by_pid.pids] = due[by_pid.last]
        self._last_packets[by_pid.pids] = lasts
        wrong = ((due != words & 0x0F) & self._wanted[(words >> 8) & 0x1FFF]).nonzero()[0]
        headers.packets[rows[wrong], 3] = (words[wrong] & 0xF0) | due[wrong]
        return bool(wrong.size)

    def _duplicates(self, packets: PacketBlock, by_pid: RowsByPid) -> list[int]:
        """Places in `by_pid` of packets with payload that repeat the one before on their PID."""
        rows, words = by_pid.rows, by_pid.words
        same = np.zeros(len(rows), np.bool_)
        same[1:] = words[1:] & 0x1F == words[:-1] & 0x1F
        before = self._last_packets[by_pid.pids]
        same[by_pid.first] = before[:, 3] & 0x1F == words[by_pid.first] & 0x1F
        entering = dict(zip(by_pid.first.tolist(), before, strict=True))
        candidates = (same & (words & 0x10 != 0)).nonzero()[0]
        return [
            at
            for at in candidates.tolist()
            if _same_but_pcr(packets[rows[at]], entering[at] if at in entering else packets[rows[at - 1]])
        ]


def _same_but_pcr(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> bool:
    """True if two packets of one PID are equal but for their PCR (clause 2.4.3.3 lets it differ)."""
    if np.array_equal(a, b):
        return True
    both_pcr = all(p[3] & 0x20 and p[4] >= 7 and p[5] & 0x10 for p in (a, b))
    return both_pcr and np.array_equal(a[:6], b[:6]) and np.array_equal(a[12:], b[12:])
