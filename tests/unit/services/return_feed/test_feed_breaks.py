"""Breaks at the return feed: told to the alarms when they do not end, do not pair, or are not ours."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from alarm_rig import Bench, Kept, capture
from ibe100.models.cues.return_receipt import FeedState, ReturnFeedView
from ibe100.models.messages import StreamStateChanged, StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import UdpInput
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from ibe100.services.return_feed.alarms import ReturnFeedAlarms
from ibe100.services.return_feed.feed_breaks import CLAIMED_S
from ibe100.services.return_feed.receipts import FeedReceipts
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnOutput
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.tsduck.telemetry import SpliceEvent

WINDOW_S, PID, AHEAD_S = 120.0, 500, 6.0
OURS = 0x60000001


def section(event: int, *, out: bool = True, pts: int | None = None) -> str:
    ticks = round(30 * PTS_HZ) if out else None
    made = splice_insert(event, out, pts_time=pts, duration_pts=ticks, auto_return=False)
    return base64.b64encode(encode(made)).decode()


class Feed:
    """A watched feed that flows, under a clock of the test's own."""

    def __init__(self, tmp_path: Path) -> None:
        facts = capture("builtin_ott").facts
        options = facts.config.scte35.model_copy(
            update={"event_id_first": OURS, "event_id_last": OURS + 99, "heartbeat_interval_s": None}
        )
        config = facts.config.model_copy(update={"scte35": options})
        entry = StreamEntry(stream_id="one", number=1, config=config)
        self.run = StreamRun(entry, RunnerLink(tmp_path), lambda _view: None)
        self.run.begin(facts.model_copy(update={"config": config}))
        self.watch = FeedReceipts(self.run, UdpInput(port=5000), WINDOW_S, lambda _receipt: None)
        self.now = time.time()
        self.watch.feed_state(FeedState.WATCHING, "", self.now)

    def comes(self, text: str) -> None:
        self.watch.section_came(CueOnOutput(1, self.now, self.now, text, PID))

    def after(self, seconds: float) -> ReturnFeedView:
        until = self.now + seconds
        while self.now < until:
            self.now = min(self.now + 0.5, until)
            self.watch.packets_came(self.now)
            self.watch.tick(self.now)
        feed = self.run.view.return_feed
        assert feed is not None
        return feed


@pytest.fixture
def feed(tmp_path: Path) -> Feed:
    return Feed(tmp_path)


def test_a_break_whose_return_does_not_come_back_is_told_when_it_should_have_ended(feed: Feed) -> None:
    pts = 900_000
    feed.watch.splice_announced(SpliceEvent(OURS, "pending", PID, pts, round(AHEAD_S * 1000), None, 1))
    feed.comes(section(OURS, pts=pts))
    assert feed.after(AHEAD_S + 30).overrun == ""
    assert "no return came" in feed.after(1.0).overrun
    feed.comes(section(OURS, out=False))
    assert feed.after(0.5).overrun == ""


def test_a_feed_that_was_away_may_have_missed_the_return(feed: Feed) -> None:
    feed.comes(section(OURS))
    feed.watch.feed_state(FeedState.LOST, "exit code 1", feed.now)
    feed.watch.feed_state(FeedState.WATCHING, "", feed.now)
    assert feed.after(60) == ReturnFeedView(state=FeedState.WATCHING, fault=feed.after(0.5).fault)


def test_a_return_without_its_break_and_a_break_in_a_break(feed: Feed) -> None:
    feed.comes(section(OURS))
    feed.after(1)
    feed.comes(section(OURS + 1))
    assert feed.after(0.5).out_without_in
    feed.comes(section(OURS + 1, out=False))
    feed.after(1)
    feed.comes(section(OURS + 2, out=False))
    shown = feed.after(0.5)
    assert (shown.out_without_in, bool(shown.in_without_out)) == ("", True)


def test_a_break_of_somebody_else_is_foreign_and_one_of_the_input_or_of_ours_is_not(feed: Feed) -> None:
    feed.comes(section(77))
    assert feed.after(WINDOW_S).foreign == "", "it may be of the days of an earlier console"
    feed.watch.input_cue(section(5))
    for event in (5, OURS + 7):
        feed.comes(section(event))
    assert feed.after(CLAIMED_S + 1).foreign == ""
    feed.comes(section(88))
    assert "event 0x00000058" in feed.after(CLAIMED_S + 1).foreign


async def test_each_of_them_is_an_alarm_and_a_foreign_break_is_told_once() -> None:
    bench = Bench(Kept())

    class OneStream:
        def streams(self) -> tuple[StreamView, ...]:
            return ()

        def run_of(self, stream_id: str) -> StreamRun:
            raise AssertionError(stream_id)

    async def no_cue(_cue_id: int) -> None:
        return None

    alarms = ReturnFeedAlarms(bench.board, OneStream(), no_cue)
    stream = StreamView(stream_id="one", number=1, config=capture("builtin_ott").facts.config)

    async def shown(**fields: str) -> set[str]:
        feed = ReturnFeedView(state=FeedState.WATCHING).model_copy(update=fields)
        alarms.hear(StreamStateChanged(stream=stream.model_copy(update={"return_feed": feed})))
        await bench.board.settled()
        return {one.condition for one in bench.board.standing() if one.cleared_at is None}

    assert await shown() == set()
    assert await shown(overrun="event 1") == {"return_feed_overrun"}
    assert await shown(out_without_in="event 1") == {"return_feed_out_without_in"}
    assert await shown(in_without_out="event 1") == {"return_feed_in_without_out"}
    assert await shown(foreign="event 88") == {"return_feed_foreign"}
    told = len(bench.told)
    await shown(foreign="event 88", fault="")
    assert len(bench.told) == told
