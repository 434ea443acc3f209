"""Counts per PID over blocks of packets."""

import numpy as np
import numpy.typing as npt

from ibe100.mpegts import packet
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.packet import NULL_PID, PacketBlock
from ibe100.mpegts.pes import NO_TIMESTAMP, PesStarts, pes_starts
from ibe100.mpegts.timestamp_track import TimestampTrack
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, PTS_HZ, PTS_MODULO

PID_COUNT = 8192
Counts = npt.NDArray[np.int64]


class PidCounters:
    """Packets, continuity and time stamps of every PID; arrays are indexed by PID.

    `decoding` follows DTS, or PTS where no DTS is coded (ISO/IEC 13818-1 clause 2.4.3.7).
    """

    def __init__(self) -> None:
        self._continuity = ContinuityTracker()
        self.pcr: dict[int, TimestampTrack] = {}
        self.pts: dict[int, TimestampTrack] = {}
        self.dts: dict[int, TimestampTrack] = {}
        self.decoding: dict[int, TimestampTrack] = {}
        self.pes_stream_ids: dict[int, int] = {}
        self.reset()

    def reset(self) -> None:
        """Begin a new measuring interval; continuity goes on across its edge."""
        self.packets, self.scrambled, self.adaptation_fields, self.unit_starts, self.pes_packets = (
            np.zeros(PID_COUNT, np.int64) for _ in range(5)
        )
        self.discontinuities = np.zeros(PID_COUNT, np.int64)
        self._duplicated_before = self._continuity.duplicated.copy()
        for tracks in (self.pcr, self.pts, self.dts, self.decoding):
            for track in tracks.values():
                track.reset()

    @property
    def duplicated(self) -> Counts:
        """Repeated packets in this interval."""
        return self._continuity.duplicated - self._duplicated_before

    def feed(self, block: PacketBlock, pids: npt.NDArray[np.uint16], indexes: Counts) -> None:
        """Count good packets; `indexes` are their places in the whole stream."""
        self.packets += _per_pid(pids)
        self.scrambled += _per_pid(pids[packet.scrambling_controls(block) != 0])
        self.adaptation_fields += _per_pid(pids[packet.has_adaptation(block)])
        self.unit_starts += _per_pid(pids[packet.payload_unit_starts(block) & (pids != NULL_PID)])
        for fault in self._continuity.feed(block, pids):
            if not fault.duplicate:
                self.discontinuities[fault.pid] += 1
        rows, values = packet.pcr_values(block)
        _feed_tracks(self.pcr, pids[rows], indexes[rows], values, PCR_HZ, PCR_MODULO)
        self._feed_pes(pes_starts(block, pids), indexes)

    def _feed_pes(self, starts: PesStarts, indexes: Counts) -> None:
        self.pes_packets += _per_pid(starts.pids)
        self.pes_stream_ids.update(zip(starts.pids.tolist(), starts.stream_ids.tolist(), strict=True))
        places = indexes[starts.rows]
        decoding = np.where(starts.dts != NO_TIMESTAMP, starts.dts, starts.pts)
        for tracks, values in ((self.pts, starts.pts), (self.dts, starts.dts), (self.decoding, decoding)):
            there = values != NO_TIMESTAMP
            _feed_tracks(tracks, starts.pids[there], places[there], values[there], PTS_HZ, PTS_MODULO)


def _feed_tracks(
    tracks: dict[int, TimestampTrack],
    pids: npt.NDArray[np.uint16],
    indexes: Counts,
    values: Counts,
    clock_hz: int,
    modulo: int,
) -> None:
    for pid in np.unique(pids).tolist():
        track = tracks.get(pid)
        if track is None:
            track = tracks[pid] = TimestampTrack(clock_hz, modulo)
        mine = pids == pid
        track.feed(indexes[mine], values[mine])


def _per_pid(pids: npt.NDArray[np.uint16]) -> Counts:
    return np.bincount(pids, minlength=PID_COUNT)
