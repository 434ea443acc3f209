"""Between wall clock and pixels on the break time line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

BACK_S = 300.0
AHEAD_CHOICES_S = (600.0, 1500.0, 7200.0)
"""Ten minutes, twenty-five, two hours ahead."""
TICKS_S = (60.0, 300.0, 600.0, 1800.0)
LEAST_TICK_WIDTH = 52


@dataclass(frozen=True, slots=True)
class TimeScale:
    """`now` lies BACK_S from the left edge; times are seconds since the epoch, x is in pixels."""

    now: float
    ahead_s: float
    left: float
    right: float

    @property
    def begins(self) -> float:
        """The moment at the left edge."""
        return self.now - BACK_S

    @property
    def ends(self) -> float:
        """The moment at the right edge."""
        return self.now + self.ahead_s

    def x(self, moment: float) -> float:
        """Where a moment is."""
        return self.left + (moment - self.begins) / (BACK_S + self.ahead_s) * (self.right - self.left)

    def moment(self, x: float) -> float:
        """The moment at `x`."""
        return self.begins + (x - self.left) / max(1.0, self.right - self.left) * (BACK_S + self.ahead_s)

    def ticks(self) -> Iterator[float]:
        """Round moments, as dense as their labels allow."""
        width = max(1.0, self.right - self.left)
        step = next(
            (s for s in TICKS_S if s / (BACK_S + self.ahead_s) * width >= LEAST_TICK_WIDTH), TICKS_S[-1]
        )
        moment = self.begins // step * step + step
        while moment < self.ends:
            yield moment
            moment += step
