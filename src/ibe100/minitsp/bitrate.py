"""Bitrate of a transport stream from its own clocks: PCR, or DTS and PTS where there is no PCR."""

from typing import Final

import numpy as np

from ibe100.minitsp.plugin import PACKET_BITS
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.timestamps import PCR_HZ, pcr_difference, pts_to_pcr

_LONGEST_INTERVAL_PCR: Final = 10 * PCR_HZ
_SHORTEST_DTS_SPAN_PCR: Final = PCR_HZ


class _ClockSums:
    """Packets and clock ticks summed over the intervals between consecutive clock values of each PID."""

    def __init__(self, window_s: float | None) -> None:
        self._window_pcr = None if window_s is None else window_s * PCR_HZ
        self._last: dict[int, tuple[int, int]] = {}
        self._packets = 0.0
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
        self._packets += index - previous[0]
        self.ticks_pcr += ticks
        if self._window_pcr is not None and self.ticks_pcr > self._window_pcr * max(1, len(self._last)):
            self._packets /= 2
            self.ticks_pcr /= 2

    @property
    def bitrate_bps(self) -> float:
        return self._packets * PACKET_BITS * PCR_HZ / self.ticks_pcr if self.ticks_pcr else 0.0


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
            pids = headers.pids[rows].tolist()
            for row, pid, clock in zip(rows.tolist(), pids, clocks.tolist(), strict=True):
                self._pcr.add(pid, self._index + row, clock)
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
        for row, pid, clock in zip(starts.rows.tolist(), starts.pids.tolist(), times.tolist(), strict=True):
            if clock != NO_TIMESTAMP:
                self._dts.add(pid, self._index + row, pts_to_pcr(clock))
