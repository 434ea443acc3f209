"""Breaks in an HLS playlist, by the cues in the stream: where to cut, and the tags of breaks and date ranges.

EXT-X-DATERANGE with SCTE35-OUT, -IN and -CMD is RFC 8216 clause 4.3.2.7; EXT-X-CUE-OUT, -CUE-OUT-CONT and
-CUE-IN are what packagers and ad inserters have used before it.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from ibe100.minitsp.hls.playlist_text import DATE_RANGE, iso_date
from ibe100.minitsp.splice.times import event_pts
from ibe100.mpegts.timestamps import PTS_HZ, pts_add, pts_difference
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.values import (
    SegmentationDescriptor,
    SpliceInfoSection,
    SpliceInsert,
    TimeSignal,
)

_HALF_FRAME_PTS: Final = 1800
_REPEATED_S: Final = 30.0
_LATEST_S: Final = 10.0
"""A splice further in the past than this is ignored."""
_OUT: Final = frozenset({0x22, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3A, 0x3C, 0x3E, 0x44, 0x46})
"""segmentation_type_id (SCTE 35 table 23) of breaks, ads, placement opportunities and promos.

Their ends follow them. Programmes and chapters begin and end too, but take no ads: they are commands here.
"""
_IN: Final = frozenset(number + 1 for number in _OUT)
_MOST_RANGES: Final = 64
_MOST_SPLICES: Final = 64
_INSERT: Final = "splice-"


@dataclass(frozen=True, slots=True)
class _Splice:
    """A point where a break begins or ends; `duration_s` as announced."""

    key: str
    out: bool
    pts: int
    section: bytes
    duration_s: float | None = None
    returns_itself: bool = False

    @property
    def is_insert(self) -> bool:
        """True for a splice_insert, of which only one is active at a time."""
        return self.key.startswith(_INSERT)


@dataclass(slots=True)
class _DateRange:
    """One EXT-X-DATERANGE; dates in seconds since the epoch."""

    key: str
    start: float
    attribute: str
    section: bytes
    planned_s: float | None = None
    end: float | None = None
    in_section: bytes = b""

    def lines(self) -> list[str]:
        head = f'{DATE_RANGE}ID="{self.key}",START-DATE="{iso_date(self.start)}"'
        planned = "" if self.planned_s is None else f",PLANNED-DURATION={self.planned_s:.3f}"
        first = f"{head}{planned},{self.attribute}=0x{self.section.hex().upper()}"
        if self.end is None:
            return [first]
        last = f"{head},DURATION={max(0.0, self.end - self.start):.3f}"
        if self.in_section:
            last += f",SCTE35-IN=0x{self.in_section.hex().upper()}"
        return [first, last]

    def is_over_before(self, date: float) -> bool:
        """True if it has ended before a playlist that begins at this date."""
        if self.attribute == "SCTE35-OUT" and self.end is None:
            return self.planned_s is not None and self.start + 2 * self.planned_s < date
        return max(self.start, self.end or self.start) < date


class Breaks:
    """The breaks of one stream, from its sections and the PTS of its pictures."""

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}
        self._splices: deque[_Splice] = deque(maxlen=_MOST_SPLICES)
        self._current: _Splice | None = None
        self._ranges: deque[_DateRange] = deque(maxlen=_MOST_RANGES)
        self._commands = 0
        self._anchor: tuple[int, float] | None = None

    def anchor(self, pts: int, date: float) -> None:
        """Set the date of a PTS; other dates are counted from it."""
        self._anchor = pts, date

    def date(self, pts: int) -> float | None:
        """Date at which a PTS is on air, None while no picture has been seen."""
        if self._anchor is None:
            return None
        return self._anchor[1] + pts_difference(pts, self._anchor[0]) / PTS_HZ

    def take(self, raw: bytes, now_pts: int | None) -> None:
        """Take a section of a cue PID; repeats and damaged sections change nothing."""
        if now_pts is None or self._is_repeated(raw, now_pts):
            return
        try:
            section = decode(raw)
        except SpliceDecodeError:
            return
        match section.command:
            case SpliceInsert(splice_event_cancel_indicator=True, splice_event_id=number):
                self._cancel(f"{_INSERT}{number:08X}")
            case SpliceInsert() as insert:
                self._plan(_of_insert(insert, section, raw, now_pts), now_pts)
            case TimeSignal():
                self._signal(section, raw, now_pts)

    def is_due(self, pts: int) -> float | None:
        """Seconds since a break should have begun or ended, counted at a picture; None if none is due."""
        late = [pts_difference(pts, splice.pts) for splice in self._splices]
        if (end_pts := self._end_of_current()) is not None:
            late.append(pts_difference(pts, end_pts))
        due = [ticks for ticks in late if ticks >= -_HALF_FRAME_PTS]
        return max(due) / PTS_HZ if due else None

    def tags(self, pts: int) -> tuple[str, ...]:
        """The tags of a segment that begins with this picture; what is due has happened then."""
        lines: list[str] = []
        end_pts = self._end_of_current()
        if end_pts is not None and pts_difference(pts, end_pts) >= -_HALF_FRAME_PTS:
            lines += self._end(None, pts)
        for splice in [one for one in self._splices if pts_difference(pts, one.pts) >= -_HALF_FRAME_PTS]:
            self._splices.remove(splice)
            lines += self._begin(splice, pts) if splice.out else self._end(splice, pts)
        if self._current is not None and not lines:
            elapsed_s = pts_difference(pts, self._current.pts) / PTS_HZ
            planned = self._current.duration_s
            duration = "" if planned is None else f",Duration={planned:.3f}"
            lines.append(f"#EXT-X-CUE-OUT-CONT:ElapsedTime={elapsed_s:.3f}{duration}")
        return tuple(lines)

    def date_ranges(self, first_date: float | None) -> list[str]:
        """EXT-X-DATERANGE tags for a playlist whose first segment has this date; none without dates."""
        if first_date is None:
            return []
        while self._ranges and self._ranges[0].is_over_before(first_date):
            self._ranges.popleft()
        return [line for one in self._ranges for line in one.lines()]

    def jump(self, from_pts: int, to_pts: int) -> None:
        """Follow a jump of the PTS: announced splices are dropped, a break that runs keeps its length."""
        self._splices.clear()
        if self._current is not None:
            begun = pts_add(to_pts, pts_difference(self._current.pts, from_pts))
            self._current = replace(self._current, pts=begun)

    def _is_repeated(self, raw: bytes, now_pts: int) -> bool:
        limit = _REPEATED_S * PTS_HZ
        self._seen = {one: at for one, at in self._seen.items() if 0 <= pts_difference(now_pts, at) < limit}
        is_repeated = raw in self._seen
        self._seen[raw] = now_pts
        return is_repeated

    def _cancel(self, key: str) -> None:
        self._splices = deque((one for one in self._splices if one.key != key), _MOST_SPLICES)
        if self._current is None or self._current.key != key:
            self._ranges = deque((one for one in self._ranges if one.key != key), _MOST_RANGES)

    def _plan(self, splice: _Splice, now_pts: int) -> None:
        if pts_difference(now_pts, splice.pts) > _LATEST_S * PTS_HZ:
            return
        is_known = any((one.key, one.out) == (splice.key, splice.out) for one in self._splices)
        if is_known or (splice.out and self._current is not None and self._current.key == splice.key):
            return
        self._splices.append(splice)
        date = self.date(splice.pts)
        if splice.out and date is not None:
            self._ranges.append(_DateRange(splice.key, date, "SCTE35-OUT", splice.section, splice.duration_s))

    def _signal(self, section: SpliceInfoSection, raw: bytes, now_pts: int) -> None:
        pts = now_pts if section.splice_pts is None else section.splice_pts
        told = False
        for one in section.descriptors:
            if not isinstance(one, SegmentationDescriptor):
                continue
            key = f"segmentation-{one.segmentation_event_id:08X}"
            if one.segmentation_event_cancel_indicator:
                self._cancel(key)
            elif one.segmentation_type_id in _OUT | _IN:
                ticks = one.segmentation_duration
                duration_s = ticks / PTS_HZ if ticks else None
                self._plan(_Splice(key, one.segmentation_type_id in _OUT, pts, raw, duration_s), now_pts)
            else:
                continue
            told = True
        date = self.date(pts)
        if not told and date is not None:
            self._commands += 1
            self._ranges.append(_DateRange(f"command-{self._commands}", date, "SCTE35-CMD", raw))

    def _end_of_current(self) -> int | None:
        current = self._current
        if current is None or current.duration_s is None or not current.returns_itself:
            return None
        return pts_add(current.pts, round(current.duration_s * PTS_HZ))

    def _begin(self, splice: _Splice, pts: int) -> list[str]:
        """Begin a break; a splice_insert ends the one that runs, a segmentation inside it begins none."""
        if self._current is not None and not splice.is_insert:
            return []
        lines = self._end(None, pts) if self._current is not None else []
        self._current = splice
        duration = "" if splice.duration_s is None else f":{splice.duration_s:.3f}"
        return [*lines, f"#EXT-X-CUE-OUT{duration}"]

    def _end(self, splice: _Splice | None, pts: int) -> list[str]:
        """End the break by its duration (`splice` None) or by an IN, which may have another id."""
        current = self._current
        ends = splice is None or current is None or splice.key == current.key
        ends = ends or (splice is not None and splice.is_insert and current is not None and current.is_insert)
        key = current.key if current is not None and ends else splice.key if splice is not None else ""
        for one in self._ranges:
            if one.key == key and one.end is None:
                one.end = self.date(pts)
                one.in_section = b"" if splice is None else splice.section
        if not ends:
            return []
        self._current = None
        return ["#EXT-X-CUE-IN"]


def _of_insert(insert: SpliceInsert, section: SpliceInfoSection, raw: bytes, now_pts: int) -> _Splice:
    pts = event_pts(section)
    duration = insert.break_duration
    return _Splice(
        f"{_INSERT}{insert.splice_event_id:08X}",
        insert.out_of_network_indicator,
        now_pts if pts is None else pts,
        raw,
        None if duration is None else duration.duration / PTS_HZ,
        duration is not None and duration.auto_return,
    )
