"""Breaks at one place of a stream, by the sections that are seen there: paired, and held to their lengths.

No input or output here: sections and times are handed in, what is wrong comes back. What is not known for
sure is no fault: the end of a break that nobody saw begin, an end that is told by the duration alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from ibe100.scte35.splices import Cancelled, Splice, splices_of

_REPEATED_S: Final = 30.0
"""The same bytes within this time are one cue that is sent several times."""
_CHAINED_S: Final = 1.0
"""A break that begins so near to the announced end of the one before takes its place."""
_LATE_S: Final = 0.6
"""An end that comes with its splice is told so much later; an alarm is due within a second."""
_MOST: Final = 64
_NO_TIME: Final = 0

Kind: TypeAlias = int | None
"""segmentation_type_id with which breaks of this kind begin; None for splice_insert."""
Pair: TypeAlias = tuple[str, Kind]
"""Key of an event and its kind: a break and the ads in it may share an id."""


class BreakFault(StrEnum):
    """Faults of breaks."""

    OVERRUN = "overrun"
    """Its announced duration is over, and its end did not come."""
    OUT_WITHOUT_IN = "OUT without IN"
    """Another of its kind began in it, or it announced no duration and goes on too long."""
    IN_WITHOUT_OUT = "IN without OUT"
    """An end came, and no break of its kind was on."""


@dataclass(frozen=True, slots=True)
class FoundFault:
    """A fault in words, and since when it is one (wall clock, seconds)."""

    words: str
    since: float


NO_FAULTS: Final[Mapping[BreakFault, FoundFault]] = {}


@dataclass(frozen=True, slots=True)
class _Point:
    at: float
    splice: Splice

    @property
    def pair(self) -> Pair:
        return self.splice.key, self.splice.type_id


@dataclass(frozen=True, slots=True)
class _Open:
    splice: Splice
    began: float
    end: float | None

    @property
    def words(self) -> str:
        return f"event 0x{self.splice.key.rpartition('-')[2]}"


class BreakTrack:
    """Times are wall clock, in seconds; used by one thread."""

    def __init__(self) -> None:
        self.late_s = _LATE_S
        """So long after its time an end may be told."""
        self._told: dict[tuple[Pair, bool], tuple[bytes, float]] = {}
        self._planned: list[_Point] = []
        self._open: dict[Pair, _Open] = {}
        self._ended: deque[Pair] = deque(maxlen=_MOST)
        self._ended_unsaid: dict[Kind, float] = {}
        """Time by kind at which a break was over by its duration: its end may still be told."""
        self._sends_ends: set[Kind] = set()
        self._is_known = False
        """False until something was seen: the first end may be that of a break which began before."""
        self._unpaired: dict[BreakFault, FoundFault] = {}

    def forget(self) -> None:
        """Begin anew: what came meanwhile was seen by nobody."""
        ends, late_s = self._sends_ends, self.late_s
        self.__init__()  # type: ignore[misc]
        self._sends_ends, self.late_s = ends, late_s

    @property
    def is_in_break(self) -> bool:
        """True while a break is on, as far as known."""
        return bool(self._open)

    def take(self, section: bytes, at: float, ahead_s: float = 0.0) -> None:
        """Take a section that was seen at a time, so long before what it announces, or after it."""
        for one in splices_of(section, _NO_TIME):
            match one:
                case Cancelled(key):
                    self._planned = [point for point in self._planned if point.splice.key != key]
                    self._told = {of: told for of, told in self._told.items() if of[0][0] != key}
                case Splice() if self._is_news(one, at):
                    self.place(one, at + ahead_s)

    def place(self, splice: Splice, at: float) -> None:
        """Take a splice that was told in another form, and its time."""
        self._plan(_Point(at, splice))

    def _is_news(self, splice: Splice, at: float) -> bool:
        of = (splice.key, splice.type_id), splice.out
        self._told = {one: told for one, told in self._told.items() if at - told[1] < _REPEATED_S}
        known = self._told.get(of)
        if len(self._told) < _MOST:
            self._told[of] = splice.section, at
        return known is None or known[0] != splice.section

    def _plan(self, point: _Point) -> None:
        """Plan a point; what is said last of an event and direction holds."""
        same = (point.pair, point.splice.out)
        others = [one for one in self._planned if (one.pair, one.splice.out) != same]
        self._planned = [*others, point][-_MOST:]

    def judge(self, now: float, longest_s: float) -> Mapping[BreakFault, FoundFault]:
        """Find what is wrong at `now`; `longest_s`: how long a break without a duration may be."""
        due = sorted((one for one in self._planned if one.at <= now), key=_order)
        if due:
            self._planned = [one for one in self._planned if one.at > now]
        for point in due:
            self._end_by_duration(point.at)
            if point.splice.out:
                self._begin(point)
            else:
                self._finish(point)
        self._end_by_duration(now)
        if not self._open and not self._unpaired:
            return NO_FAULTS
        found = dict(self._unpaired)
        for one in self._open.values():
            if one.end is not None:
                if now > one.end + self.late_s:
                    words = f"{one.words}: {one.splice.duration_s:g} s were announced, and no return came"
                    found[BreakFault.OVERRUN] = FoundFault(words, one.end)
            elif now - one.began > longest_s:
                words = f"{one.words} is on for longer than {longest_s:g} s, and announced no end"
                found.setdefault(BreakFault.OUT_WITHOUT_IN, FoundFault(words, one.began + longest_s))
        return found

    def _begin(self, point: _Point) -> None:
        splice = point.splice
        end = None if splice.duration_s is None else point.at + splice.duration_s
        self._is_known = True
        self._unpaired.pop(BreakFault.IN_WITHOUT_OUT, None)
        if (before := self._open.get(point.pair)) is not None:
            # Said once more on air: the duration is what is left.
            self._open[point.pair] = replace(before, splice=splice, end=before.end if end is None else end)
            return
        for pair, other in self._of_kind(splice.type_id):
            del self._open[pair]
            self._ended.append(pair)
            if not other.splice.resumes_itself and (other.end is None or point.at < other.end - _CHAINED_S):
                words = f"{other.words} was not ended when event 0x{splice.key.rpartition('-')[2]} began"
                self._unpaired[BreakFault.OUT_WITHOUT_IN] = FoundFault(words, point.at)
        if len(self._open) < _MOST:
            self._open[point.pair] = _Open(splice, point.at, end)

    def _finish(self, point: _Point) -> None:
        kind = point.splice.type_id
        was_known, self._is_known = self._is_known, True
        self._sends_ends.add(kind)
        # By some rules the end has an id of its own.
        found = (
            point.pair if point.pair in self._open else next((one for one, _ in self._of_kind(kind)), None)
        )
        if found is not None:
            del self._open[found]
            self._ended.append(found)
            self._ended_unsaid.pop(kind, None)
            self._unpaired.clear()
            return
        unsaid = self._ended_unsaid.pop(kind, None)
        is_its_end = unsaid is not None and point.at - unsaid < _REPEATED_S
        if was_known and point.pair not in self._ended and not is_its_end:
            words = f"event 0x{point.splice.key.rpartition('-')[2]} ended, and no break was on"
            self._unpaired[BreakFault.IN_WITHOUT_OUT] = FoundFault(words, point.at)

    def _of_kind(self, kind: Kind) -> list[tuple[Pair, _Open]]:
        return [(pair, one) for pair, one in self._open.items() if pair[1] == kind]

    def _end_by_duration(self, now: float) -> None:
        """End what is over by its duration: by auto_return, or of a sender that tells no ends."""
        for pair, one in tuple(self._open.items()):
            kind = pair[1]
            ends_itself = one.splice.resumes_itself or (kind is not None and kind not in self._sends_ends)
            if ends_itself and one.end is not None and now >= one.end:
                del self._open[pair]
                self._ended.append(pair)
                self._ended_unsaid[kind] = one.end


def _order(point: _Point) -> tuple[float, bool]:
    """Order in time; an end before a beginning."""
    return round(point.at, 1), point.splice.out
