"""Breaks of a day as they are drawn: those that are planned, were aired, or will be made by a series."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Self

from ibe100.models.cues.recurrence import DAY_S, Series
from ibe100.models.cues.schedule import At, BreakState, ScheduledBreak
from ibe100.utils.timecode import format_clock

MOST_TURNS = 1500
"""Occurrences of a series within a day that are drawn."""


class ItemKind(Enum):
    """Ways in which a break is drawn."""

    PLANNED = "planned"
    CONFLICT = "in conflict"
    ARMED = "ARMED"
    RUNNING = "IN BREAK"
    DONE = "done"
    FAILED = "failed"
    OFF = "off"
    COMING = "by its rule"
    """To be made by a series, two days or a minute ahead."""


@dataclass(frozen=True, slots=True)
class DayItem:
    """Break on the lane of its stream; times are seconds since the epoch."""

    break_id: int
    """Its number; for one that is still to be made, that of its series."""
    stream_id: str
    begins: float
    ends: float
    title: str
    kind: ItemKind
    can_move: bool

    @property
    def key(self) -> tuple[int, float]:
        """Tells occurrences of a series apart."""
        return self.break_id, self.begins if self.kind is ItemKind.COMING else 0.0

    @property
    def words(self) -> str:
        """Title, time, length, and what is not as usual."""
        kind = "" if self.kind is ItemKind.PLANNED else f" · {self.kind.value}"
        return f"{self.title} · {format_clock(self.begins)} UTC · {self.ends - self.begins:g} s{kind}"


@dataclass(frozen=True, slots=True)
class Lane:
    """Breaks of a stream by their time."""

    stream_id: str
    name: str
    items: Sequence[DayItem]
    lower: frozenset[int]
    """Places of items that begin while another is on air: they are drawn lower."""
    longest_s: float

    @classmethod
    def of(cls, stream_id: str, name: str, items: Sequence[DayItem]) -> Self:
        """Lane with items that are in the order of their times."""
        lower: set[int] = set()
        free_at = 0.0
        for place, item in enumerate(items):
            if item.begins < free_at and place - 1 not in lower:
                lower.add(place)
            free_at = max(free_at, item.ends)
        longest_s = max((item.ends - item.begins for item in items), default=0.0)
        return cls(stream_id, name, items, frozenset(lower), longest_s)

    def between(self, first: float, end: float) -> list[tuple[int, DayItem]]:
        """Items on air from `first` to `end`, with their places on the lane."""
        at = bisect_left(self.items, first - self.longest_s, key=lambda item: item.begins)
        beyond = bisect_left(self.items, end, key=lambda item: item.begins)
        found = enumerate(self.items[at:beyond], at)
        return [(place, item) for place, item in found if item.ends >= first]


@dataclass(frozen=True, slots=True)
class Day:
    """UTC day with the choice of what is shown of it."""

    day: date
    stream_id: str = ""
    """Empty for all streams."""
    text: str = ""

    @property
    def begins(self) -> float:
        """Midnight, seconds since the epoch."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC).timestamp()

    @property
    def ends(self) -> float:
        """The midnight after."""
        return self.begins + DAY_S

    @property
    def is_filtered(self) -> bool:
        """True when some breaks of the day may be left out."""
        return bool(self.stream_id or self.text)

    def moved(self, days: int) -> date:
        """A day so many days on."""
        return self.day + timedelta(days=days)


def items_of_day(
    breaks: Iterable[ScheduledBreak],
    day: Day,
    now: float,
    in_conflict: Callable[[int], bool],
    stream_words: Callable[[str], str],
) -> list[DayItem]:
    """Breaks of `day` by their time, as far as they match its stream and text."""
    breaks = tuple(breaks)
    made = {(one.series_id, one.planned_at) for one in breaks if one.series_id is not None}
    needle = day.text.strip().casefold()
    items: list[DayItem] = []
    for one in breaks:
        if day.stream_id not in ("", one.stream_id):
            continue
        if needle and needle not in said(one, stream_words):
            continue
        if isinstance(one.when, Series):
            if one.enabled and not one.state.is_final and one.planned_at is not None:
                first = max(day.begins, one.planned_at)
                turns = one.when.between(first, day.ends, MOST_TURNS)
                items += [_item(one, at, ItemKind.COMING) for at in turns if (one.break_id, at) not in made]
        elif one.planned_at is not None and one.planned_at < day.ends and (one.ends_at or 0) > day.begins:
            items.append(_item(one, one.planned_at, _kind(one, now, in_conflict)))
    return sorted(items, key=lambda item: (item.begins, item.break_id))


def said(one: ScheduledBreak, stream_words: Callable[[str], str]) -> str:
    """Text of a break that a filter looks through, in lower case."""
    return f"{one.title} {stream_words(one.stream_id)} {one.state}".casefold()


def _item(one: ScheduledBreak, at: float, kind: ItemKind) -> DayItem:
    can_move = isinstance(one.when, At) and one.state is BreakState.PLANNED
    return DayItem(one.break_id, one.stream_id, at, at + one.duration_s, one.title, kind, can_move)


def _kind(one: ScheduledBreak, now: float, in_conflict: Callable[[int], bool]) -> ItemKind:
    match one.state:
        case BreakState.ARMED:
            return (
                ItemKind.RUNNING if one.planned_at is not None and one.planned_at <= now else ItemKind.ARMED
            )
        case BreakState.MISSED | BreakState.FAILED:
            return ItemKind.FAILED
        case BreakState.SKIPPED:
            return ItemKind.OFF
        case BreakState.DONE:
            return ItemKind.RUNNING if (one.ends_at or 0) > now else ItemKind.DONE
    if not one.enabled:
        return ItemKind.OFF
    return ItemKind.CONFLICT if in_conflict(one.break_id) else ItemKind.PLANNED
