"""Splice events of one cue PID as splicemonitor follows them: announced, cancelled, occurred."""

from dataclasses import dataclass
from typing import Final

from ibe100.mpegts.constants import PACKET_BITS
from ibe100.mpegts.timestamps import PTS_HZ, pts_add, pts_difference
from ibe100.scte35.splices import event_pts
from ibe100.scte35.values import SegmentationDescriptor, SpliceInfoSection, SpliceInsert, TimeSignal

_MOST_EVENTS: Final = 256
# segmentation_type_id (SCTE 35 table 23) that tsp counts as a way out of the programme, and back.
_OUT: Final = frozenset({0x10, 0x14, 0x17, 0x19, 0x20, 0x22, 0x30, 0x32, 0x34, 0x36, 0x40, 0x50})
_IN: Final = frozenset({0x11, 0x12, 0x13, 0x15, 0x16, 0x18, 0x21, 0x23, 0x31, 0x33, 0x35, 0x37, 0x41, 0x51})


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event as one section announces it; `event_pts` None is immediate (or cancelled)."""

    event_id: int
    out: bool
    event_pts: int | None
    cancelled: bool = False


@dataclass(slots=True)
class PendingEvent:
    """An event that has been announced `count` times for this time, first at packet `first_index`.

    `corrected_from`: the time that it had been announced for before.
    """

    event_id: int
    out: bool
    event_pts: int
    first_index: int
    count: int = 1
    corrected_from: int | None = None


class SpliceEvents:
    """The events of one cue PID, and the time of the stream there.

    `last_pts` is the latest PTS of the PIDs that give the time, None before the first.
    """

    def __init__(self) -> None:
        self.last_pts: int | None = None
        self._last_pts_index = 0
        self._pending: dict[tuple[int, bool], PendingEvent] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def observe_pts(self, pts: int, index: int) -> list[PendingEvent]:
        """Take a PTS; returns the events whose time has come, which are then forgotten."""
        self.last_pts = pts
        self._last_pts_index = index
        occurred = [one for one in self._pending.values() if pts_difference(pts, one.event_pts) >= 0]
        for event in occurred:
            del self._pending[event.event_id, event.out]
        return occurred

    def announce(self, announcement: Announcement, index: int) -> PendingEvent | None:
        """Note an announcement; returns the event it is about, None for one never announced ahead.

        The time that is announced last holds, with a count of its own.
        """
        key = announcement.event_id, announcement.out
        if announcement.cancelled:
            both = [self._pending.pop((announcement.event_id, out), None) for out in (True, False)]
            return both[0] or both[1]
        if announcement.event_pts is None:
            return self._pending.pop(key, None)
        known = self._pending.get(key)
        if known is not None and known.event_pts == announcement.event_pts:
            known.count += 1
            known.corrected_from = None
            return known
        if known is None and len(self._pending) == _MOST_EVENTS:
            del self._pending[next(iter(self._pending))]
        before = None if known is None else known.event_pts
        event = PendingEvent(*key, announcement.event_pts, index, corrected_from=before)
        self._pending[key] = event
        return event

    def time_to_event_ms(self, event: PendingEvent, index: int, bitrate_bps: int) -> int | None:
        """Time from packet `index` to the event; the time since the last PTS is taken from the bitrate."""
        if self.last_pts is None:
            return None
        elapsed = (index - self._last_pts_index) * PACKET_BITS * PTS_HZ
        now_pts = pts_add(self.last_pts, elapsed // bitrate_bps if bitrate_bps else 0)
        return int(pts_difference(event.event_pts, now_pts) * 1000 / PTS_HZ)


def announcements(section: SpliceInfoSection) -> list[Announcement]:
    """The events a section speaks of: a splice_insert, or the segmentations of a time_signal with a time."""
    command = section.command
    if isinstance(command, SpliceInsert):
        return [
            Announcement(
                command.splice_event_id,
                command.out_of_network_indicator,
                event_pts(section),
                command.splice_event_cancel_indicator,
            )
        ]
    if not isinstance(command, TimeSignal) or section.splice_pts is None:
        return []
    return [
        Announcement(
            one.segmentation_event_id,
            one.segmentation_type_id in _OUT,
            section.splice_pts,
            one.segmentation_event_cancel_indicator,
        )
        for one in section.descriptors
        if isinstance(one, SegmentationDescriptor) and one.segmentation_type_id in _OUT | _IN
    ]
