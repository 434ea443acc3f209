"""Does the processor end again and again?"""

from __future__ import annotations

from collections import deque

from ibe100.services.alarm_board import Judgements

LOOP_ATTEMPTS = 3
LOOP_WINDOW_S = 120.0


class AttemptWatch:
    """The attempts of one start. Times are wall clock: a journal may be older than this boot."""

    def __init__(self) -> None:
        self._starts: deque[float] = deque(maxlen=100)

    def started(self, at: float) -> None:
        """An attempt began."""
        self._starts.append(at)

    def judge(self, now: float) -> Judgements:
        """Three attempts within two minutes are a loop."""
        count = sum(0 <= now - at < LOOP_WINDOW_S for at in self._starts)
        is_loop = count >= LOOP_ATTEMPTS
        return {"crash_loop": (is_loop, f"{count} attempts within 2 minutes" if is_loop else "")}
