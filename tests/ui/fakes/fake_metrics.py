"""Metrics that were recorded before the test began."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ibe100.models.errors import StorageError
from ibe100.models.metrics import Curve, MetricsHealth, Series, StreamChange


class FakeMetrics:
    """Curves that a test keeps, cut to the range; remembers the requests."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, Series], Curve] = {}
        self.noted: list[StreamChange] = []
        self.asked: list[tuple[float, float]] = []
        self.failure = ""

    def keep(self, stream_id: str, series: Series, at: Sequence[float], values: Sequence[float]) -> None:
        """Keep a curve of one sample a second."""
        low, high = (tuple(value * factor for value in values) for factor in (0.9, 1.1))
        self.kept[stream_id, series] = Curve(stream_id, series, 1, tuple(at), tuple(values), low, high)

    def health(self) -> MetricsHealth:
        return MetricsHealth(recorded=len(self.kept), dropped=0, problem=self.failure)

    async def series(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Series, ...]:
        return tuple(series for kept_id, series in self.kept if kept_id == stream_id)

    async def curves(
        self,
        stream_ids: Sequence[str],
        series: Sequence[Series],
        begins_at: float,
        ends_at: float,
        points: int = 800,
    ) -> tuple[Curve, ...]:
        if self.failure:
            raise StorageError(self.failure)
        self.asked.append((begins_at, ends_at))
        wanted = [(stream_id, one) for stream_id in stream_ids for one in series]
        return tuple(self.kept[key] for key in wanted if key in self.kept)

    async def changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        return tuple(
            one for one in self.noted if one.stream_id == stream_id and begins_at <= one.at < ends_at
        )


class FakeMetricsCsv:
    """Writes the names of the series."""

    async def write(
        self, stream_id: str, series: Sequence[Series], begins_at: float, ends_at: float, path: Path
    ) -> int:
        path.write_text(",".join(one.name for one in series), encoding="utf-8")
        return len(series)
