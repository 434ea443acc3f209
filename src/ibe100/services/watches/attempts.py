"""Attempts: whether the processor ends again and again, and whether it passes the input on without cues."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from ibe100.services.alarms.rule import Judgement, Judgements, true_if
from ibe100.services.alarms.stream_catalogue import CRASH_LOOP, PASSED_WITHOUT_CUES
from ibe100.services.streams.runner_facts import AttemptEnded, AttemptStarted
from ibe100.services.watches.watch import News, Watch

LOOP_ENDS = 3
LOOP_WINDOW_S = 120.0

_OF_ITSELF = "while it should run"
"""The runner's words for an attempt that it did not end."""


def ended_itself(attempt: AttemptEnded) -> bool:
    """Say whether the end of an attempt is a fault of the processor, and not of an input that fell silent."""
    return _OF_ITSELF in attempt.outcome and not attempt.of_input


class AttemptWatch(Watch):
    """Counts ends of the processor's own, by wall clock: a journal may be older than this boot.

    That an input or a peer comes and goes, and that an operator starts it again, is not its fault.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._ends: deque[float] = deque(maxlen=100)
        self._passes = ""

    def take(self, news: News, now_s: float) -> Judgements:
        """Count an attempt that ended by itself; note one that takes no cues."""
        if isinstance(news, AttemptStarted):
            self._passes = news.passes
        if isinstance(news, AttemptEnded) and ended_itself(news):
            self._ends.append(news.at)
        return {}

    def judge(self, now_s: float) -> Judgements:
        """Three ends within two minutes are a loop."""
        count = sum(0 <= self._wall() - at < LOOP_WINDOW_S for at in self._ends)
        is_loop = count >= LOOP_ENDS
        return {
            CRASH_LOOP: Judgement(is_loop, f"it ended {count} times within 2 minutes" if is_loop else ""),
            PASSED_WITHOUT_CUES: true_if(self._passes),
        }
