"""The machine's clock, which NTP or somebody may set while something is timed by it."""

from __future__ import annotations

import time
from collections.abc import Callable

STEP_S = 0.1
"""Wall clock and monotonic clock do not drift apart; so much between two looks is a clock that was set."""


class WallClock:
    """Tells the time, and by how many seconds the clock was set since it was last asked.

    Splices follow the stream's own clock, so whoever keeps their wall clock times has to move them with it.
    """

    def __init__(
        self,
        was_set: Callable[[float], None],
        *,
        wall: Callable[[], float] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._was_set = was_set
        self._given_wall = wall
        self._monotonic = monotonic
        self._offset_s = self._wall() - monotonic()

    def _wall(self) -> float:
        return time.time() if self._given_wall is None else self._given_wall()

    def now(self) -> float:
        """Seconds since the epoch; what is kept has been moved before it returns."""
        wall = self._wall()
        offset_s = wall - self._monotonic()
        step_s = offset_s - self._offset_s
        if abs(step_s) > STEP_S:
            self._offset_s = offset_s
            self._was_set(step_s)
        return wall
