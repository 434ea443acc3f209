"""States of a stream and messages of other services as alarms."""

from __future__ import annotations

import time

import pytest

from alarm_rig import Bench, Kept, capture, running
from ibe100.models.messages import CueChanged, StreamStateChanged
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.runner_facts import StateEntered


@pytest.fixture
def bench() -> Bench:
    return Bench(Kept())


async def entered(bench: Bench, *states: tuple[StreamState, str], input_lost_at: float | None = None) -> None:
    feed, run = bench.feed(), running(capture("tsduck_pattern").facts)
    for state, reason in states:
        run.enter(state, reason, input_lost_at=input_lost_at)
        await feed.on_fact(run, StateEntered(1, bench.now, bench.now, state, reason))
        await bench.board.settled()


async def test_a_processor_that_gives_up_on_its_silent_input_is_an_input_that_is_lost(bench: Bench) -> None:
    await entered(bench, (StreamState.RETRYING, "exit code 1: nothing arrived"), input_lost_at=1.0)
    assert bench.raised() == {"input_lost"}
    restarting = bench.alarm("processor_restarting")
    assert restarting is not None
    assert restarting.suppressed_by == "input_lost"


async def test_an_alarm_of_a_state_stands_through_the_states_that_follow_until_packets_flow(
    bench: Bench,
) -> None:
    states = (StreamState.STALLED, "no packets"), (StreamState.RETRYING, ""), (StreamState.STARTING, "")
    await entered(bench, *states, input_lost_at=1.0)
    assert bench.alarm("input_lost").cleared_at is None  # type: ignore[union-attr]
    await entered(bench, (StreamState.RUNNING, ""))
    assert bench.alarm("input_lost").cleared_at is not None  # type: ignore[union-attr]


async def test_a_failed_stream_is_an_alarm_until_it_is_started_again(bench: Bench) -> None:
    await entered(bench, (StreamState.FAILED, "the program is gone"))
    failed = bench.alarm("stream_failed")
    assert failed is not None
    assert failed.value == "the program is gone"
    await entered(bench, (StreamState.STARTING, ""))
    assert bench.alarm("stream_failed").cleared_at is not None  # type: ignore[union-attr]


async def test_a_cue_that_failed_is_told_even_of_a_stream_that_is_gone(bench: Bench) -> None:
    cue = Cue(
        cue_id=1,
        stream_id="gone",
        action=CueAction.TO_BREAK,
        state=CueState.FAILED,
        splice_event_id=7,
        requested_at=time.time(),
        session_id=None,
        requested_by="anna",
        reason="not seen within 2 s",
    )
    bench.feed().hear(CueChanged(cue=cue))
    bench.feed().hear(CueChanged(cue=cue.model_copy(update={"requested_at": time.time() - 4000})))
    await bench.board.settled()
    (alarm,) = bench.board.standing()
    assert (alarm.condition, alarm.stream_name) == ("cue_failed", "gone")
    assert alarm.value.endswith("event 0x00000007: not seen within 2 s")


async def test_a_cue_that_aired_after_it_was_given_up_on_is_an_alarm_of_its_own(bench: Bench) -> None:
    cue = Cue(
        cue_id=1,
        stream_id="gone",
        action=CueAction.TO_BREAK,
        state=CueState.AIRED_LATE,
        splice_event_id=7,
        requested_at=time.time(),
        session_id=None,
        requested_by="anna",
        reason="it was FAILED, and aired after that",
    )
    bench.feed().hear(CueChanged(cue=cue))
    await bench.board.settled()
    (alarm,) = bench.board.standing()
    assert alarm.condition == "cue_aired_late"
    assert alarm.value == "TO BREAK event 0x00000007: it was FAILED, and aired after that"


async def test_a_stream_that_waits_for_its_input_has_lost_it_until_it_is_given_up(bench: Bench) -> None:
    feed, run = bench.feed(), running(capture("tsduck_pattern").facts)
    run.wait_for_input("nobody answers")
    feed.hear(StreamStateChanged(stream=run.view))
    await bench.board.settled()
    assert bench.alarm("input_lost").value == "nobody answers"  # type: ignore[union-attr]
    run.enter(StreamState.STOPPED, "operator")
    feed.hear(StreamStateChanged(stream=run.view))
    await bench.board.settled()
    assert bench.alarm("input_lost").cleared_at is not None  # type: ignore[union-attr]
