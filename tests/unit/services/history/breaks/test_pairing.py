"""OUT and IN paired to breaks: chained, overlapping, extended, called back late, without an end."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.cues.break_log import Ending
from ibe100.services.history.breaks.pairing import EDGE_S, PairedBreak, Splice, pair

LATER = 1e9


def out(cue_id: int, at: float, event_id: int = 1, seconds: float | None = 30.0, **changes: object) -> Splice:
    return replace(Splice(cue_id, at, True, event_id, seconds), **changes)


def back(cue_id: int, at: float, event_id: int | None = 1) -> Splice:
    return Splice(cue_id, at, False, event_id)


def told(one: PairedBreak) -> tuple[int | None, int | None, float | None, Ending]:
    return (
        None if one.out is None else one.out.cue_id,
        None if one.returned is None else one.returned.cue_id,
        one.ended_at,
        one.ending,
    )


def test_an_out_and_its_in_are_one_break_however_they_are_listed() -> None:
    (one,) = pair([back(2, 131.5), out(1, 100.0)], LATER)
    assert told(one) == (1, 2, 131.5, Ending.BY_CUE)
    assert one.announced_s == 30.0
    assert one.notes == ()


def test_chained_breaks_end_each_other() -> None:
    first, second = pair([out(1, 100.0, 1), out(2, 120.0, 2), back(3, 150.0, 2)], LATER)
    assert told(first) == (1, None, 120.0, Ending.BY_NEXT)
    assert told(second) == (2, 3, 150.0, Ending.BY_CUE)
    assert first.notes == ("cue 2 began the next break in it",)


def test_of_overlapping_ids_any_in_ends_the_break_on_air_and_the_next_one_is_alone() -> None:
    breaks = pair([out(1, 100.0, 1), out(2, 110.0, 2), back(3, 130.0, 1), back(4, 140.0, 2)], LATER)
    assert [told(one) for one in breaks] == [
        (1, None, 110.0, Ending.BY_NEXT),
        (2, 3, 130.0, Ending.BY_CUE),
        (None, 4, 140.0, Ending.NONE),
    ]
    assert breaks[1].notes == ("ended by the IN of another event, cue 3",)


@pytest.mark.parametrize(
    ("at", "left_s", "announced_s", "verb"),
    [(120.0, 40.0, 60.0, "extended"), (110.0, 5.0, 15.0, "shortened")],
)
def test_a_second_out_of_the_same_event_changes_the_duration(
    at: float, left_s: float, announced_s: float, verb: str
) -> None:
    (one,) = pair([out(1, 100.0), out(2, at, seconds=left_s), back(3, 160.0)], LATER)
    assert told(one) == (1, 3, 160.0, Ending.BY_CUE)
    assert one.announced_s == announced_s
    assert one.notes == (f"{verb} by cue 2 from 30.0 to {announced_s} s",)


def test_a_break_with_auto_return_ends_by_itself_and_a_late_in_is_said() -> None:
    (one,) = pair([out(1, 100.0, returns_itself=True), back(2, 134.0)], LATER)
    assert told(one) == (1, 2, 130.0, Ending.BY_ITSELF)
    assert one.notes == ("its IN came 4.0 s after it had returned by itself",)
    (one,) = pair([out(1, 100.0, returns_itself=True), back(2, 130.02)], LATER)
    assert told(one) == (1, 2, 130.02, Ending.BY_CUE), "an explicit return at the announced end"
    (one,) = pair([out(1, 100.0, returns_itself=True), back(2, 115.0)], LATER)
    assert told(one) == (1, 2, 115.0, Ending.BY_CUE), "CRASH IN"


def test_an_in_of_another_event_after_a_break_that_ended_by_itself_is_alone() -> None:
    first, second = pair([out(1, 100.0, returns_itself=True), back(2, 134.0, 9)], LATER)
    assert told(first) == (1, None, 130.0, Ending.BY_ITSELF)
    assert told(second) == (None, 2, 134.0, Ending.NONE)


def test_a_break_without_an_end_is_open_and_one_that_is_stopped_ends_with_its_run() -> None:
    (one,) = pair([out(1, 100.0)], LATER)
    assert told(one) == (1, None, None, Ending.NONE)
    (one,) = pair([out(1, 100.0, session_id=7)], LATER, {7: 110.0})
    assert told(one) == (1, None, 110.0, Ending.BY_STOP)
    first, _second = pair([out(1, 100.0, session_id=7), out(2, 200.0, 2, session_id=8)], LATER, {7: 110.0})
    assert told(first) == (1, None, 110.0, Ending.BY_STOP), "and not by the next break of another run"


def test_the_next_run_may_return_from_a_break_that_was_on_when_the_stream_was_stopped() -> None:
    (one,) = pair([out(1, 100.0, session_id=7), back(2, 150.0)], LATER, {7: 110.0})
    assert told(one) == (1, 2, 150.0, Ending.BY_CUE)
    assert one.notes == ("the stream was stopped in it, and returned in its next run",)


def test_a_break_on_air_has_no_end_yet() -> None:
    (one,) = pair([out(1, 100.0, returns_itself=True)], 129.9)
    assert told(one) == (1, None, None, Ending.NONE)
    (one,) = pair([out(1, 100.0, returns_itself=True)], 130.0)
    assert told(one) == (1, None, 130.0, Ending.BY_ITSELF)


SPLICES = st.lists(
    st.tuples(
        st.integers(0, 4000).map(lambda tenths: tenths / 8),
        st.booleans(),
        st.integers(1, 3),
        st.none() | st.integers(1, 800).map(lambda tenths: tenths / 8),
        st.booleans(),
    ),
    max_size=25,
).map(
    lambda found: [
        Splice(number, at, is_out, event, seconds if is_out else None, is_out and itself)
        for number, (at, is_out, event, seconds, itself) in enumerate(found)
    ]
)


def away(splices: list[Splice], now: float) -> float:
    """Seconds out of the programme before `now`, by going through time with nothing but a way back."""
    left_at, back_at, event, total = None, None, None, 0.0
    for one in sorted(splices, key=lambda one: (one.at, one.cue_id)):
        if left_at is not None and back_at is not None:
            limit = back_at if one.is_out else back_at + EDGE_S
            if one.at >= limit if one.is_out else one.at > limit:
                total, left_at = total + back_at - left_at, None
        if not one.is_out:
            total, left_at = total + (0.0 if left_at is None else one.at - left_at), None
            continue
        if left_at is not None and event != one.event_id:
            total, left_at = total + one.at - left_at, None
        left_at, event = one.at if left_at is None else left_at, one.event_id
        back_at = one.at + one.duration_s if one.returns_itself and one.duration_s is not None else None
    if left_at is not None and back_at is not None and back_at <= now:
        total += back_at - left_at
    return total


@given(SPLICES)
def test_every_sequence_yields_breaks_that_hold_each_cue_once_and_sums_that_agree(
    splices: list[Splice],
) -> None:
    now = 1000.0
    breaks = pair(splices, now)
    began = [one.out.cue_id for one in breaks if one.out is not None]
    returned = [one.returned.cue_id for one in breaks if one.returned is not None]
    assert len(began) == len(set(began))
    assert sorted(returned) == [one.cue_id for one in splices if not one.is_out], "each IN in one break"
    changes = sum(len([note for note in one.notes if " by cue " in note]) for one in breaks)
    assert len(began) + changes == sum(one.is_out for one in splices), "each OUT begins or changes one"
    ended = [(one.out.at, one.ended_at) for one in breaks if one.out is not None and one.ended_at is not None]
    assert all(begin <= end for begin, end in ended)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(ended)), "no overlap"
    assert sum(end - begin for begin, end in ended) == pytest.approx(away(splices, now))
