"""Where splices are to fall among the pictures at which decoding can begin, and where they fell."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_rig import capture, news_of, running
from ibe100.models.actor import AUTOMATIC_RETURN
from ibe100.models.cues.contract import Contract
from ibe100.models.cues.cut_points import GopKind, SpliceOn
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.mpegts.timestamps import PTS_MODULO, pts_add, pts_difference
from ibe100.mpegts.video.gops import Gops
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.cuts.aim import aimed, aims, forecast
from ibe100.services.cues.cuts.cut_receipts import CutReceipts
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.readiness import splice_target
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_samples import PicturesSeen, SeenPictures
from ibe100.tsduck.telemetry import InfluxSample

GOP = 180_000
"""Two seconds."""
STRICT = Contract(name="OTT distributor", splice_on=SpliceOn.IDR, idr_offset_max_ms=40)


def stream(splice_on: SpliceOn = SpliceOn.IDR, contract: Contract | None = None) -> StreamRun:
    """A stream on air whose cues splice on this."""
    run = running(capture("builtin_pattern").facts)
    assert run.record is not None
    options = run.record.config.scte35.model_copy(update={"splice_on": splice_on})
    config = run.record.config.model_copy(update={"scte35": options, "contract": contract})
    run.replan(run.record.model_copy(update={"config": config}))
    return run


def see(run: StreamRun, *points: tuple[int, bool, bool], scrambled: bool = False) -> None:
    """These pictures were seen on the output."""
    assert run.record is not None and run.record.plan.video_pid is not None
    seen = SeenPictures("H.264", scrambled, Gops.of(points), 0.5 if points else None)
    sample = PicturesSeen(time.time(), time.monotonic(), {run.record.plan.video_pid: seen})
    run.see_pictures(sample)


def fixed(last: int, number: int = 6, gop: int = GOP) -> list[tuple[int, bool, bool]]:
    """GOPs of one length up to a PTS."""
    return [(pts_add(last, -gop * back), False, back < number - 1) for back in reversed(range(number))]


def test_a_cue_keeps_the_frame_that_was_asked_for_and_says_how_far_the_idr_is() -> None:
    run = stream(SpliceOn.ANY)
    assert forecast(run, 0).words == "IDR unknown: no picture was read yet"
    see(run, *fixed(last=900_000))
    target = 900_000 + 3 * GOP - 64_800
    assert aimed(run, target, target) == target
    assert forecast(run, target).words == "720 ms before the next IDR"
    assert forecast(run, 900_000 + 3 * GOP + 9_000).words == "100 ms after an IDR"
    assert forecast(run, 900_000 + 4 * GOP).words == "on an IDR"


@given(
    st.integers(0, PTS_MODULO - 1),
    st.integers(5_000, 400_000),
    st.integers(0, 900_000),
    st.integers(0, 900_000),
)
def test_of_fixed_gops_the_nearest_idr_that_is_not_too_early_is_aimed_at(
    last: int, gop: int, ahead: int, margin: int
) -> None:
    """Whatever the PTS, over its wrap too."""
    run = stream()
    see(run, *fixed(last, gop=gop))
    target = pts_add(last, ahead)
    least = pts_add(target, -margin)
    aim = aimed(run, target, least)
    assert pts_difference(aim, last) % gop == 0
    assert pts_difference(aim, least) >= 0
    moved = pts_difference(aim, target)
    assert -gop < moved < gop
    if abs(moved) * 2 > gop:
        other = moved - gop if moved > 0 else moved + gop
        assert pts_difference(pts_add(target, other), least) < 0, "the nearer one was too early"
    assert forecast(run, aim).offset_ms == 0.0


def test_a_pre_rolled_cue_goes_to_the_next_idr_and_a_planned_one_to_the_nearest() -> None:
    run = stream()
    assert run.record is not None and run.record.plan.time_pid is not None
    pts = {run.record.plan.time_pid: 900_000}
    sample = InfluxSample(time_ms=round(time.time() * 1000), bitrate_bps=1_000_000, null_bps=100_000, pts=pts)
    news_of(run, sample, time.monotonic())
    see(run, *fixed(last=900_000 - 18_000))
    target, at = splice_target(run, 6.0, aims=True)
    plain, plain_at = splice_target(run, 6.0)
    assert pts_difference(target, 900_000 - 18_000) % GOP == 0
    assert 0 <= pts_difference(target, plain) < GOP
    assert at - plain_at == pytest.approx(pts_difference(target, plain) / 90_000, abs=0.1)
    wanted = time.time() + 9.0
    nearest, nearest_at = splice_target(run, 0.0, wanted, aims=True)
    assert pts_difference(nearest, 900_000 - 18_000) % GOP == 0
    assert abs(nearest_at - wanted) <= GOP / 90_000 / 2 + 0.1


def test_what_is_not_likely_or_cannot_be_read_is_not_aimed_at() -> None:
    run = stream()
    see(run, (0, False, False), (GOP, False, True), (2 * GOP, False, True))
    assert aimed(run, 3 * GOP - 900, 0) == 3 * GOP - 900
    assert "too few GOPs" in forecast(run, 3 * GOP).words
    cuts = [0, GOP, 2 * GOP, 2 * GOP + 40_000, 3 * GOP + 40_000, 4 * GOP + 40_000, 5 * GOP + 40_000]
    see(run, *((pts, False, at > 0) for at, pts in enumerate(cuts)))
    near, far = cuts[-1] + GOP, cuts[-1] + 5 * GOP
    assert aimed(run, near - 900, 0) == near
    assert forecast(run, near - 900).words == "10 ms before the next IDR (chance 83%)"
    assert aimed(run, far - 900, 0) == far - 900
    see(run, *fixed(last=900_000), scrambled=True)
    assert aimed(run, 1_000_000, 0) == 1_000_000
    assert forecast(run, 1_000_000).words == "IDR unknown: the video is scrambled"


def test_the_return_at_an_announced_end_keeps_its_frame() -> None:
    assert aims(cue(1))
    assert not aims(cue(1, requested_by=AUTOMATIC_RETURN.name))


def cue(number: int, **values: Any) -> Cue:
    return Cue(
        cue_id=number,
        session_id=None,
        **{
            "action": CueAction.TO_BREAK,
            "state": CueState.SPLICED,
            "requested_by": "anna",
            "stream_id": "one",
            **values,
        },
        requested_at=time.time() - 10,
    )


class Ledger:
    """The cues of one stream, their receipts about IDR, and what is said."""

    def __init__(self, *cues: Cue) -> None:
        self.cache, self.said = CueCache(), list[Message]()
        for one in cues:
            self.cache.put(one)
        self.receipts = CutReceipts(self.cache, cast("CueLedger", self), self.said.append)

    def move(self, moved: Cue, state: CueState, **changes: object) -> Cue:
        """As the ledger does, without a disk."""
        self.cache.put(moved.moved_to(state, **changes))
        return self.one(moved.cue_id)

    def one(self, cue_id: int) -> Cue:
        found = self.cache.get(cue_id)
        assert found is not None
        return found


def spliced_at(run: StreamRun, pts_time: int, **values: Any) -> Ledger:
    return Ledger(cue(1, stream_id=run.stream_id, pts_time=pts_time, splice_at=time.time() - 1, **values))


@pytest.mark.parametrize(
    ("pts_time", "offset_ms"), [(1_080_000, 0.0), (1_081_800, 20.0), (1_258_200, -20.0), (1_170_000, 1000.0)]
)
def test_the_distance_from_the_idr_that_came_is_on_record(pts_time: int, offset_ms: float) -> None:
    run = stream(SpliceOn.ANY)
    ledger = spliced_at(run, pts_time)
    see(run, *fixed(last=900_000))
    ledger.receipts.follow(run)
    assert ledger.one(1).idr_offset_ms is None, "what is foreseen is no receipt"
    see(run, *fixed(last=1_260_000))
    ledger.receipts.follow(run)
    assert (ledger.one(1).idr_offset_ms, ledger.one(1).idr_kind) == (offset_ms, GopKind.CLOSED)
    assert ledger.said == []


def test_where_pictures_were_missed_around_the_splice_nothing_is_claimed() -> None:
    run = stream(SpliceOn.ANY)
    ledger = spliced_at(run, 1_000_000)
    see(run, (900_000, False, True), (1_080_000, False, False))
    ledger.receipts.follow(run)
    assert ledger.one(1).idr_offset_ms is None


def test_a_splice_farther_from_it_than_the_contract_allows_is_on_record_and_said() -> None:
    run = stream(contract=STRICT)
    ledger = spliced_at(run, 1_080_000 + 9_000, splice_event_id=7, reason="1 of 2 repeats were not seen")
    see(run, *fixed(last=1_260_000))
    ledger.receipts.follow(run)
    ledger.receipts.follow(run)
    words = "spliced 100 ms after an IDR; the contract allows 40 ms"
    assert ledger.one(1).reason == f"1 of 2 repeats were not seen; {words}"
    (said,) = ledger.said
    assert isinstance(said, NoticePosted) and said.text.endswith(words)
    near = spliced_at(run, 1_080_000 + 3_600)
    near.receipts.follow(run)
    assert (near.one(1).idr_offset_ms, near.one(1).reason, near.said) == (40.0, "", [])
