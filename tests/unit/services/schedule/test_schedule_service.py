from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibe100.models.actor import Actor
from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import After, BreakPlan, BreakState, ReturnPolicy
from ibe100.models.errors import OperatorError
from ibe100.models.messages import NoticePosted, ScheduleChanged
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import CueAction, CueRequest, CueState
from ibe100.models.stream_state import StreamState
from ibe100.services.audit_trail import act_as
from schedule_rig import LEAST_LEAD_S, NOON, Rig, at, schedule_rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with schedule_rig(tmp_path) as rig:
        yield rig


async def test_a_break_becomes_one_cue_that_splices_when_it_was_planned(rig: Rig) -> None:
    planned = await rig.schedule.add(at(120))
    await rig.until(NOON + 100)
    assert rig.cues.fired == []
    await rig.until(NOON + 119)
    armed = rig.now(planned)
    assert armed.state is BreakState.ARMED
    ((asked_at, request),) = rig.cues.fired
    assert (request.splice_at, request.duration_s, request.pre_roll_s) == (NOON + 120, 30, None)
    assert NOON + 120 - asked_at >= LEAST_LEAD_S
    await rig.until(NOON + 121)
    done = rig.now(planned)
    assert (done.state, done.cue_id) == (BreakState.DONE, rig.cues.cues[0].cue_id)
    assert [one.state for one in rig.changes()] == [BreakState.PLANNED, BreakState.ARMED, BreakState.DONE]


async def test_every_step_of_a_break_is_on_record(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60, title="First", pre_roll_s=5))
    for moment in (NOON, NOON + 58, NOON + 61):
        await rig.until(moment)
        assert await rig.database.schedule.load(0) == (rig.now(planned),)


async def test_an_explicit_return_is_asked_for_at_the_end_of_the_break(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60, returns=ReturnPolicy.BACK_CUE))
    await rig.until(NOON + 95)
    ((asked_at, request),) = rig.cues.of(CueAction.BACK_TO_PROGRAMME)
    assert request.splice_at == NOON + 90
    assert asked_at <= NOON + 90 - LEAST_LEAD_S
    done = rig.now(planned)
    assert done.state is BreakState.DONE
    assert {done.cue_id, done.back_cue_id} == {cue.cue_id for cue in rig.cues.cues}


async def test_a_return_that_is_refused_is_missed_and_says_that_the_break_aired(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60, returns=ReturnPolicy.BACK_CUE))
    await rig.until(NOON + 65)
    rig.cues.refusal = "the disk is full"
    await rig.until(NOON + 95)
    missed = rig.now(planned)
    assert missed.state is BreakState.MISSED
    assert missed.reason == "aired, but BACK TO PROGRAMME was not sent: the disk is full"


@pytest.mark.parametrize("action", [CueAction.BACK_TO_PROGRAMME, CueAction.CRASH_IN])
async def test_an_operator_may_go_back_before_the_planned_return(rig: Rig, action: CueAction) -> None:
    planned = await rig.schedule.add(at(60, duration_s=60, returns=ReturnPolicy.BACK_CUE))
    await rig.until(NOON + 65)
    await rig.until(NOON + 75)
    act_as(Actor("anna", Role.ADMIN))
    await rig.cues.fire(CueRequest(stream_id="news", action=action))
    await rig.until(NOON + 80)
    done = rig.now(planned)
    assert (done.state, done.reason) == (BreakState.DONE, "anna went back before its end")
    await rig.until(NOON + 130)
    assert len(rig.cues.fired) == 2


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (StreamState.STOPPED, "operator"),
        (StreamState.RETRYING, "exit code 1"),
        (StreamState.STALLED, "nothing flows"),
    ],
)
async def test_a_break_of_a_stream_that_is_not_running_is_missed_with_the_reason(
    rig: Rig, state: StreamState, reason: str
) -> None:
    planned = await rig.schedule.add(at(60))
    rig.streams.update("news", state=state, reason=reason)
    await rig.until(NOON + 120)
    missed = rig.now(planned)
    assert (missed.state, missed.reason) == (BreakState.MISSED, f"the stream was {state}: {reason}")
    assert rig.cues.fired == []


