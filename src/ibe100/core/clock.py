"""Wall clock and monotonic clock as one pair, so that tests can turn both."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Where a service gets its time from."""

    def wall(self) -> float:
        """Seconds since the epoch, UTC; may be set back by the machine."""

    def monotonic(self) -> float:
        """Seconds of an arbitrary origin that never go back; for every duration and deadline."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own clocks."""

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(slots=True)
class ManualClock:
    """Stands still until it is moved; both readings move together unless the wall clock is set."""

    wall_s: float = 1_800_000_000.0
    monotonic_s: float = 1_000.0

    def wall(self) -> float:
        return self.wall_s

    def monotonic(self) -> float:
        return self.monotonic_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` (not negative) pass."""
        assert seconds >= 0, "a monotonic clock does not go back"
        self.wall_s += seconds
        self.monotonic_s += seconds
