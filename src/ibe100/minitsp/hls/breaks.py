"""Breaks in an HLS playlist, by the cues in the stream: where to cut, and the tags of breaks and date ranges.

EXT-X-CUE-OUT, -CUE-OUT-CONT and -CUE-IN are what packagers and ad inserters have used before
EXT-X-DATERANGE with SCTE35-OUT, -IN and -CMD (RFC 8216 clause 4.3.2.7).
"""

import math
from dataclasses import replace
from typing import Final, TypeVar

from ibe100.minitsp.hls.date_ranges import DateRanges
from ibe100.mpegts.timestamps import PTS_HZ, pts_add, pts_difference
from ibe100.scte35.splices import Cancelled, Command, Splice, splices_of

_HALF_FRAME_PTS: Final = 1800
_REPEATED_S: Final = 30.0
_LATEST_S: Final = 10.0
"""A splice further in the past than this is ignored."""
_MOST_EVENTS: Final = 64

Event = tuple[str, bool]
"""Key of a splice, and whether it is the way out."""
Value = TypeVar("Value")


class Breaks:
    """The breaks of one stream, from its sections and the PTS of its pictures.

    What a section says last about an event holds: its time while that has not come, and its duration while
    the break runs. A break whose end does not come is over after its duration, auto_return or not: the
    duration is what is left where an IN was lost.
    """

    def __init__(self) -> None:
        self._told: dict[Event | bytes, tuple[bytes, int]] = {}
        self._splices: dict[Event, Splice] = {}
        self._done: dict[Event, int] = {}
        self._current: Splice | None = None
        self._latest: Splice | None = None
        self._has_told = False
        self._ranges = DateRanges()
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
        if now_pts is None:
            return
        for one in splices_of(raw, now_pts):
            match one:
                case Cancelled(key):
                    self._cancel(key)
                case Splice() if self._is_news((one.key, one.out), raw, now_pts):
                    self._plan(one, now_pts)
                case Command() if self._is_news(raw, raw, now_pts):
                    if (date := self.date(one.pts)) is not None:
                        self._ranges.command(raw, date)

    def is_due(self, pts: int) -> float | None:
        """Seconds since a break should have begun or ended, counted at a picture; None if none is due."""
        late = [pts_difference(pts, splice.pts) for splice in self._splices.values()]
        if (end_pts := self._end_of_current()) is not None:
            late.append(pts_difference(pts, end_pts))
        due = [ticks for ticks in late if ticks >= -_HALF_FRAME_PTS]
        return max(due) / PTS_HZ if due else None

    def tags(self, pts: int) -> tuple[str, ...]:
        """The tags of a segment that begins with this picture; what is due has happened then."""
        lines: list[str] = []
        due = [one for one in self._splices.values() if pts_difference(pts, one.pts) >= -_HALF_FRAME_PTS]
        for splice in sorted(due, key=lambda one: _order(one, pts)):
            lines += self._end_by_duration(pts_add(splice.pts, -2 * _HALF_FRAME_PTS), pts)
            del self._splices[splice.key, splice.out]
            self._note_done(splice)
            lines += self._begin(splice, pts) if splice.out else self._end(splice, pts)
        lines += self._end_by_duration(pts, pts)
        if self._current is not None and not lines:
            elapsed_s = pts_difference(pts, self._current.pts) / PTS_HZ
            planned_s = self._current.duration_s
            duration = ""
            if planned_s is not None:
                elapsed_s, duration = min(elapsed_s, planned_s), f",Duration={planned_s:.3f}"
            lines.append(f"#EXT-X-CUE-OUT-CONT:ElapsedTime={elapsed_s:.3f}{duration}")
        return tuple(lines)

    def date_ranges(self, first_date: float | None) -> list[str]:
        """EXT-X-DATERANGE tags for a playlist whose first segment has this date; none without dates."""
        return [] if first_date is None else self._ranges.lines(first_date)

    def jump(self, from_pts: int | None, to_pts: int) -> None:
        """Follow a jump of the PTS: announced splices are dropped, a break that runs keeps its length."""
        self._splices.clear()
        self._told.clear()
        self._ranges.withdraw()
        if self._current is not None and from_pts is not None:
            begun = pts_add(to_pts, pts_difference(self._current.pts, from_pts))
            self._current = replace(self._current, pts=begun)

    def _is_news(self, event: Event | bytes, raw: bytes, now_pts: int) -> bool:
        """False for the section that was the last about this event."""
        limit = _REPEATED_S * PTS_HZ
        self._told = {
            one: told for one, told in self._told.items() if abs(pts_difference(now_pts, told[1])) < limit
        }
        is_news = event not in self._told or self._told[event][0] != raw
        self._told[event] = raw, now_pts
        return is_news

    def _cancel(self, key: str) -> None:
        for out in (True, False):
            self._splices.pop((key, out), None)
            self._told.pop((key, out), None)
        self._ranges.withdraw(key)

    def _plan(self, splice: Splice, now_pts: int) -> None:
        event, current = (splice.key, splice.out), self._current
        is_past = pts_difference(splice.pts, now_pts) <= 0
        if splice.out and is_past and current is not None and current.key == splice.key:
            moved_s = pts_difference(splice.pts, current.pts) / PTS_HZ
            planned_s = None if splice.duration_s is None else splice.duration_s + moved_s
            self._current = replace(splice, pts=current.pts, duration_s=planned_s)
            self._ranges.extend(splice, planned_s)
        elif event in self._done and pts_difference(splice.pts, self._done[event]) <= _HALF_FRAME_PTS:
            if splice.out:
                self._ranges.extend(splice, splice.duration_s)
        elif pts_difference(now_pts, splice.pts) <= _LATEST_S * PTS_HZ:
            _put(self._splices, event, splice)
            if splice.out and (date := self.date(splice.pts)) is not None:
                self._ranges.announce(splice, date)

    def _note_done(self, splice: Splice) -> None:
        _put(self._done, (splice.key, splice.out), splice.pts)

    def _end_of_current(self) -> int | None:
        if self._current is None or self._current.duration_s is None:
            return None
        return pts_add(self._current.pts, round(self._current.duration_s * PTS_HZ))

    def _begin(self, splice: Splice, pts: int) -> list[str]:
        """Begin a break; a splice_insert ends the one that runs, a segmentation inside it begins none."""
        self._ranges.begin(splice.key)
        if self._current is not None and not splice.is_insert:
            return []
        lines = self._end(None, pts) if self._current is not None else []
        self._current, self._has_told = splice, True
        duration = "" if splice.duration_s is None else f":{splice.duration_s:.3f}"
        return [*lines, f"#EXT-X-CUE-OUT{duration}"]

    def _end_by_duration(self, until: int, pts: int) -> list[str]:
        """End the break at a picture if its duration is over by then."""
        end_pts = self._end_of_current()
        if end_pts is None or pts_difference(until, end_pts) < -_HALF_FRAME_PTS:
            return []
        return self._end(None, pts)

    def _end(self, splice: Splice | None, pts: int) -> list[str]:
        """End the break by its duration (`splice` None) or by an IN, which may have another id."""
        current = self._current
        if splice is None:
            assert current is not None
            self._current, self._latest = None, current
            if current.resumes_itself:  # else its IN may still come
                self._ranges.end(current.key, self.date(pts), b"")
            return ["#EXT-X-CUE-IN"]
        of = current or self._latest
        is_its_end = of is not None and (splice.key == of.key or (splice.is_insert and of.is_insert))
        self._ranges.end(
            of.key if of is not None and is_its_end else splice.key, self.date(pts), splice.section
        )
        if current is None:
            # The first thing that is told may be the end of a break that began before.
            told, self._has_told = self._has_told, True
            return [] if told else ["#EXT-X-CUE-IN"]
        if not is_its_end:
            return []
        self._current, self._latest = None, current
        return ["#EXT-X-CUE-IN"]


def _order(splice: Splice, pts: int) -> tuple[int, bool, float]:
    """Order of what happens by one picture: an end before a beginning, and of these the longest first."""
    return pts_difference(splice.pts, pts), splice.out, -(splice.duration_s or math.inf)


def _put(events: dict[Event, Value], event: Event, value: Value) -> None:
    """Put the value of an event in, as the newest; the oldest leaves when there are too many."""
    events.pop(event, None)
    if len(events) == _MOST_EVENTS:
        del events[next(iter(events))]
    events[event] = value
