from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import At, BreakState, ReturnPolicy, ScheduledBreak
from ibe100.models.stream_config import Scte35Options
from ibe100.services.cues.readiness import send_lead_s
from ibe100.services.schedule.conflicts import TICK_S, conflicts

NOW = 1_000_000.0
OPTIONS = Scte35Options()
GAP_S = send_lead_s(OPTIONS) + TICK_S


def planned(break_id: int, after_s: float, duration_s: float = 30.0, **values: object) -> ScheduledBreak:
    plan = {"stream_id": "news", "title": f"Break {break_id}", "when": At(at=NOW + after_s)}
    given = {**plan, "duration_s": duration_s, "planned_at": NOW + after_s, "break_id": break_id, **values}
    return ScheduledBreak.model_validate(given)


def series(break_id: int, minutes: float, duration_s: float) -> ScheduledBreak:
    return planned(break_id, 60, duration_s, when=Every(start=NOW + 60, minutes=minutes))


def pairs(*breaks: ScheduledBreak, options: Scte35Options = OPTIONS) -> list[tuple[int, ...]]:
    found = conflicts(breaks, {"news": options, "sport": options}, NOW)
    return [finding.break_ids for finding in found]


def test_two_breaks_at_once_conflict_and_say_how() -> None:
    (finding,) = conflicts([planned(1, 60), planned(2, 80)], {"news": OPTIONS}, NOW)
    assert finding.break_ids == (1, 2)
    assert finding.at == NOW + 80
    assert finding.text.endswith("is on air: move or shorten one of them")


@pytest.mark.parametrize(("gap_s", "found"), [(GAP_S - 0.5, [(1, 2)]), (GAP_S, []), (0.0, [(1, 2)])])
def test_two_breaks_closer_than_a_cue_takes_conflict(gap_s: float, found: list[tuple[int, ...]]) -> None:
    assert pairs(planned(1, 60, 30), planned(2, 90 + gap_s)) == found


def test_breaks_of_two_streams_do_not_conflict() -> None:
    assert pairs(planned(1, 60), planned(2, 60, stream_id="sport")) == []


def test_what_is_disabled_or_over_conflicts_with_nothing() -> None:
    assert pairs(planned(1, 60), planned(2, 60, enabled=False)) == []
    assert pairs(planned(1, 60), planned(2, 60, state=BreakState.SKIPPED)) == []


def test_a_long_break_conflicts_with_all_that_begin_in_it() -> None:
    assert pairs(planned(1, 60, 600), planned(2, 100, 10), planned(3, 300, 10)) == [(1, 2), (1, 3)]


def test_a_series_that_meets_itself_or_another_again_and_again_is_told_once() -> None:
    assert pairs(series(1, minutes=1, duration_s=59)) == [(1,)]
    assert pairs(series(1, minutes=10, duration_s=60)) == []
    assert pairs(series(1, minutes=10, duration_s=60), series(2, minutes=20, duration_s=30)) == [(2, 1)]


def test_what_a_series_has_made_does_not_conflict_with_the_series() -> None:
    made = planned(2, 60, 60, series_id=1)
    assert pairs(series(1, minutes=10, duration_s=60), made) == []


def test_beyond_the_horizon_nothing_is_looked_at() -> None:
    far_s = 2 * 86_400
    assert pairs(planned(1, far_s), planned(2, far_s)) == []


@pytest.mark.parametrize(
    ("one", "options", "words"),
    [
        (planned(1, 60, pre_roll_s=8), OPTIONS, "asks for 8 s of pre-roll and its stream gives 6 s"),
        (planned(1, 60), Scte35Options(auto_return=False), "auto_return off"),
        (planned(1, 60, 9, returns=ReturnPolicy.BACK_CUE), OPTIONS, "needs 9.5 s from its splice"),
        (planned(1, 60, stream_id="gone"), OPTIONS, "not in the list"),
    ],
)
def test_what_its_stream_cannot_give_is_found(
    one: ScheduledBreak, options: Scte35Options, words: str
) -> None:
    (finding,) = conflicts([one], {"news": options}, NOW)
    assert words in finding.text


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 200)), max_size=12))
def test_every_pair_that_meets_has_each_of_its_breaks_in_a_finding(spans: list[tuple[int, int]]) -> None:
    breaks = [planned(number, *span) for number, span in enumerate(spans, start=1)]
    found = pairs(*breaks)
    meeting = {
        later.break_id
        for later in breaks
        for earlier in breaks
        if (earlier.planned_at, earlier.ends_at, earlier.break_id)
        < (later.planned_at, later.ends_at, later.break_id)
        and (later.planned_at or 0) < (earlier.ends_at or 0) + GAP_S
    }
    assert {pair[1] for pair in found} == meeting
    assert len(found) == len(set(found))
