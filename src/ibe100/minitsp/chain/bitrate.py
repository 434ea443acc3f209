"""Bitrate of a transport stream from its own clocks: PCR, or DTS and PTS where there is no PCR.

It is the mean of the rates between consecutive clock values, as tsp's.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import PACKET_BITS
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, PTS_HZ, pcr_difference

_LONGEST_INTERVAL_PCR: Final = 10 * PCR_HZ
_SHORTEST_DTS_SPAN_PCR: Final = PCR_HZ
_MANY: Final = 64


class _ClockSums:
    """Rates and clock ticks summed over the intervals between consecutive clock values of each PID."""

    def __init__(self, window_s: float | None) -> None:
        self._window_pcr = None if window_s is None else window_s * PCR_HZ
        self._last: dict[int, tuple[int, int]] = {}
        self._rates = self._intervals = 0.0
        self.ticks_pcr = 0.0

    def add(self, pid: int, index: int, clock_pcr: int) -> None:
        """One clock value of a PID at a packet index. Jumps (a loop's seam, a splice) are left out."""
        previous = self._last.get(pid)
        self._last[pid] = (index, clock_pcr)
        if previous is None:
            return
        ticks = pcr_difference(clock_pcr, previous[1])
        if not 0 < ticks <= _LONGEST_INTERVAL_PCR:
            return
        self._rates += (index - previous[0]) / ticks
        self._intervals += 1
        self.ticks_pcr += ticks
        if self._window_pcr is not None and self.ticks_pcr > self._window_pcr * max(1, len(self._last)):
            self._rates /= 2
            self._intervals /= 2
            self.ticks_pcr /= 2

    def add_all(
        self, pids: npt.NDArray[np.uint16], indexes: npt.NDArray[np.int64], clocks_pcr: npt.NDArray[np.int64]
    ) -> None:
        """The clock values of a block, in order: the same as `add` for each."""
        if self._window_pcr is not None or len(pids) < _MANY:
            values = zip(pids.tolist(), indexes.tolist(), clocks_pcr.tolist(), strict=True)
            for pid, index, clock in values:
                self.add(pid, index, clock)
            return
        order = np.argsort(pids, kind="stable")
        pids, indexes, clocks_pcr = pids[order], indexes[order], clocks_pcr[order]
        new_pid = pids[1:] != pids[:-1]
        ticks = (clocks_pcr[1:] - clocks_pcr[:-1]) % PCR_MODULO
        counted = ~new_pid & (ticks > 0) & (ticks <= _LONGEST_INTERVAL_PCR)
        self._rates += float(((indexes[1:] - indexes[:-1])[counted] / ticks[counted]).sum())
        self._intervals += int(counted.sum())
        self.ticks_pcr += int(ticks[counted].sum())
        firsts = [0, *(np.flatnonzero(new_pid) + 1).tolist()]
        lasts = [*(first - 1 for first in firsts[1:]), len(pids) - 1]
        for first, last in zip(firsts, lasts, strict=True):
            pid = int(pids[first])
            self.add(pid, int(indexes[first]), int(clocks_pcr[first]))
            self._last[pid] = int(indexes[last]), int(clocks_pcr[last])

    @property
    def bitrate_bps(self) -> float:
        return self._rates * PACKET_BITS * PCR_HZ / self._intervals if self._intervals else 0.0


class BitrateEstimator:
    """Keeps the bitrate while packets pass.

    `window_s`: older intervals lose weight beyond this much stream time; None keeps all of them, which
    suits a file. DTS (PTS where there is none) of all PIDs are used as long as no PCR pair was seen.
    """

    def __init__(self, window_s: float | None) -> None:
        self._pcr = _ClockSums(window_s)
        self._dts = _ClockSums(window_s)
        self._index = 0

    def feed(self, headers: PacketHeaders) -> None:
        """Take the next packets of the stream."""
        rows, clocks = headers.pcr
        if rows.size:
            self._pcr.add_all(headers.pids[rows], rows + self._index, clocks)
        if not self._pcr.ticks_pcr:
            self._feed_dts(headers)
        self._index += len(headers)

    @property
    def bitrate_bps(self) -> float:
        """Bits of whole 188-byte packets per second; 0 while unknown."""
        if self._pcr.ticks_pcr:
            return self._pcr.bitrate_bps
        return self._dts.bitrate_bps if self._dts.ticks_pcr >= _SHORTEST_DTS_SPAN_PCR else 0.0

    def _feed_dts(self, headers: PacketHeaders) -> None:
        starts = headers.pes
        times = np.where(starts.dts != NO_TIMESTAMP, starts.dts, starts.pts)
        there = times != NO_TIMESTAMP
        indexes = starts.rows[there] + self._index
        self._dts.add_all(starts.pids[there], indexes, times[there].astype(np.int64) * (PCR_HZ // PTS_HZ))
