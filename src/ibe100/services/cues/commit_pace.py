"""How long the disk takes to record a cue, so that a pre-rolled one is given that much more time."""

from __future__ import annotations

from collections import deque

SLOW_S = 0.5
"""A commit that takes less is covered by the margin that every pre-roll has."""
REMEMBERED_S = 120.0
MOST = 8


class CommitPace:
    """Remembers the last commits; times are monotonic seconds."""

    def __init__(self) -> None:
        self._took: deque[tuple[float, float]] = deque(maxlen=MOST)

    def note(self, seconds: float, now_s: float) -> bool:
        """A cue was recorded in so many seconds; True when the disk has become slow with it."""
        was_slow = self.margin_s(now_s) > 0
        self._took.append((now_s, seconds))
        return self.margin_s(now_s) > 0 and not was_slow

    def margin_s(self, now_s: float) -> float:
        """The longest of the last commits; 0 while the disk is as quick as it should be."""
        longest = max((took for at, took in self._took if now_s - at < REMEMBERED_S), default=0.0)
        return longest if longest > SLOW_S else 0.0
