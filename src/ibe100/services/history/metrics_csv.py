"""Measurements over time as CSV files."""

from __future__ import annotations

import asyncio
import csv
import io
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ibe100.database.metrics_store import MetricsStore
from ibe100.models.errors import StorageError
from ibe100.models.metrics import Curve, Series
from ibe100.utils.atomic_write import atomic_write

MOST_ROWS = 200_000
"""Most rows of a CSV file: two days of seconds."""


class MetricsCsv:
    """Writes measurements to files."""

    def __init__(self, storage: MetricsStore, refuse: Callable[[Path], None] | None = None) -> None:
        """`refuse` raises StorageError for a path that no export may have."""
        self._storage = storage
        self._refuse = refuse

    async def write(
        self, stream_id: str, series: Sequence[Series], begins_at: float, ends_at: float, path: Path
    ) -> int:
        """Write one row per point, as fine as is kept, whole or not at all; returns how many rows.

        Three columns per series: mean (or sum of the events), lowest, highest; empty where there is nothing.
        Raises StorageError, and ConfigurationError for a range that ends before it begins.
        """
        if self._refuse is not None:
            await asyncio.to_thread(self._refuse, path)
        points = min(max(math.ceil(ends_at - begins_at), 1), MOST_ROWS)
        curves = await self._storage.curves([stream_id], series, begins_at, ends_at, points)
        if not curves:
            raise StorageError("Nothing was measured in that time: there is nothing to export.")
        return await asyncio.to_thread(_write, path, curves)


def _write(path: Path, curves: Sequence[Curve]) -> int:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    head = ["time_utc"]
    for curve in curves:
        unit = curve.series.kind.unit
        middle = "sum" if curve.series.kind.counts else "mean"
        head += [f"{curve.series.name} {part} [{unit}]" for part in (middle, "low", "high")]
    rows.writerow(head)
    columns = [column for curve in curves for column in (curve.mean, curve.low, curve.high)]
    written = 0
    for place, at in enumerate(curves[0].at):
        values = [column[place] for column in columns]
        if all(math.isnan(value) for value in values):
            continue
        moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        rows.writerow([moment, *("" if math.isnan(value) else f"{value:.10g}" for value in values)])
        written += 1
    try:
        atomic_write(path, text.getvalue().encode())
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
    return written
