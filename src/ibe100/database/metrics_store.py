"""Store of measurements over time: a file of their own, so that no cue ever waits for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from ibe100.database.metrics.minutes import Sample
from ibe100.database.metrics.query import (
    Grid,
    Range,
    changes_between,
    curves,
    series_between,
    stored_parts,
)
from ibe100.database.metrics.writer import MetricsWriter
from ibe100.database.sql.reader import Reader
from ibe100.database.sql.sqlite import reading_engine, sqlite_url
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.metrics import (
    Curve,
    MetricsHealth,
    Series,
    StreamChange,
    series_of_number,
)

READY_TIMEOUT_S = 10.0
T = TypeVar("T")


class MetricsStore:
    """Opened in the background by its own thread; a file that cannot be used is told and never fatal."""

    def __init__(
        self, path: Path, on_notice: Callable[[str], None], *, wall: Callable[[], float] = time.time
    ) -> None:
        """`on_notice` gets words for the operator, on the writer's thread."""
        self._path = path
        self._wall = wall
        self._engine = reading_engine(sqlite_url(path))
        self._writer = MetricsWriter(path, wall, on_notice, self._engine.dispose)
        self._reader = Reader(self._engine, str(path))

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    async def close(self) -> None:
        """Store what there is."""
        await asyncio.to_thread(self._writer.close)
        self._reader.close()
        self._engine.dispose()

    def record(self, stream_id: str, at: float, values: Mapping[Series, float]) -> None:
        """Take a sample over; never waits, never fails. `at` is wall clock, seconds since the epoch."""
        self._writer.put(Sample(stream_id, at, values))

    def record_change(self, change: StreamChange) -> None:
        """Take a change of a stream over; never waits, never fails."""
        self._writer.change(change)

    def health(self) -> MetricsHealth:
        """State of the store; safe from any thread."""
        minutes = self._writer.minutes
        return MetricsHealth(minutes.recorded, minutes.dropped, self._writer.problem)

    async def curves(
        self,
        stream_ids: Sequence[str],
        series: Sequence[Series],
        begins_at: float,
        ends_at: float,
        points: int = 800,
    ) -> tuple[Curve, ...]:
        """About as many points as asked for at most; series that were not measured are left out.

        Raises StorageError, and ConfigurationError for a range that ends before it begins.
        """
        if not ends_at > begins_at:
            raise ConfigurationError("The range ends before it begins.")
        wanted = Range(begins_at, ends_at, points)
        grid = Grid.of(wanted, self._wall())
        numbers = frozenset(one.number for one in series)

        def work(session: Session) -> tuple[Curve, ...]:
            parts = stored_parts(session.connection(), stream_ids, numbers, wanted, grid)
            # Afterwards: a minute that is being stored meanwhile is rather missed than counted twice.
            for stream_id, fresh in self._writer.minutes.parts(stream_ids, numbers).items():
                parts.setdefault(stream_id, []).extend(fresh)
            return curves(stream_ids, series, parts, grid)

        return await self._read(work)

    async def series(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Series, ...]:
        """Series measured on a stream in that time, by kind and subject. Raises StorageError."""
        wanted = Range(begins_at, ends_at, 1)
        grid = Grid.of(Range(begins_at, ends_at, 300), self._wall())

        def work(session: Session) -> set[Series]:
            return series_between(session.connection(), stream_id, wanted, grid)

        found = await self._read(work)
        for part in self._writer.minutes.parts([stream_id], None).get(stream_id, []):
            if part.starts_at < ends_at and part.starts_at + part.chunk.points > begins_at:
                known = (series_of_number(int(number)) for number in part.chunk.numbers)
                found.update(one for one in known if one is not None)
        return tuple(sorted(found, key=lambda one: one.number))

    async def changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        """Changes of a stream, the newest last. Raises StorageError."""

        def work(session: Session) -> tuple[StreamChange, ...]:
            return tuple(changes_between(session.connection(), stream_id, begins_at, ends_at))

        return await self._read(work)

    async def _read(self, work: Callable[[Session], T]) -> T:
        if not await asyncio.to_thread(self._writer.ready.wait, READY_TIMEOUT_S):
            raise StorageError(f"The metrics file {self._path} is not open yet; try again in a moment.")
        return await self._reader.read(work)
