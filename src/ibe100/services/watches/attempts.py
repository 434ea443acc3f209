"""Ends of the processor: whether it ends again and again."""

from __future__ import annotations

from collections import deque

from ibe100.services.alarms.rule import Judgement, Judgements
from ibe100.services.alarms.stream_catalogue import CRASH_LOOP
from ibe100.tsduck.fault_words import INPUT_SILENT, in_words

LOOP_ENDS = 3
LOOP_WINDOW_S = 120.0

_OF_ITSELF = "while it should run"
"""The runner's words for an attempt that it did not end."""


def ended_itself(outcome: str) -> bool:
    """Whether an attempt's outcome is a fault of the processor, and not of an input that fell silent."""
    return _OF_ITSELF in outcome and INPUT_SILENT not in in_words(outcome)


class AttemptWatch:
    """Of one stream. Times are wall clock: a journal may be older than this boot.

    Only ends of the processor's own count: that an input or a peer comes and goes, and that an operator
    starts it again, is no fault of the processor.
    """

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=100)

    def ended(self, at: float) -> None:
        """An attempt ended by itself."""
        self._ends.append(at)

    def judge(self, now: float) -> Judgements:
        """Three ends within two minutes are a loop."""
        count = sum(0 <= now - at < LOOP_WINDOW_S for at in self._ends)
        is_loop = count >= LOOP_ENDS
        return {CRASH_LOOP: Judgement(is_loop, f"it ended {count} times within 2 minutes" if is_loop else "")}
