"""Curves from the metrics file, read from the resolution that is about as fine as asked for."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, select

from ibe100.database.metrics.chunk import Chunk, DamagedChunk, numbers_in
from ibe100.database.metrics.keeper import parts_of, rolled_up_until
from ibe100.database.metrics.points import Part, combine, numbers_of
from ibe100.database.metrics.schema import RAW, TIERS, Tier, changes, chunks
from ibe100.models.metrics import Curve, Series, StreamChange, series_of_number

COARSER = 3
"""A resolution may have so many times fewer points than asked for: it costs a fraction to read."""
MOST_CHANGES = 2000


@dataclass(frozen=True, slots=True)
class Range:
    """Seconds since the epoch, the end excluded, and how many points at most."""

    begins_at: float
    ends_at: float
    points: int


@dataclass(frozen=True, slots=True)
class Grid:
    """The points a range is read as, and the tier they come from."""

    tier: Tier
    starts_at: int
    step_s: int
    points: int

    @classmethod
    def of(cls, wanted: Range, now: float) -> Grid:
        """Resolution of a query: as fine as asked for, as far as the samples of that time are still kept."""
        length_s = max(wanted.ends_at - wanted.begins_at, 1.0)
        step_s = length_s / max(wanted.points, 1)
        tier = next((t for t in reversed(TIERS) if t.step_s <= COARSER * step_s), RAW)
        kept = [t for t in TIERS if t.step_s >= tier.step_s and wanted.begins_at >= now - t.keep_s]
        tier = kept[0] if kept else TIERS[-1]
        step = tier.step_s * max(1, math.ceil(step_s / tier.step_s))
        starts_at = int(wanted.begins_at // step) * step
        return cls(tier, starts_at, step, math.ceil((wanted.ends_at - starts_at) / step))


def stored_parts(
    connection: Connection, stream_ids: Collection[str], numbers: Collection[int], wanted: Range, grid: Grid
) -> dict[str, list[Part]]:
    """The chunks of the range by stream: of the grid's tier, and samples of hours not rolled up yet."""
    found: dict[str, list[Part]] = {}
    begins_at = wanted.begins_at
    for tier in (grid.tier,) if grid.tier is RAW else (grid.tier, RAW):
        if tier is not grid.tier:
            begins_at = max(begins_at, rolled_up_until(connection) or 0)
        rows = connection.execute(_chunks_of(stream_ids, tier, begins_at, wanted.ends_at)).all()
        for stream_id, part in parts_of(rows, tier.step_s, numbers):
            found.setdefault(stream_id, []).append(part)
    return found


def curves(
    stream_ids: Sequence[str], series: Sequence[Series], parts: Mapping[str, list[Part]], grid: Grid
) -> tuple[Curve, ...]:
    """Curves of the streams and series that have any point, in the order asked for."""
    at = tuple(float(grid.starts_at + place * grid.step_s) for place in range(grid.points))
    found = []
    for stream_id in stream_ids:
        mine = parts.get(stream_id, [])
        whole = combine(mine, numbers_of(mine), grid.starts_at, grid.step_s, grid.points)
        rows = {int(number): row for row, number in enumerate(whole.numbers)}
        found += [
            _curve(stream_id, one, whole, rows[one.number], grid.step_s, at)
            for one in series
            if one.number in rows and whole.count[rows[one.number]].any()
        ]
    return tuple(found)


def series_between(connection: Connection, stream_id: str, wanted: Range, grid: Grid) -> set[Series]:
    """Series measured on a stream in a range, but for the minutes that are not stored yet."""
    numbers: set[int] = set()
    for tier in dict.fromkeys((grid.tier, RAW)):
        for row in connection.execute(_chunks_of([stream_id], tier, wanted.begins_at, wanted.ends_at)):
            try:
                numbers.update(numbers_in(row.data))
            except DamagedChunk:  # it is told when its points are read
                continue
    return {series for number in numbers if (series := series_of_number(number)) is not None}


def changes_between(
    connection: Connection, stream_id: str, begins_at: float, ends_at: float
) -> list[StreamChange]:
    """Changes of a stream, the newest last."""
    query = (
        select(changes.c.stream_id, changes.c.at, changes.c.kind, changes.c.text)
        .where(changes.c.stream_id == stream_id, changes.c.at >= begins_at, changes.c.at < ends_at)
        .order_by(changes.c.at.desc())
        .limit(MOST_CHANGES)
    )
    rows = connection.execute(query).mappings().all()
    return [StreamChange.model_validate(dict(row)) for row in reversed(rows)]


def _chunks_of(stream_ids: Collection[str], tier: Tier, begins_at: float, ends_at: float) -> Select[Any]:
    return (
        select(chunks.c.stream_id, chunks.c.starts_at, chunks.c.data)
        .where(
            chunks.c.stream_id.in_(stream_ids),
            chunks.c.step_s == tier.step_s,
            chunks.c.starts_at >= tier.start_of(begins_at),
            chunks.c.starts_at < ends_at,
        )
        .order_by(chunks.c.stream_id, chunks.c.starts_at)
    )


def _curve(
    stream_id: str, series: Series, whole: Chunk, row: int, step_s: int, at: tuple[float, ...]
) -> Curve:
    void = whole.count[row] == 0

    def column(values: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> tuple[float, ...]:
        scaled = np.where(void, np.nan, values * series.kind.quantum)
        return tuple(scaled.tolist())

    return Curve(
        stream_id,
        series,
        step_s,
        at,
        column(whole.value[row]),
        column(whole.low[row]),
        column(whole.high[row]),
    )
