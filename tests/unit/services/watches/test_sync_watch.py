"""That bytes come which are no packets is told by the log, and by nothing else."""

from __future__ import annotations

import pytest

from ibe100.services.alarms.board import CAUSE_GRACE_S
from ibe100.services.alarms.rule import FALSE, Judgement
from ibe100.services.alarms.stream_catalogue import SYNC_LOSS
from ibe100.services.watches.sync import NEWS_S, REMEMBERED_S, SyncWatch

SKIPPED = "9,212 bytes skipped that are no packets"
FOUND = {SYNC_LOSS: FALSE}


@pytest.mark.parametrize("text", [SKIPPED, "synchronization lost after 3 packets, got 0x00 instead of 0x47"])
def test_a_line_stands_for_a_while_and_then_the_counters_tell_again(text: str) -> None:
    watch = SyncWatch()
    watch.line(text, 50.0, 50.1, 1000.0)
    assert watch.judge(1000.0, is_quiet=True) == {SYNC_LOSS: Judgement(True, text)}
    assert watch.judge(1000.0 + REMEMBERED_S - 0.1, is_quiet=False) == {SYNC_LOSS: Judgement(True, text)}
    assert watch.judge(1000.0 + REMEMBERED_S, is_quiet=False) == FOUND
    assert watch.judge(1000.0 + REMEMBERED_S, is_quiet=False) == {}


def test_without_packets_nobody_counts_so_that_sync_is_lost_no_longer() -> None:
    assert SyncWatch().judge(1000.0, is_quiet=True) == FOUND
    assert SyncWatch().judge(1000.0, is_quiet=False) == {}


def test_other_lines_and_old_ones_tell_nothing() -> None:
    watch = SyncWatch()
    watch.line("connected from 10.0.0.1", 50.0, 50.1, 1000.0)
    watch.line(SKIPPED, 50.0, 50.0 + NEWS_S, 1000.0)
    assert watch.judge(1000.0, is_quiet=False) == {}


def test_a_processor_that_is_started_again_does_not_end_it() -> None:
    assert REMEMBERED_S > CAUSE_GRACE_S


def test_datagrams_without_packets_are_lost_sync_in_words() -> None:
    watch = SyncWatch()
    watch.strays(57, 0.5, 1000.0)
    words = "114 datagrams per second arrive that hold no transport packets"
    assert watch.judge(1000.0, is_quiet=True) == {SYNC_LOSS: Judgement(True, words)}
    assert watch.judge(1000.0 + REMEMBERED_S, is_quiet=False) == FOUND
