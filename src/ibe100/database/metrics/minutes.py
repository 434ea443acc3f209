"""Samples of the minutes that are not on disk yet."""

from __future__ import annotations

import math
import threading
from array import array
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ibe100.database.metrics.chunk import Chunk, plain
from ibe100.database.metrics.points import Part
from ibe100.database.metrics.schema import RAW
from ibe100.models.metrics import KIND_OF_CODE, Series

_EMPTY = array("d", [math.nan]) * RAW.points
_LARGEST = float(1 << 52)


@dataclass(frozen=True, slots=True)
class Sample:
    """Measurements on a stream at one moment."""

    stream_id: str
    at: float
    values: Mapping[Series, float]


class OpenMinutes:
    """A bounded queue of samples, and the minutes they are sorted into. Safe from any thread."""

    def __init__(self, most_samples: int) -> None:
        self._waiting: deque[Sample] = deque()
        self._most = most_samples
        self._minutes: dict[tuple[str, int], dict[int, array[float]]] = {}
        self._lock = threading.Lock()
        self.recorded = 0
        self.dropped = 0

    def put(self, sample: Sample) -> None:
        """Never waits while there is room, not even for `sort`; what finds none is dropped and counted."""
        if len(self._waiting) < self._most:
            self._waiting.append(sample)
            return
        with self._lock:
            self.dropped += len(sample.values)

    def sort(self) -> None:
        """Put what waits into its minutes."""
        with self._lock:
            self._sort()

    def _sort(self) -> None:
        while self._waiting:
            sample = self._waiting.popleft()
            minute = RAW.start_of(sample.at)
            columns = self._minutes.setdefault((sample.stream_id, minute), {})
            slot = int(sample.at) - minute
            for series, value in sample.values.items():
                if not abs(value) < _LARGEST:  # NaN and infinities too
                    self.dropped += 1
                    continue
                column = columns.get(series.number)
                if column is None:
                    column = columns[series.number] = array("d", _EMPTY)
                before = column[slot]
                column[slot] = before + value if series.kind.counts and not math.isnan(before) else value
                self.recorded += 1

    def ended(self, before: float) -> list[tuple[str, int]]:
        """Stream and start of the minutes that were over by then, the oldest first."""
        with self._lock:
            self._sort()
            over = [key for key in self._minutes if key[1] + RAW.span_s <= before]
        return sorted(over, key=lambda key: key[1])

    def chunk(self, key: tuple[str, int]) -> Chunk:
        """The samples of a minute, to be stored."""
        with self._lock:
            return _chunk_of(self._minutes[key])

    def forget(self, key: tuple[str, int]) -> None:
        """A minute that is stored."""
        with self._lock:
            del self._minutes[key]

    def drop(self, key: tuple[str, int]) -> None:
        """A minute that could not be stored for too long."""
        with self._lock:
            columns = self._minutes.pop(key)
            self.dropped += sum(not math.isnan(value) for column in columns.values() for value in column)

    def parts(self, stream_ids: Collection[str], wanted: Collection[int] | None) -> dict[str, list[Part]]:
        """Parts of some streams and series numbers that are not stored yet."""
        found: dict[str, list[Part]] = {}
        with self._lock:
            self._sort()
            for (stream_id, minute), columns in sorted(self._minutes.items()):
                if stream_id not in stream_ids:
                    continue
                if wanted is not None:
                    columns = {number: column for number, column in columns.items() if number in wanted}
                if columns:
                    found.setdefault(stream_id, []).append(Part(minute, RAW.step_s, _chunk_of(columns)))
        return found


def _chunk_of(columns: Mapping[int, array[float]]) -> Chunk:
    numbers = sorted(columns)
    values = np.array([columns[number] for number in numbers], np.float64).reshape(-1, RAW.points)
    quanta = np.array([KIND_OF_CODE[number >> 16].quantum for number in numbers])[:, None]
    present = ~np.isnan(values)
    whole = np.rint(np.where(present, values, 0.0) / quanta).astype(np.int64)
    return plain(np.array(numbers, np.int64), present.astype(np.int64), whole)
