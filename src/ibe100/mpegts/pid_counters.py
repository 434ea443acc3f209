"""Counts per PID over blocks of packets."""

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import NULL_PID, PID_COUNT
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.packet_headers import ADAPTATION, PAYLOAD, SCRAMBLED, UNIT_START, PacketHeaders
from ibe100.mpegts.pes import NO_TIMESTAMP, PesStarts
from ibe100.mpegts.timestamp_track import Leap
from ibe100.mpegts.timestamp_tracks import TimestampTracks
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, PTS_HZ, PTS_MODULO

_RESERVED = 0x40
_SAME_COUNTER = 15
"""Difference, modulo 16, of a counter that stands still."""
_NEVER = -1
Counts = npt.NDArray[np.int64]


class PidCounters:
    """Packets, continuity and time stamps of every PID; arrays are indexed by PID.

    `decoding` follows DTS, or PTS where no DTS is coded (ISO/IEC 13818-1 clause 2.4.3.7).
    """

    def __init__(self) -> None:
        self._continuity = ContinuityTracker()
        self.pcr = TimestampTracks(PCR_HZ, PCR_MODULO, Leap(1))
        self.pts = TimestampTracks(PTS_HZ, PTS_MODULO, Leap(3, reordered=True))
        self.dts = TimestampTracks(PTS_HZ, PTS_MODULO, Leap(3))
        self.decoding = TimestampTracks(PTS_HZ, PTS_MODULO, Leap(3, reordered=True), rhythm=True)
        self.pes_stream_ids: dict[int, int | None] = {}
        """stream_id by PID, None where they differ."""
        self._stream_ids = np.full(PID_COUNT, _NEVER, np.int16)
        self.reset()

    def reset(self) -> None:
        """Begin a new measuring interval; continuity goes on across its edge."""
        self.packets, self.scrambled, self.adaptation_fields, self.unit_starts, self.pes_packets = (
            np.zeros(PID_COUNT, np.int64) for _ in range(5)
        )
        self.discontinuities = np.zeros(PID_COUNT, np.int64)
        self.reserved_scrambling = np.zeros(PID_COUNT, np.int64)
        self.empty_starts = np.zeros(PID_COUNT, np.int64)
        """Unit starts in packets that have no payload to start in."""
        self.scrambled_starts = np.zeros(PID_COUNT, np.int64)
        self._same_counter = np.zeros(PID_COUNT, np.int64)
        self._duplicated_before = self._continuity.duplicated.copy()
        for tracks in (self.pcr, self.pts, self.dts, self.decoding):
            tracks.reset()

    @property
    def duplicated(self) -> Counts:
        """Repeated packets in this interval, whatever they hold: as in tsp's analysis."""
        return self._continuity.duplicated - self._duplicated_before + self._same_counter

    def feed(self, headers: PacketHeaders, indexes: Counts) -> None:
        """Count good packets; `indexes` are their places in the whole stream."""
        if not len(headers):
            return
        pids, by_pid = headers.pids, headers.by_pid
        self.packets[by_pid.pids] += by_pid.counts
        scrambled = (headers.words & SCRAMBLED) != 0
        if scrambled.any():
            self.scrambled += _per_pid(pids[scrambled])
            self.reserved_scrambling += _per_pid(pids[(headers.words & SCRAMBLED) == _RESERVED])
            starting = (headers.words & (UNIT_START | PAYLOAD)) == UNIT_START | PAYLOAD
            self.scrambled_starts += _per_pid(pids[scrambled & starting])
        self.adaptation_fields[by_pid.pids] += by_pid.sums(ADAPTATION)
        self.unit_starts[by_pid.pids] += by_pid.sums(UNIT_START)
        self.unit_starts[NULL_PID] = 0
        empty = headers.rows_with(UNIT_START, PAYLOAD)
        if empty.size:
            self.empty_starts += _per_pid(pids[empty])
        for fault in self._continuity.feed(headers):
            if fault.duplicate:
                continue
            if fault.packets == _SAME_COUNTER:
                self._same_counter[fault.pid] += 1
            else:
                self.discontinuities[fault.pid] += 1
                self.pcr.broken(fault.pid, int(indexes[fault.row]))
        for row in headers.announced_jumps.tolist():
            self.pcr.broken(int(pids[row]), int(indexes[row]))
        rows, values = headers.pcr
        self.pcr.feed(pids[rows], indexes[rows], values)
        self._feed_pes(headers.pes, indexes)

    def _feed_pes(self, starts: PesStarts, indexes: Counts) -> None:
        if not starts.rows.size:
            return
        self.pes_packets += _per_pid(starts.pids)
        new = self._stream_ids[starts.pids] != starts.stream_ids
        if new.any():
            for pid, stream_id in zip(
                starts.pids[new].tolist(), starts.stream_ids[new].tolist(), strict=True
            ):
                if self.pes_stream_ids.setdefault(pid, stream_id) != stream_id:
                    self.pes_stream_ids[pid] = None
                self._stream_ids[pid] = stream_id
        there = starts.pts != NO_TIMESTAMP
        pids, places, pts, dts = starts.pids, indexes[starts.rows], starts.pts, starts.dts
        if not there.all():
            pids, places, pts, dts = pids[there], places[there], pts[there], dts[there]
        self.pts.feed(pids, places, pts)
        ahead = dts != NO_TIMESTAMP
        if ahead.any():
            self.dts.feed(pids[ahead], places[ahead], dts[ahead])
            pts = np.where(ahead, dts, pts)
        self.decoding.feed(pids, places, pts)


def _per_pid(pids: npt.NDArray[np.uint16]) -> Counts:
    return np.bincount(pids, minlength=PID_COUNT)
