"""How often a value was how large, in the buckets that Prometheus is told."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence


class Histogram:
    """Values of each stream, counted by bucket."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, stream_id: str, value: float) -> None:
        """Count a value."""
        counts = self._counts.setdefault(stream_id, [0] * (len(self.bounds) + 1))
        counts[bisect_left(self.bounds, value)] += 1
        self._sums[stream_id] = self._sums.get(stream_id, 0.0) + value

    def snapshot(self) -> dict[str, tuple[list[tuple[str, float]], float]]:
        """Cumulative counts by upper bound, and the sum of the values, of each stream."""
        found = {}
        for stream_id, counts in self._counts.items():
            total, buckets = 0, []
            for bound, count in zip((*map(str, self.bounds), "+Inf"), counts, strict=True):
                total += count
                buckets.append((bound, float(total)))
            found[stream_id] = buckets, self._sums[stream_id]
        return found
