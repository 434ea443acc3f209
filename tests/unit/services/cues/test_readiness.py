"""A stream is ready for cues only where the processor can know the time of what it puts out."""

import time
from dataclasses import replace

import pytest

from alarm_rig import capture, news_of, running
from ibe100.services.cues.readiness import readiness, why_unseen
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_samples import FirstPackets
from ibe100.tsduck.telemetry import InfluxSample

NO_TIME = "no PTS and no PCR in the stream: no cue can be placed; check the sender"


@pytest.fixture
def run() -> StreamRun:
    return running(capture("builtin_pattern").facts)


def measured(run: StreamRun, **stamps: dict[int, int]) -> None:
    sample = InfluxSample(time_ms=round(time.time() * 1000), bitrate_bps=1_000_000, null_bps=100_000)
    news_of(run, replace(sample, **stamps), time.monotonic())


def test_a_stream_without_pts_and_pcr_is_not_ready_and_says_so(run: StreamRun) -> None:
    measured(run)
    assert readiness(run).reasons == (NO_TIME,)
    assert why_unseen(run) == NO_TIME


@pytest.mark.parametrize("stamp", ["pts", "pcr"])
def test_either_of_them_is_enough(run: StreamRun, stamp: str) -> None:
    assert run.record is not None
    pid = run.record.plan.time_pid if stamp == "pts" else run.record.plan.pcr_pid
    assert pid is not None
    measured(run, **{stamp: {pid: 900_000}})
    assert readiness(run).ready
    measured(run)
    assert readiness(run).ready, "one that comes late is an alarm of its own"


def test_another_processor_has_to_see_the_time_anew(run: StreamRun) -> None:
    assert run.record is not None and run.record.plan.time_pid is not None
    measured(run, pts={run.record.plan.time_pid: 900_000})
    run.begin_attempt(2, "")
    measured(run)
    assert readiness(run).reasons == (NO_TIME,)


def test_the_first_packets_of_a_processor_are_enough_until_it_posts(run: StreamRun) -> None:
    assert run.record is not None
    pid = run.record.plan.time_pid
    assert pid is not None
    now = time.monotonic()
    run.begin_clock(FirstPackets(time.time(), now, 1_000_000, 100_000, {pid + 1: (900_000, 0.0)}))
    assert not readiness(run).ready, "its PTS was not among them"
    run.begin_clock(FirstPackets(time.time(), now, 1_000_000, 100_000, {pid: (900_000, 0.1)}))
    assert readiness(run).ready
    assert run.clock is not None
    assert run.clock.now_pts(now) == pytest.approx(909_000, abs=1)


def test_no_cue_goes_in_while_another_plan_is_made(run: StreamRun) -> None:
    assert run.record is not None
    pid = run.record.plan.time_pid
    assert pid is not None
    measured(run, pts={pid: 900_000})
    run.doubt("service 1 is gone; the input has 2")
    assert "service 1 is gone" in readiness(run).reasons[0]
    run.doubt("")
    assert readiness(run).ready
