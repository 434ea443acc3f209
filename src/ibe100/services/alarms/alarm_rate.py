"""How many alarms an operator was given lately: more than 10 in 10 minutes is a flood (EEMUA 191)."""

from __future__ import annotations

from collections.abc import Callable

WINDOW_S = 600.0
MOST_COUNTED = 1000


class AlarmRate:
    """Added to on the loop; `count` may be called from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._times: tuple[float, ...] = ()

    def add(self) -> None:
        """One more, now."""
        self._times = (*self._recent(), self._clock())[-MOST_COUNTED:]

    def count(self) -> int:
        """Those of the last 10 minutes, at most 1000."""
        return len(self._recent())

    def _recent(self) -> tuple[float, ...]:
        oldest = self._clock() - WINDOW_S
        return tuple(at for at in self._times if at > oldest)
