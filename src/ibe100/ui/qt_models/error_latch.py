"""TR 101 290 errors of one stream, held so long that an eye that looks elsewhere meets them."""

from __future__ import annotations

from collections.abc import Mapping

from ibe100.ui.words.tr101290 import CONTINUITY, PRIORITIES, normalised, sums

HELD_S = 10.0
"""Seconds for which a lamp stays lit after the last error."""


class ErrorLatch:
    """Errors by priority since the lamp lit up; a lamp goes out HELD_S after its last error."""

    def __init__(self) -> None:
        self._counts: dict[int, int | None] = dict.fromkeys(PRIORITIES)
        self._seen_at: dict[int, float] = {}
        self._continuity_at = float("-inf")

    def take(self, counters: Mapping[str, int], now: float) -> None:
        """Take the counters of another second, at `now` (monotonic)."""
        if normalised(counters).get(CONTINUITY):
            self._continuity_at = now
        for priority, count in sums(counters).items():
            if count is None:
                self._counts[priority] = None
                continue
            held = self._counts[priority] or 0
            is_lit = now - self._seen_at.get(priority, float("-inf")) <= HELD_S
            self._counts[priority] = (held if is_lit else 0) + count
            if count:
                self._seen_at[priority] = now

    def shown(self, now: float) -> dict[int, int | None]:
        """Count of each lamp: 0 while it is dark, None where its checks are not measured."""
        return {
            priority: count
            if count is None or now - self._seen_at.get(priority, float("-inf")) <= HELD_S
            else 0
            for priority, count in self._counts.items()
        }

    def has_lost_packets(self, now: float) -> bool:
        """True for HELD_S after a continuity error."""
        return now - self._continuity_at <= HELD_S
