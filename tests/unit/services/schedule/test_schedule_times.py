from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import After, At, ScheduledBreak, due_times
from ibe100.models.errors import ConfigurationError
from ibe100.services.schedule.times import format_moment, parse_duration, parse_moment

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
moments = st.floats(0, 4e9).map(lambda at: round(at, 3))
periods_min = st.floats(1, 20_000).map(lambda minutes: round(minutes, 3))


@given(moments, st.sampled_from(ZONES))
def test_a_written_moment_is_read_again_in_every_time_zone(at: float, zone: str) -> None:
    assert parse_moment(format_moment(at, zone)) == pytest.approx(at, abs=1e-6)
    assert parse_moment(format_moment(at)) == pytest.approx(at, abs=1e-6)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)), st.sampled_from(ZONES))
def test_a_local_time_is_read_as_the_one_moment_it_names_or_refused(local: datetime, zone: str) -> None:
    """Checked against every offset from UTC that the zone has around that time."""
    near = (local.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-26, 27))
    offsets = {moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in near}
    named = [
        moment
        for offset in offsets
        if offset is not None
        and (moment := (local - offset).replace(tzinfo=UTC)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        == local
    ]
    if len(named) == 1:
        assert parse_moment(local.isoformat(), zone) == named[0].timestamp()
    else:
        with pytest.raises(ConfigurationError, match="twice" if named else "does not exist"):
            parse_moment(local.isoformat(), zone)


def test_a_time_that_clocks_skip_is_refused_with_what_may_be_meant() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        parse_moment("2026-03-29 02:30", "Europe/Berlin")
    assert str(refusal.value) == (
        "2026-03-29 02:30:00 does not exist in Europe/Berlin, where clocks go forward then: "
        "2026-03-29T03:30:00+02:00 may be meant"
    )


def test_a_time_that_clocks_pass_twice_is_refused_with_both() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        parse_moment("2026-10-25T02:30:00 Europe/Berlin")
    assert str(refusal.value) == (
        "2026-10-25 02:30:00 happens twice in Europe/Berlin, where clocks go back then: write "
        "2026-10-25T02:30:00+02:00 for the first time or 2026-10-25T02:30:00+01:00 for the second"
    )
    first, second = (parse_moment(f"2026-10-25T02:30:00+0{hours}:00") for hours in (2, 1))
    assert second - first == 3600


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T12:00:00Z",
        "2026-11-22 12:00:00 UTC",
        "2026-11-22 12:00 Z",
        "2026-11-22T13:00:00+01:00",
        "2026-11-22 13:00 Europe/Berlin",
        "20261122120000 +0000",
        "20261122073000 -0430",
        "202611221200 Z",
        "22.11.2026 13:00 Europe/Berlin",
        "22.11.2026 12:00:00Z",
        "22.11.2026  12:00 UTC",
    ],
)
def test_iso_and_xmltv_times_are_read(text: str) -> None:
    assert parse_moment(text) == datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-22 12:00", "says no offset"),
        ("20261122120000", "says no offset"),
        ("20261322120000 +0000", "is no date"),
        ("20261122120000 +9900", "no offset from UTC"),
        ("noon", "cannot be read"),
        ("", "cannot be read"),
        ("2026-11-22 12:00 Europe/Atlantis", "time zone 'Europe/Atlantis' is not known"),
        ("2026-11-22 12:00 ../../etc/passwd", "cannot be read"),
        ("1959-01-01T00:00:00Z", "out of range"),
        ("0001-01-01 00:00 Europe/Berlin", "out of range"),
    ],
)
def test_what_is_no_moment_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse_moment(text)


@given(st.text(max_size=40), st.sampled_from(("", "UTC", "Europe/Berlin")))
def test_no_text_does_worse_than_be_refused(text: str, zone: str) -> None:
    for read in (lambda: parse_moment(text, zone), lambda: parse_duration(text)):
        try:
            value = read()
        except ConfigurationError:
            continue
        assert math.isfinite(value)
        assert value >= 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90.5", 90.5), ("1:30", 90), ("00:01:30.25", 90.25), ("PT1M30S", 90), ("PT1H", 3600)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "PT", "-5", "1:2:3:4", "1e3", "nan", "inf", "٣"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        parse_duration(text)


@given(moments, periods_min, moments)
def test_the_first_occurrence_after_a_moment_is_the_next_multiple(
    start: float, minutes: float, moment: float
) -> None:
    every = Every(start=start, minutes=minutes)
    found = every.first_after(moment)
    assert found is not None
    assert found > moment
    assert found == start or found - minutes * 60 <= moment + 1e-3
    turns = (found - start) / (minutes * 60)
    assert turns == pytest.approx(round(turns), abs=1e-6)


@given(moments, periods_min, st.integers(1, 50))
def test_occurrences_do_not_drift_and_end_before_the_end(start: float, minutes: float, count: int) -> None:
    until = start + (count - 0.5) * minutes * 60
    every = Every(start=start, minutes=minutes, until=until)
    expected = [start + turn * minutes * 60 for turn in range(count)]
    assert list(every.between(0, until + 1e6)) == pytest.approx(expected)
    assert every.first_after(until) is None


@given(moments, periods_min, moments, moments)
def test_a_window_holds_just_the_occurrences_within_it(
    start: float, minutes: float, first: float, end: float
) -> None:
    every = Every(start=start, minutes=minutes)
    found = every.between(first, end, most=20)
    assert list(found) == sorted(set(found))
    assert all(first <= occurrence < end for occurrence in found)
    if len(found) < 20:
        beyond = every.first_after(found[-1] if found else math.nextafter(first, -math.inf))
        assert beyond is not None
        assert beyond >= end


def planned(break_id: int, when: At | After | Every, duration_s: float = 10.0) -> ScheduledBreak:
    return ScheduledBreak(break_id=break_id, stream_id="news", when=when, duration_s=duration_s)


@given(st.permutations(range(1, 8)), st.lists(st.integers(0, 100), min_size=7, max_size=7))
def test_a_chain_is_due_one_after_the_other_however_it_is_numbered(
    order: list[int], offsets_s: list[int]
) -> None:
    chain = [planned(order[0], At(at=1000))]
    for leader, follower, offset_s in zip(order, order[1:], offsets_s, strict=False):
        chain.append(planned(follower, After(break_id=leader, offset_s=offset_s)))
    due = due_times({one.break_id: one for one in sorted(chain, key=lambda one: one.break_id)})
    expected = 1000.0
    for break_id, offset_s in zip(order, offsets_s, strict=True):
        assert due[break_id] == expected
        expected += 10 + offset_s


def test_what_follows_nothing_itself_or_a_series_is_due_at_no_time() -> None:
    breaks = (
        planned(1, After(break_id=99)),
        planned(2, After(break_id=3)),
        planned(3, After(break_id=2)),
        planned(4, After(break_id=4)),
        planned(5, Every(start=1000, minutes=5)),
        planned(6, After(break_id=5)),
        planned(7, After(break_id=2)),
    )
    due = due_times({one.break_id: one for one in breaks})
    assert [due[break_id] for break_id in (1, 2, 3, 4, 6, 7)] == [None] * 6
