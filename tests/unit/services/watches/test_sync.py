"""That bytes come which are no packets is told by the log, and by nothing else."""

from __future__ import annotations

import time
from typing import cast

import pytest

from ibe100.services.alarms.board import CAUSE_GRACE_S
from ibe100.services.alarms.rule import FALSE, Judgement
from ibe100.services.alarms.stream_catalogue import SYNC_LOSS
from ibe100.services.streams.runner_facts import LogLine
from ibe100.services.streams.runner_samples import StrayDatagrams
from ibe100.services.watches.flow import FlowWatch
from ibe100.services.watches.sync import LINE_NEWS_S, REMEMBERED_S, SyncWatch
from ibe100.services.watches.watch import NEWS_S

SKIPPED = "9,212 bytes skipped that are no packets"
FOUND = {SYNC_LOSS: FALSE}


class Flow:
    """Whether packets flow is said by the test."""

    def __init__(self, flows: bool) -> None:
        self.are_there = flows

    def flows(self, now_s: float) -> bool:
        return self.are_there


def watching(*, flows: bool) -> SyncWatch:
    return SyncWatch(cast(FlowWatch, Flow(flows)))


def line(text: str, age_s: float = 0.0) -> LogLine:
    return LogLine(1, time.time() - age_s, 0.0, "warning", "ip", text)


@pytest.mark.parametrize("text", [SKIPPED, "synchronization lost after 3 packets, got 0x00 instead of 0x47"])
def test_a_line_stands_for_a_while_and_then_the_counters_tell_again(text: str) -> None:
    watch = watching(flows=True)
    watch.take(line(text), 1000.0)
    assert watch.judge(1000.0) == {SYNC_LOSS: Judgement(True, text)}
    assert watch.judge(1000.0 + REMEMBERED_S - 0.1) == {SYNC_LOSS: Judgement(True, text)}
    assert watch.judge(1000.0 + REMEMBERED_S) == FOUND
    assert watch.judge(1000.0 + REMEMBERED_S) == {}


def test_without_packets_nobody_counts_so_that_sync_is_lost_no_longer() -> None:
    assert watching(flows=False).judge(1000.0) == FOUND
    assert watching(flows=True).judge(1000.0) == {}


def test_other_lines_and_old_ones_tell_nothing() -> None:
    watch = watching(flows=True)
    watch.take(line("connected from 10.0.0.1"), 1000.0)
    watch.take(line(SKIPPED, LINE_NEWS_S), 1000.0)
    assert watch.judge(1000.0) == {}


def test_a_processor_that_is_started_again_does_not_end_it() -> None:
    assert REMEMBERED_S > CAUSE_GRACE_S


def test_datagrams_without_packets_are_lost_sync_in_words() -> None:
    watch, words = watching(flows=False), "114 datagrams per second arrive that hold no transport packets"
    strays = StrayDatagrams(0.0, 1000.0, 57, 0.5)
    assert watch.take(strays, 1000.0) == {SYNC_LOSS: Judgement(True, words)}
    assert watch.judge(1000.0 + REMEMBERED_S) == FOUND
    assert watch.take(strays, 1000.0 + NEWS_S) == {}, "told before this console came"
