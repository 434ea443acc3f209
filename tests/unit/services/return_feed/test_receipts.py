"""A watched feed as the operator sees it: there, lost, unable to carry cues, or dropping them in silence."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import pytest

from alarm_rig import capture
from ibe100.models.cues.return_receipt import FeedState, ReturnReceipt
from ibe100.models.messages import StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import UdpInput
from ibe100.mpegts.psi import Pat
from ibe100.scte35.cues import splice_null
from ibe100.services.return_feed.receipts import LOST_AFTER_S, START_PATIENCE_S, FeedReceipts
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnOutput
from ibe100.services.streams.runner_link import RunnerLink
from return_rig import GOOD, text

SOURCE = UdpInput(port=5000)
HEARTBEAT_S = 5.0


class Watched:
    """A watch under a clock of the test's own."""

    def __init__(self, tmp_path: Path) -> None:
        facts = capture("builtin_ott").facts
        options = facts.config.scte35.model_copy(update={"heartbeat_interval_s": HEARTBEAT_S})
        config = facts.config.model_copy(update={"scte35": options, "return_feed": SOURCE})
        self.views: list[StreamView] = []
        entry = StreamEntry(stream_id="one", number=1, config=config)
        self.run = StreamRun(entry, RunnerLink(tmp_path), self.views.append)
        self.run.begin(facts.model_copy(update={"config": config}))
        self.receipts: list[ReturnReceipt] = []
        self.watch = FeedReceipts(self.run, SOURCE, 120.0, self.receipts.append)
        self.now = time.time()

    def after(self, seconds: float) -> tuple[FeedState, str, str]:
        """State, reason and fault so much later."""
        self.now += seconds
        self.watch.tick(self.now)
        feed = self.run.view.return_feed
        assert feed is not None
        return feed.state, feed.reason, feed.fault

    def flows(self, seconds: float = 1.0, **section: Any) -> tuple[FeedState, str, str]:
        """A second at a time with packets."""
        for _ in range(round(seconds)):
            self.watch.packets_came(self.now)
            answer = self.after(1.0)
        return answer

    def heartbeat(self) -> None:
        self.watch.section_came(CueOnOutput(1, self.now, self.now, text(splice_null()), 500))


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    made = Watched(tmp_path)
    pat = Pat(1, ((1, 0x1000),)).encode()
    made.watch.feed_state(FeedState.WATCHING, "", made.now)
    made.watch.tables_came([base64.b64encode(one).decode() for one in (pat, GOOD.encode())])
    made.flows(2)
    return made


def test_a_feed_that_never_comes_is_lost_after_a_while(tmp_path: Path) -> None:
    made = Watched(tmp_path)
    assert made.after(START_PATIENCE_S - 1)[0] is FeedState.STARTING
    assert made.after(2.0) == (FeedState.LOST, "nothing comes from it", "")


def test_a_watcher_that_starts_anew_does_not_make_the_feed_lost(watched: Watched) -> None:
    watched.watch.feed_state(FeedState.LOST, "exit code 1", watched.now)
    assert watched.after(1.0) == (FeedState.WATCHING, "", "")
    watched.watch.feed_state(FeedState.STARTING, "", watched.now)
    assert watched.after(1.0)[0] is FeedState.WATCHING
    watched.watch.feed_state(FeedState.WATCHING, "", watched.now)
    assert watched.flows(10) == (FeedState.WATCHING, "", "")


def test_one_that_stays_away_is_lost_with_the_reason_until_packets_come(watched: Watched) -> None:
    watched.watch.feed_state(FeedState.LOST, "exit code 1", watched.now)
    assert watched.after(LOST_AFTER_S + 0.5) == (FeedState.LOST, "exit code 1", "")
    watched.watch.feed_state(FeedState.STARTING, "", watched.now)
    assert watched.after(1.0)[0] is FeedState.LOST, "a new attempt alone is no sign of life"
    watched.watch.feed_state(FeedState.WATCHING, "", watched.now)
    assert watched.flows()[0] is FeedState.WATCHING


def test_a_udp_feed_that_falls_silent_is_lost_though_its_watcher_listens_on(watched: Watched) -> None:
    assert watched.after(3.5)[0] is FeedState.WATCHING
    assert watched.after(LOST_AFTER_S) == (FeedState.LOST, "no packets come", "")
    assert watched.flows()[0] is FeedState.WATCHING


def test_a_pmt_without_the_cue_pid_is_told_when_it_has_lasted(watched: Watched) -> None:
    watched.watch.tables_came([])
    assert watched.flows(2)[2] == ""
    assert watched.flows(3)[2] == "no PMT is seen there"


def test_heartbeats_that_stop_coming_back_are_told_before_a_cue_is_lost(watched: Watched) -> None:
    for _ in range(4):
        watched.heartbeat()
        assert watched.flows(HEARTBEAT_S)[2] == ""
    assert "splice_null leaves every 5 s and does not come back any more" in watched.flows(20)[2]
    watched.heartbeat()
    assert watched.flows()[2] == ""


def test_a_distributor_that_keeps_heartbeats_to_itself_is_not_accused(watched: Watched) -> None:
    assert watched.flows(120)[2] == ""


def test_heartbeats_that_do_not_leave_us_are_not_missed_at_the_far_end(watched: Watched) -> None:
    watched.heartbeat()
    watched.run.miss_heartbeats(3)
    assert watched.flows(60)[2] == ""


def test_a_feed_that_is_given_up_is_shown_no_more(watched: Watched) -> None:
    watched.watch.give_up("the stream is STOPPING before it came back")
    assert watched.run.view.return_feed is None
