"""The lamp of a stream: an input that is lost is NO INPUT until packets come, whatever is tried meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import OutputTrouble, SrtLink, StreamState, Tally
from ibe100.services.cues.readiness import readiness, why_nothing_leaves
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink

LOST_AT = 1_800_000_000.0


@pytest.fixture
def run(tmp_path: Path) -> StreamRun:
    entry = StreamEntry(stream_id="news", number=1, config=StreamConfig(name="News"))
    return StreamRun(entry, RunnerLink(tmp_path), lambda _view: None)


def test_a_lost_input_is_no_input_through_every_attempt_until_packets_come(run: StreamRun) -> None:
    run.enter(StreamState.RUNNING, "packets advance")
    assert run.view.tally is Tally.ON_AIR
    for state in (StreamState.STALLED, StreamState.RETRYING, StreamState.STARTING, StreamState.RETRYING):
        run.enter(state, "no packets any more", input_lost_at=LOST_AT)
        assert (run.view.tally, run.view.input_lost_at) == (Tally.NO_INPUT, LOST_AT)
    run.enter(StreamState.RUNNING, "packets advance")
    assert (run.view.tally, run.view.input_lost_at) == (Tally.ON_AIR, None)


def test_packets_that_stop_are_no_input_before_the_runner_calls_the_stream_stalled(run: StreamRun) -> None:
    run.enter(StreamState.RUNNING, "packets advance")
    run.note_flow(flows=False, since=LOST_AT)
    assert (run.view.state, run.view.tally) == (StreamState.RUNNING, Tally.NO_INPUT)
    assert run.view.input_lost_at == LOST_AT
    run.note_flow(flows=True, since=LOST_AT)
    assert run.view.tally is Tally.ON_AIR


@pytest.mark.parametrize(
    ("state", "tally"),
    [
        (StreamState.RETRYING, Tally.FAULT),
        (StreamState.STALLED, Tally.FAULT),
        (StreamState.STARTING, Tally.READY),
        (StreamState.STOPPED, Tally.OFF),
    ],
)
def test_a_processor_that_is_gone_is_no_lost_input(run: StreamRun, state: StreamState, tally: Tally) -> None:
    run.enter(state, "killed by SIGKILL")
    run.note_flow(flows=False, since=LOST_AT)
    assert (run.view.tally, run.view.input_lost_at) == (tally, None)


def test_the_age_of_an_input_that_is_waited_for_goes_on_from_one_look_to_the_next(run: StreamRun) -> None:
    run.wait_for_input("nothing was received")
    lost_at = run.view.input_lost_at
    assert lost_at is not None
    assert time.time() - lost_at < 60
    run.look_at(LOST_AT + 8)
    assert run.view.retry_at == LOST_AT + 8
    run.look_at(None)
    run.wait_for_input("nothing was received")
    assert (run.view.tally, run.view.input_lost_at, run.view.retry_at) == (Tally.NO_INPUT, lost_at, None)


def test_an_output_that_takes_nothing_is_a_fault_and_no_lost_input(run: StreamRun) -> None:
    run.enter(StreamState.RUNNING, "packets advance")
    run.note_flow(flows=False, since=LOST_AT)
    run.note_output(OutputTrouble.BLOCKED)
    assert (run.view.tally, run.view.input_lost_at) == (Tally.FAULT, None)
    run.note_flow(flows=False, since=LOST_AT)
    assert run.view.tally is Tally.FAULT
    run.note_output(None)
    assert run.view.tally is Tally.ON_AIR
    run.note_output(OutputTrouble.NO_RECEIVER)
    assert run.view.tally is Tally.ON_AIR
    run.enter(StreamState.STOPPED, "operator")
    assert run.view.output_trouble is None


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (OutputTrouble.BLOCKED, "nothing leaves by"),
        (OutputTrouble.NO_RECEIVER, "nobody receives"),
    ],
)
def test_no_cue_goes_out_by_an_output_in_trouble(run: StreamRun, trouble: OutputTrouble, reason: str) -> None:
    run.enter(StreamState.RUNNING, "packets advance")
    assert why_nothing_leaves(run) is None
    run.note_output(trouble)
    assert not readiness(run).ready
    assert any(said.startswith(reason) for said in readiness(run).reasons)


def test_no_cue_goes_to_an_srt_receiver_that_is_not_heard(run: StreamRun) -> None:
    run.note_srt_output(SrtLink(connected=True))
    assert why_nothing_leaves(run) is None
    run.note_srt_output(SrtLink(connected=True, silent=True))
    assert "is not heard any more" in str(why_nothing_leaves(run))
    run.note_srt_output(SrtLink(connected=False))
    assert "no receiver is connected" in str(why_nothing_leaves(run))
