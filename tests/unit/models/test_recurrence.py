"""Rules of weekdays against the calendar, over what clocks do in every zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ibe100.models.cues.recurrence import WEEKDAYS, Weekly

ZONES = st.sampled_from(sorted(available_timezones()))
DATES = st.dates(date(1971, 1, 1), date(2040, 1, 1))
TIMES = st.times().map(lambda at: at.replace(microsecond=0))


def rule(**values: object) -> Weekly:
    plain = {
        "weekdays": WEEKDAYS,
        "local_time": "20:15",
        "time_zone": "Europe/Berlin",
        "first_date": "2026-01-01",
    }
    return Weekly.model_validate(plain | values)


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@given(ZONES, DATES, TIMES, st.sets(st.sampled_from(WEEKDAYS), min_size=1))
def test_each_wanted_day_has_one_break_at_its_local_time(
    zone_name: str, first: date, local_time: time, weekdays: set[str]
) -> None:
    zone = ZoneInfo(zone_name)
    one = rule(weekdays=tuple(weekdays), local_time=local_time, time_zone=zone_name, first_date=first)
    begin = datetime.combine(first, time(), zone).timestamp()
    found = one.between(begin - 86_400, begin + 40 * 86_400)
    assert list(found) == sorted(set(found))
    days = [one.date_of(at) for at in found]
    assert None not in days
    wanted = [
        first + timedelta(n) for n in range(37) if WEEKDAYS[(first + timedelta(n)).weekday()] in weekdays
    ]
    missing = [day for day in wanted if day not in days]
    assert all(_is_left_out(zone, day) for day in missing)
    for day, at in zip(days, found, strict=True):
        there = datetime.fromtimestamp(at, zone)
        assert day is not None
        if (there.date(), there.time()) != (day, local_time):
            # Only where the clocks skip it: later by what they skip.
            assert not _exists(datetime.combine(day, local_time, zone))
            assert there.replace(tzinfo=None) > datetime.combine(day, local_time)
        assert there.fold == 0


def _exists(wanted: datetime) -> bool:
    back = wanted.astimezone(UTC).astimezone(wanted.tzinfo)
    return back.replace(tzinfo=None, fold=0) == wanted.replace(tzinfo=None, fold=0)


def _is_left_out(zone: ZoneInfo, day: date) -> bool:
    return not any(_exists(datetime.combine(day, time(hour), zone)) for hour in range(24))


@given(ZONES, DATES, TIMES, st.floats(0, 20 * 86_400))
def test_the_first_after_a_moment_does_not_depend_on_where_one_looks_from(
    zone_name: str, first: date, local_time: time, after_s: float
) -> None:
    one = rule(local_time=local_time, time_zone=zone_name, first_date=first)
    begin = datetime.combine(first, time(), ZoneInfo(zone_name)).timestamp()
    every = one.between(begin - 86_400, begin + 25 * 86_400)
    assert one.first_after(begin + after_s) == next(at for at in every if at > begin + after_s)


def test_in_spring_the_skipped_time_is_an_hour_later_by_the_clock_and_said() -> None:
    one = rule(local_time="02:30")
    assert one.between(utc("2026-03-28"), utc("2026-03-31")) == (
        utc("2026-03-28 01:30"),
        utc("2026-03-29 01:30"),
        utc("2026-03-30 00:30"),
    )
    (said,) = one.clock_changes(utc("2026-01-01"), utc("2026-06-01"))
    assert said == "Sun 29 Mar 2026: 02:30:00 is skipped by the clocks, the break is at 03:30:00"


def test_in_autumn_the_doubled_time_is_the_first_of_both_and_said() -> None:
    one = rule(local_time="02:30")
    assert one.between(utc("2026-10-25"), utc("2026-10-26 12:00")) == (
        utc("2026-10-25 00:30"),
        utc("2026-10-26 01:30"),
    )
    (said,) = one.clock_changes(utc("2026-06-01"), utc("2026-12-31"))
    assert said == "Sun 25 Oct 2026: 02:30:00 comes twice, the break is at the first"


def test_a_day_that_the_date_line_took_has_no_break() -> None:
    one = rule(time_zone="Pacific/Apia", first_date="2011-12-01")
    found = one.between(utc("2011-12-29"), utc("2012-01-02"))
    assert len(found) == len(set(found)) == 4
    assert date(2011, 12, 30) not in [one.date_of(at) for at in found]


def test_dates_bound_the_rule_and_exceptions_are_left_out() -> None:
    one = rule(
        weekdays=("sat", "sun"), first_date="2026-11-22", last_date="2026-12-05", except_dates=["2026-11-28"]
    )
    days = [one.date_of(at) for at in one.between(0, utc("2027-06-01"))]
    assert days == [date(2026, 11, 22), date(2026, 11, 29), date(2026, 12, 5)]
    assert one.without(date(2026, 11, 29)).except_dates == (date(2026, 11, 28), date(2026, 11, 29))
    assert one.first_after(utc("2026-12-06")) is None


@pytest.mark.parametrize(
    "values",
    [
        {"weekdays": ()},
        {"time_zone": "Mars/Base"},
        {"time_zone": "../etc/passwd"},
        {"local_time": "20:15+01:00"},
        {"last_date": "2025-12-31"},
        {"first_date": "0001-01-01"},
    ],
)
def test_a_rule_that_means_nothing_cannot_be_made(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rule(**values)


@pytest.mark.parametrize("moment", [0.0, 253_402_300_799.0, -1.0])
def test_the_ends_of_time_are_no_fault(moment: float) -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        rule(time_zone=zone, first_date="1970-01-02").first_after(moment)
        rule(time_zone=zone, first_date="9999-12-30").first_after(moment)
