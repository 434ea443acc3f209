"""Points of a splice_info_section where a break begins or ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ibe100.mpegts.timestamps import PTS_HZ, pts_add, pts_difference
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.values import SegmentationDescriptor, SpliceInfoSection, SpliceInsert, TimeSignal

_OUT: Final = frozenset({0x22, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3A, 0x3C, 0x3E, 0x44, 0x46})
"""segmentation_type_id (SCTE 35 table 23) of breaks, ads, placement opportunities and promos.

Their ends follow them. Programmes and chapters begin and end too, but take no ads: they are commands here.
"""
_IN: Final = frozenset(number + 1 for number in _OUT)
_INSERT: Final = "splice-"


@dataclass(frozen=True, slots=True)
class Splice:
    """A point where a break begins (`out`) or ends; `duration_s` as announced. `key` names the event."""

    key: str
    out: bool
    pts: int
    section: bytes
    duration_s: float | None = None
    resumes_itself: bool = False
    type_id: int | None = None
    """segmentation_type_id with which its kind begins; None for a splice_insert."""

    @property
    def is_insert(self) -> bool:
        """True for a splice_insert, of which only one is active at a time."""
        return self.type_id is None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An event that is called off."""

    key: str


@dataclass(frozen=True, slots=True)
class Command:
    """A time_signal that begins and ends no break."""

    pts: int
    section: bytes


def event_pts(section: SpliceInfoSection) -> int | None:
    """Adjusted splice time, the earliest one in component mode; None for what takes effect at once."""
    command = section.command
    if not isinstance(command, SpliceInsert) or command.components is None:
        return section.splice_pts
    times = [
        component.splice_time.pts_time
        for component in command.components
        if component.splice_time is not None and component.splice_time.pts_time is not None
    ]
    if not times:
        return None
    earliest = min(pts_difference(time, times[0]) for time in times)
    return pts_add(times[0], earliest + section.pts_adjustment)


def splices_of(raw: bytes, now_pts: int) -> list[Splice | Cancelled | Command]:
    """Read a section; what takes effect at once does so at `now_pts`. Nothing if it is damaged or no cue."""
    try:
        section = decode(raw)
    except SpliceDecodeError:
        return []
    match section.command:
        case SpliceInsert(splice_event_cancel_indicator=True, splice_event_id=number):
            return [Cancelled(f"{_INSERT}{number:08X}")]
        case SpliceInsert() as insert:
            return [_of_insert(insert, section, raw, now_pts)]
        case TimeSignal():
            pts = now_pts if section.splice_pts is None else section.splice_pts
            return list(_of_signal(section, raw, pts)) or [Command(pts, raw)]
    return []


def _of_insert(insert: SpliceInsert, section: SpliceInfoSection, raw: bytes, now_pts: int) -> Splice:
    pts = event_pts(section)
    duration = insert.break_duration
    return Splice(
        f"{_INSERT}{insert.splice_event_id:08X}",
        insert.out_of_network_indicator,
        now_pts if pts is None else pts,
        raw,
        None if duration is None else duration.duration / PTS_HZ,
        duration is not None and duration.auto_return,
    )


def _of_signal(section: SpliceInfoSection, raw: bytes, pts: int) -> Iterator[Splice | Cancelled]:
    for one in section.descriptors:
        if not isinstance(one, SegmentationDescriptor):
            continue
        key = f"segmentation-{one.segmentation_event_id:08X}"
        if one.segmentation_event_cancel_indicator:
            yield Cancelled(key)
        elif one.segmentation_type_id in _OUT | _IN:
            ticks, out = one.segmentation_duration, one.segmentation_type_id in _OUT
            type_id = one.segmentation_type_id - (not out)
            yield Splice(key, out, pts, raw, ticks / PTS_HZ if ticks else None, type_id=type_id)
