"""Scale of the break time line: wall clock to pixels and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ibe100.ui.themes.sizes import px

BACK_S = 300.0
AHEAD_CHOICES_S = (600.0, 1500.0, 7200.0)
"""Seconds ahead to choose from: ten minutes, twenty-five, two hours."""
TICKS_S = (60.0, 300.0, 600.0, 1800.0)
LEAST_TICK_WIDTH = 52


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Seconds since the epoch to x in pixels and back; `now` lies BACK_S from the left edge."""

    now: float
    ahead_s: float
    left: float
    right: float

    @property
    def begins(self) -> float:
        """Moment at the left edge."""
        return self.now - BACK_S

    @property
    def ends(self) -> float:
        """Moment at the right edge."""
        return self.now + self.ahead_s

    def x(self, moment: float) -> float:
        """Position of a moment."""
        return self.left + (moment - self.begins) / (BACK_S + self.ahead_s) * (self.right - self.left)

    def moment(self, x: float) -> float:
        """Moment at a position."""
        return self.begins + (x - self.left) / max(1.0, self.right - self.left) * (BACK_S + self.ahead_s)

    def ticks(self) -> Iterator[float]:
        """Round moments, as dense as their labels allow."""
        width = max(1.0, self.right - self.left)
        step = next(
            (s for s in TICKS_S if s / (BACK_S + self.ahead_s) * width >= px(LEAST_TICK_WIDTH)), TICKS_S[-1]
        )
        moment = self.begins // step * step + step
        while moment < self.ends:
            yield moment
            moment += step
