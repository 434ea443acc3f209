"""Chunks put side by side in time, and added up to coarser points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ibe100.database.metrics.chunk import Chunk, Ints
from ibe100.models.metrics import KIND_OF_CODE

_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk and where it stands in time."""

    starts_at: int
    step_s: int
    chunk: Chunk


def combine(parts: Sequence[Part], numbers: Ints, starts_at: int, step_s: int, points: int) -> Chunk:
    """Combine the points of `parts` from `starts_at` on into `points` points of `step_s`.

    Rows are `numbers`, which ascend; what is not in a part counts for nothing.
    """
    shape = (len(numbers), points)
    total = Chunk(numbers, *(np.zeros(shape, np.int64) for _ in range(4)))
    if not parts or not len(numbers) or not points:
        return total
    at = np.concatenate([_times(part) for part in parts])
    place = (at - starts_at) // step_s
    order = np.argsort(place, kind="stable")
    order = order[(place[order] >= 0) & (place[order] < points)]
    if not len(order):
        return total
    place = place[order]
    heads = np.flatnonzero(np.diff(place, prepend=-1))
    beside = _beside(parts, numbers, len(at))
    count, value, low, high = (column[:, order] for column in beside)
    present = count > 0
    counts = _counting(numbers)[:, None]
    weight = np.where(counts, present, count)
    target = place[heads]
    counted = np.add.reduceat(count, heads, axis=1)
    summed = np.add.reduceat(np.where(present, value * weight, 0), heads, axis=1)
    mean = np.rint(summed / np.maximum(counted, 1)).astype(np.int64)
    total.count[:, target] = counted
    total.value[:, target] = np.where(counts, summed, mean)
    total.low[:, target] = np.minimum.reduceat(np.where(present, low, _FAR), heads, axis=1)
    total.high[:, target] = np.maximum.reduceat(np.where(present, high, -_FAR), heads, axis=1)
    return total


def numbers_of(parts: Sequence[Part]) -> Ints:
    """Numbers of the series in them, ascending."""
    if not parts:
        return np.zeros(0, np.int64)
    return np.unique(np.concatenate([part.chunk.numbers for part in parts]))


def without(part: Part, begins_at: int, ends_at: int) -> Part:
    """`part` with the points of a range taken out."""
    at = _times(part)
    count = np.where((at >= begins_at) & (at < ends_at), 0, part.chunk.count)
    chunk = part.chunk
    return Part(part.starts_at, part.step_s, Chunk(chunk.numbers, count, chunk.value, chunk.low, chunk.high))


def _times(part: Part) -> Ints:
    return part.starts_at + np.arange(part.chunk.points, dtype=np.int64) * part.step_s


def _beside(parts: Sequence[Part], numbers: Ints, width: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Count, value, low and high of all parts in one row per series."""
    whole = np.zeros((4, len(numbers), width), np.int64)
    row_of = {number: row for row, number in enumerate(numbers.tolist())}
    left = 0
    for part in parts:
        chunk, right = part.chunk, left + part.chunk.points
        rows = [row_of.get(number, -1) for number in chunk.numbers.tolist()]
        known = [place for place, row in enumerate(rows) if row >= 0]
        rows = [row for row in rows if row >= 0]
        for column, values in zip(whole, (chunk.count, chunk.value, chunk.low, chunk.high), strict=True):
            column[rows, left:right] = values if len(known) == len(values) else values[known]
        left = right
    return whole[0], whole[1], whole[2], whole[3]


def _counting(numbers: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    kinds = [KIND_OF_CODE.get(int(number) >> 16) for number in numbers]
    return np.array([kind is not None and kind.counts for kind in kinds], np.bool_)
