"""Series of planned breaks: every so many minutes, or on weekdays at a local time. Occurrences are UTC."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, field_validator, model_validator

from ibe100.models.base import Value

SECONDS_PER_MINUTE = 60
LATEST = 253_402_300_799.0
"""The end of the year 9999, seconds since the epoch."""
DAY_S = 86_400.0
MOST_EXCEPTIONS = 1000

Moment = Annotated[float, Field(ge=0, le=LATEST, allow_inf_nan=False)]
"""Wall clock, seconds since the epoch."""


class Series(Value):
    """Moments of a series, as its kind says them."""

    ahead_s: ClassVar[float] = 0.0
    """Seconds before an occurrence at which its break is made."""

    def first_after(self, moment: float) -> float | None:
        """The first occurrence that is later than `moment`; None when there is none."""
        raise NotImplementedError

    def between(self, first: float, end: float, most: int = 1000) -> tuple[float, ...]:
        """Occurrences from `first` (included) to `end` (not included), the earliest `most` of them."""
        found: list[float] = []
        occurrence = self.first_after(math.nextafter(first, -math.inf))
        while occurrence is not None and occurrence < end and len(found) < most:
            found.append(occurrence)
            occurrence = self.first_after(occurrence)
        return tuple(found)


class Every(Series):
    """At a start and every so many minutes of elapsed time from it; the last one begins before `until`."""

    kind: Literal["every"] = "every"
    start: Moment
    minutes: Annotated[float, Field(ge=1, le=527_040, allow_inf_nan=False)]
    until: Moment | None = None

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.until is not None and self.until <= self.start:
            raise ValueError("until is not after start")
        return self

    def first_after(self, moment: float) -> float | None:
        """The first occurrence that is later than `moment`; None when there is none."""
        period_s = self.minutes * SECONDS_PER_MINUTE
        turn = 0 if moment < self.start else math.floor((moment - self.start) / period_s) + 1
        if self.start + turn * period_s <= moment:  # the division was rounded up to a whole number
            turn += 1
        occurrence = self.start + turn * period_s
        return None if occurrence >= (LATEST if self.until is None else self.until) else occurrence


class Weekday(StrEnum):
    """Days of the week, by their first three letters."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEKDAYS = tuple(Weekday)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("use an IANA name such as Europe/Berlin") from None
    return name


def _wall_time(local_time: time) -> time:
    if local_time.tzinfo is not None:
        raise ValueError("a local time has no offset: its time zone stands beside it")
    return local_time.replace(fold=0)  # of a doubled time the first


class Weekly(Series):
    """On weekdays at a local time, whatever the clocks of its time zone do in between.

    A local time that clocks skip (spring) is that much later by the clock: 02:30 is 03:30. One that they pass
    twice (autumn) is the first of both. So each day has one break; one that a zone leaves out has none.
    """

    ahead_s: ClassVar[float] = 2 * DAY_S

    kind: Literal["weekly"] = "weekly"
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)]
    local_time: Annotated[time, AfterValidator(_wall_time)]
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
    first_date: Annotated[date, Field(ge=date(1970, 1, 2))]
    last_date: date | None = None
    """The last day, included; None goes on for ever."""
    except_dates: Annotated[tuple[date, ...], Field(max_length=MOST_EXCEPTIONS)] = ()

    @field_validator("weekdays")
    @classmethod
    def _in_order(cls, weekdays: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        return tuple(day for day in WEEKDAYS if day in weekdays)

    @field_validator("except_dates")
    @classmethod
    def _once(cls, dates: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(sorted(set(dates)))

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.last_date is not None and self.last_date < self.first_date:
            raise ValueError("last_date is before first_date")
        return self

    def first_after(self, moment: float) -> float | None:
        """The first occurrence that is later than `moment`; None when there is none."""
        return next((at for _day, at in self._from(moment) if at > moment), None)

    def date_of(self, moment: float) -> date | None:
        """Date of the occurrence at `moment`; None where there is none."""
        for day, at in self._from(moment):
            if at >= moment:
                return day if at == moment else None
        return None

    def without(self, day: date) -> Self:
        """The rule with an exception more."""
        return self.model_copy(update={"except_dates": tuple(sorted({*self.except_dates, day}))})

    def clock_changes(self, first: float, end: float) -> tuple[str, ...]:
        """A sentence per occurrence from `first` to `end` whose local time is skipped or passed twice."""
        zone, found = ZoneInfo(self.time_zone), []
        for day, at in self._from(first):
            if at >= end:
                break
            wanted = datetime.combine(day, self.local_time, zone)
            there = datetime.fromtimestamp(at, zone)
            said = f"{day:%a %d %b %Y}: {self.local_time:%H:%M:%S}"
            if there.replace(tzinfo=None) != wanted.replace(tzinfo=None):
                found.append(f"{said} is skipped by the clocks, the break is at {there:%H:%M:%S}")
            elif wanted.utcoffset() != wanted.replace(fold=1).utcoffset():
                found.append(f"{said} comes twice, the break is at the first")
        return tuple(found)

    def words(self) -> str:
        """The rule as text: `Mon–Fri 20:15:00 Europe/Berlin`, with dates where there are any."""
        days = [day.value.title() for day in self.weekdays]
        at = [WEEKDAYS.index(day) for day in self.weekdays]
        if len(days) == len(WEEKDAYS):
            said = "daily"
        elif len(days) > 2 and at[-1] - at[0] == len(at) - 1:
            said = f"{days[0]}–{days[-1]}"
        else:
            said = ", ".join(days)
        said = f"{said} {self.local_time:%H:%M:%S} {self.time_zone}"
        said += "" if self.last_date is None else f" until {self.last_date:%d %b %Y}"
        return said + (f" but {len(self.except_dates)} d" if self.except_dates else "")

    def _from(self, moment: float) -> Iterator[tuple[date, float]]:
        """Days with their occurrences in order, from one that is not after `moment`."""
        zone = ZoneInfo(self.time_zone)
        if moment >= LATEST - 4 * DAY_S:
            return
        # A skipped local time may lead into the next day, over the date line into the one after.
        begin = datetime.fromtimestamp(max(0.0, moment), zone).date() - timedelta(days=2)
        day = max(self.first_date, begin)
        end = min(self.last_date or date.max, date.max - timedelta(days=4))
        skipped = frozenset(self.except_dates)
        while day <= end:
            if WEEKDAYS[day.weekday()] in self.weekdays and day not in skipped:
                # Of a skipped time `fold=0` takes the offset of before, of a doubled one the first.
                at = datetime.combine(day, self.local_time, zone).timestamp()
                following = datetime.combine(day + timedelta(days=1), self.local_time, zone).timestamp()
                if at < following:  # else the zone leaves the whole day out, at the date line
                    yield day, at
            day += timedelta(days=1)