async def test_a_stream_that_comes_back_in_time_airs_its_break(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    rig.streams.update("news", state=StreamState.RETRYING)
    await rig.until(NOON + 52)
    rig.streams.update("news", state=StreamState.RUNNING)
    await rig.until(NOON + 61)
    assert rig.now(planned).state is BreakState.DONE


@pytest.mark.parametrize("back_after_s", [0.5, 5.0, 20.0])
async def test_a_stream_that_comes_back_too_late_gets_no_cue_late(rig: Rig, back_after_s: float) -> None:
    planned = await rig.schedule.add(at(60))
    rig.streams.update("news", state=StreamState.RETRYING)
    await rig.until(NOON + 60 - LEAST_LEAD_S + back_after_s)
    rig.streams.update("news", state=StreamState.RUNNING)
    await rig.until(NOON + 90)
    assert rig.now(planned).state is BreakState.MISSED
    assert rig.cues.fired == []


async def test_what_stands_in_the_way_is_waited_for_without_asking(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    rig.cues.unready = "the stream is in a break already"
    await rig.until(NOON + 52)
    assert rig.cues.fired == []
    rig.cues.unready = ""
    await rig.until(NOON + 61)
    assert rig.now(planned).state is BreakState.DONE


async def test_a_refusal_is_tried_again_while_there_is_time_and_then_is_the_reason(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    rig.cues.refusal = "the file loops in 3.0 s"
    await rig.until(NOON + 90)
    missed = rig.now(planned)
    assert (missed.state, missed.reason) == (BreakState.MISSED, "the file loops in 3.0 s")
    assert len(rig.cues.fired) == 1, "the refusal is on record once"
    assert len(rig.cues.previewed) > 1
    asked = [*rig.cues.fired, *rig.cues.previewed]
    assert all(asked_at <= NOON + 60 - LEAST_LEAD_S for asked_at, _ in asked)


async def test_a_refusal_that_passes_does_not_keep_the_break_off_the_air(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    rig.cues.refusal = "the file loops in 1.0 s"
    await rig.until(NOON + 60 - LEAST_LEAD_S - 2)
    rig.cues.refusal = ""
    await rig.until(NOON + 61)
    assert rig.now(planned).state is BreakState.DONE
    assert len(rig.cues.fired) == 2


@pytest.mark.parametrize(
    ("ends", "becomes"), [(CueState.FAILED, BreakState.FAILED), (CueState.CANCELLED, BreakState.SKIPPED)]
)
async def test_the_fate_of_its_cue_is_that_of_the_break(
    rig: Rig, ends: CueState, becomes: BreakState
) -> None:
    planned = await rig.schedule.add(at(60))
    await rig.until(NOON + 55)
    armed = rig.now(planned)
    assert armed.cue_id is not None
    rig.cues.end(armed.cue_id, ends, "as it happened")
    await rig.until(NOON + 56)
    assert (rig.now(planned).state, rig.now(planned).reason) == (becomes, "as it happened")


async def test_a_disabled_break_is_skipped_and_what_follows_it_as_well(rig: Rig) -> None:
    first = await rig.schedule.add(at(60, enabled=False))
    follower = await rig.schedule.add(at(0, when=After(break_id=first.break_id, offset_s=30)))
    await rig.until(NOON + 150)
    assert rig.now(first).state is rig.now(follower).state is BreakState.SKIPPED
    assert rig.cues.fired == []


async def test_a_break_after_another_airs_when_that_has_ended_and_moves_with_it(rig: Rig) -> None:
    first = await rig.schedule.add(at(60, duration_s=20))
    follower = await rig.schedule.add(at(0, when=After(break_id=first.break_id, offset_s=40)))
    assert follower.planned_at == NOON + 120
    await rig.schedule.change(first.break_id, at(80, duration_s=20))
    assert rig.now(follower).planned_at == NOON + 140
    await rig.until(NOON + 141)
    assert [request.splice_at for _, request in rig.cues.fired] == [NOON + 80, NOON + 140]
    assert rig.now(follower).state is BreakState.DONE


async def test_a_missed_break_does_not_take_its_follower_with_it(rig: Rig) -> None:
    first = await rig.schedule.add(at(60, duration_s=20))
    follower = await rig.schedule.add(at(0, when=After(break_id=first.break_id, offset_s=40)))
    rig.cues.unready = "no input"
    await rig.until(NOON + 60)
    rig.cues.unready = ""
    await rig.until(NOON + 121)
    assert rig.now(first).state is BreakState.MISSED
    assert rig.now(follower).state is BreakState.DONE


async def test_a_series_makes_a_break_every_so_many_minutes_until_its_end(rig: Rig) -> None:
    when = Every(start=NOON + 60, minutes=2, until=NOON + 420)
    series = await rig.schedule.add(at(0, when=when))
    await rig.until(NOON + 500)
    assert [request.splice_at for _, request in rig.cues.fired] == [NOON + 60, NOON + 180, NOON + 300]
    made = [one for one in rig.schedule.list() if one.series_id == series.break_id]
    assert [one.state for one in made] == [BreakState.DONE] * 3
    assert rig.now(series).state is BreakState.DONE


async def test_a_series_counts_elapsed_time_across_a_change_of_the_clocks(tmp_path: Path) -> None:
    before_the_change = 1_792_886_400.0  # 2026-10-25 00:00:00Z; clocks in Berlin go back at 01:00Z
    async with schedule_rig(tmp_path, before_the_change) as rig:
        when = Every(start=before_the_change + 1800, minutes=30)
        await rig.schedule.add(at(0, when=when))
        await rig.until(before_the_change + 2 * 3600)
        asked = [(request.splice_at or 0) - before_the_change for _, request in rig.cues.fired]
    assert asked == [1800, 3600, 5400, 7200]


async def test_what_a_series_missed_while_nothing_ran_is_one_break_that_counts_them(rig: Rig) -> None:
    series = await rig.schedule.add(at(0, when=Every(start=NOON + 60, minutes=10)))
    await rig.restart(after_s=3600)
    await rig.until(NOON + 3700)
    made = [one for one in rig.schedule.list() if one.series_id == series.break_id]
    assert [(one.planned_at, one.state) for one in made] == [
        (NOON + 60, BreakState.MISSED),
        (NOON + 3660, BreakState.DONE),
    ]
    assert made[0].reason.startswith("6 breaks of the series, the last at 2026-11-22 12:51:00Z")


async def test_a_disabled_series_makes_nothing_and_goes_on_from_where_it_is_enabled(rig: Rig) -> None:
    plan = at(0, when=Every(start=NOON + 60, minutes=5))
    series = await rig.schedule.add(plan.model_copy(update={"enabled": False}))
    await rig.until(NOON + 500)
    await rig.schedule.change(series.break_id, plan)
    await rig.until(NOON + 700)
    assert [request.splice_at for _, request in rig.cues.fired] == [NOON + 660]


async def test_after_a_restart_what_is_to_come_is_aired_and_what_is_past_is_missed(rig: Rig) -> None:
    past, coming = await rig.schedule.add(at(60)), await rig.schedule.add(at(600))
    await rig.restart(after_s=300)
    missed = rig.now(past)
    assert missed.state is BreakState.MISSED
    assert "no console or server was running" in missed.reason
    await rig.until(NOON + 601)
    assert rig.now(coming).state is BreakState.DONE
    assert [request.splice_at for _, request in rig.cues.fired] == [NOON + 600]


async def test_a_restart_with_a_cue_on_its_way_fires_nothing_twice(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    await rig.until(NOON + 55)
    await rig.restart()
    await rig.until(NOON + 70)
    assert rig.now(planned).state is BreakState.DONE
    assert len(rig.cues.fired) == 1


async def test_a_cue_that_was_made_just_before_the_crash_is_found_again(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    await rig.until(NOON + 55)
    await rig.database.schedule.save([planned])  # as if the step to ARMED had never been written
    rig.copy.unlink()
    await rig.restart()
    await rig.until(NOON + 70)
    assert rig.now(planned).state is BreakState.DONE
    assert len(rig.cues.fired) == 1


async def test_a_clock_that_is_set_ahead_moves_the_plan_with_it(rig: Rig) -> None:
    planned = await rig.schedule.add(at(300))
    await rig.until(NOON + 10)
    rig.clocks.wall_s += 200
    await rig.until(NOON + 301)
    assert rig.now(planned).state is BreakState.DONE
    notices = [message for message in rig.messages if isinstance(message, NoticePosted)]
    assert len(notices) == 1
    assert "set by +200.0 s" in notices[0].text


async def test_a_clock_that_is_set_back_delays_the_plan_and_repeats_nothing(rig: Rig) -> None:
    done, planned = await rig.schedule.add(at(60)), await rig.schedule.add(at(300))
    await rig.until(NOON + 100)
    rig.clocks.wall_s -= 80
    await rig.until(NOON + 301)
    assert rig.now(done).state is rig.now(planned).state is BreakState.DONE
    assert [request.splice_at for _, request in rig.cues.fired] == [NOON + 60, NOON + 300]


async def test_a_clock_that_is_set_beyond_a_break_misses_it_rather_than_airing_it_late(rig: Rig) -> None:
    planned = await rig.schedule.add(at(300))
    await rig.until(NOON + 10)
    rig.clocks.wall_s += 285
    await rig.until(NOON + 310)
    assert rig.now(planned).state is BreakState.MISSED
    assert "its clock was set" in rig.now(planned).reason


async def test_looks_are_a_second_apart_while_something_is_near_and_rare_otherwise(rig: Rig) -> None:
    assert await rig.schedule.look() == 30
    await rig.schedule.add(at(80))
    assert await rig.schedule.look() == 15
    await rig.until(NOON + 20)
    assert await rig.schedule.look() == 1


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (at(-1), "is past"),
        (at(3), "takes 6.5 s"),
        (at(60, stream_id="none"), "there is no stream none"),
        (at(0, when=After(break_id=99)), "no planned break 99"),
        (at(0, when=After(break_id=2)), "cannot follow a series"),
        (at(0, stream_id="sport", when=After(break_id=1)), "of its own stream"),
        (at(0, when=Every(start=NOON - 600, minutes=1, until=NOON - 60)), "past already"),
    ],
)
async def test_what_cannot_be_planned_is_refused_in_words(rig: Rig, plan: BreakPlan, words: str) -> None:
    await rig.schedule.add(at(60))
    await rig.schedule.add(at(0, when=Every(start=NOON + 600, minutes=10)))
    with pytest.raises(OperatorError, match=words):
        await rig.schedule.add(plan)
    assert len(rig.schedule.list()) == len(await rig.database.schedule.load(0)) == 2


async def test_breaks_cannot_follow_each_other_in_a_circle(rig: Rig) -> None:
    first = await rig.schedule.add(at(60))
    second = await rig.schedule.add(at(0, when=After(break_id=first.break_id)))
    third = await rig.schedule.add(at(0, when=After(break_id=second.break_id)))
    for leader in (first, second, third):
        with pytest.raises(OperatorError, match=r"circle|itself"):
            await rig.schedule.change(first.break_id, at(0, when=After(break_id=leader.break_id)))


async def test_what_is_followed_is_only_removed_along_with_its_follower(rig: Rig) -> None:
    first = await rig.schedule.add(at(60))
    second = await rig.schedule.add(at(0, when=After(break_id=first.break_id)))
    with pytest.raises(OperatorError, match="followed by"):
        await rig.schedule.remove([first.break_id])
    await rig.schedule.remove([first.break_id, second.break_id])
    assert rig.schedule.list() == await rig.database.schedule.load(0) == ()
    assert ScheduleChanged(removed=(first.break_id, second.break_id)) in rig.messages


async def test_what_is_armed_or_over_is_neither_changed_nor_removed(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    for moment, state in ((NOON + 55, "ARMED"), (NOON + 61, "DONE")):
        await rig.until(moment)
        with pytest.raises(OperatorError, match=state):
            await rig.schedule.change(planned.break_id, at(900))
        with pytest.raises(OperatorError, match=state):
            await rig.schedule.remove([planned.break_id])


async def test_removing_a_series_takes_what_it_has_made_and_not_yet_asked_for(rig: Rig) -> None:
    series = await rig.schedule.add(at(0, when=Every(start=NOON + 60, minutes=10)))
    await rig.schedule.look()
    assert len(rig.schedule.list()) == 2
    await rig.schedule.remove([series.break_id])
    await rig.until(NOON + 100)
    assert rig.schedule.list() == ()
    assert rig.cues.fired == []


async def test_conflicts_are_told_of_what_is_planned(rig: Rig) -> None:
    await rig.schedule.add(at(60, title="Long", duration_s=120))
    await rig.schedule.add(at(100, title="Inside"))
    (finding,) = await rig.schedule.conflicts()
    assert "Inside (2026-11-22 12:01:40Z) begins while Long" in finding.text


async def test_a_break_whose_stream_was_deleted_is_skipped(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    del rig.streams.views["news"]
    await rig.until(NOON + 61)
    assert (rig.now(planned).state, rig.now(planned).reason) == (BreakState.SKIPPED, "its stream was deleted")


async def test_what_is_over_leaves_the_list_after_two_days_and_stays_on_record(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    await rig.until(NOON + 61)
    rig.clocks.pass_by(3 * 86_400)
    await rig.schedule.look()
    assert rig.schedule.list() == ()
    assert [one.break_id for one in await rig.database.schedule.load(0)] == [planned.break_id]
