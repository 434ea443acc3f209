"""Armed cues are re-timed where the timestamps jump, and only where their bytes are ours to change."""

from __future__ import annotations

import base64
import time
from dataclasses import replace

import pytest

from alarm_rig import capture, news_of, running
from ibe100.models.scte35_marker import Cue, CueAction, CueState, Direction
from ibe100.mpegts.timestamps import PTS_HZ, pts_add, pts_difference
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import decode, encode
from ibe100.services.cues.retiming import retimed
from ibe100.services.streams.run import StreamRun
from ibe100.tsduck.telemetry import InfluxSample

PTS, AHEAD_S = 900_000, 8.0


@pytest.fixture
def run() -> StreamRun:
    run = running(capture("builtin_pattern").facts)
    at(run, PTS)
    return run


def at(run: StreamRun, pts: int) -> None:
    """The stream's clock begins at a PTS, now, as after a jump that another processor has met."""
    assert run.record is not None and run.record.plan.time_pid is not None
    run.begin_attempt(1, "")
    sample = InfluxSample(time_ms=round(time.time() * 1000), bitrate_bps=1_000_000, null_bps=100_000)
    news_of(run, replace(sample, pts={run.record.plan.time_pid: pts}), time.monotonic())


def armed(run: StreamRun, **changes: object) -> Cue:
    pts_time = pts_add(PTS, round(AHEAD_S * PTS_HZ))
    section = encode(splice_insert(0x60000001, True, pts_time=pts_time, duration_pts=30 * PTS_HZ))
    cue = Cue(
        cue_id=1,
        stream_id=run.stream_id,
        session_id=None,
        action=CueAction.TO_BREAK,
        state=CueState.ARMED,
        requested_by="operator",
        requested_at=time.time(),
        splice_event_id=0x60000001,
        pts_time=pts_time,
        splice_at=time.time() + AHEAD_S,
        section_base64=base64.b64encode(section).decode(),
        direction=Direction.OUT,
    )
    return cue.model_copy(update=changes)


@pytest.mark.parametrize("jump_s", [-9.0, 1000.0, -3600.0])
def test_the_splice_keeps_its_moment_and_the_rest_its_bytes(run: StreamRun, jump_s: float) -> None:
    cue = armed(run)
    at(run, pts_add(PTS, round(jump_s * PTS_HZ)))
    moved = retimed(run, cue)
    assert moved is not None and moved.pts_time is not None and cue.pts_time is not None
    assert pts_difference(moved.pts_time, cue.pts_time) / PTS_HZ == pytest.approx(jump_s, abs=0.5)
    assert (moved.splice_at, moved.splice_event_id) == (cue.splice_at, cue.splice_event_id)
    before, after = (decode(base64.b64decode(one.section_base64)) for one in (cue, moved))
    assert after.splice_pts == moved.pts_time
    assert replace(after.command, splice_time=None) == replace(before.command, splice_time=None)  # type: ignore[type-var, call-arg]


def test_a_stream_that_keeps_its_time_keeps_the_bytes(run: StreamRun) -> None:
    assert retimed(run, armed(run)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"sent_at": 1.0},
        {"action": CueAction.SEND_SECTION},
        {"splice_at": 1.0},
        {"pts_time": None, "splice_at": None},
    ],
    ids=["given to a processor", "made elsewhere", "its moment is over", "immediate"],
)
def test_what_is_not_ours_to_change_stays(run: StreamRun, changes: dict[str, object]) -> None:
    cue = armed(run, **changes)
    at(run, pts_add(PTS, 1000 * PTS_HZ))
    assert retimed(run, cue) is None
