"""A chunk: consecutive points of many series of one stream in a few bytes.

Values are integers (multiples of the series' quantum). Each column is kept as differences from point to
point in as few bytes as they need, the bytes by their significance, all of it compressed: a counter that
stays at zero costs next to nothing, a noisy bitrate one or two bytes a point.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

_HEADER = struct.Struct("<BBBHH")
_VERSION = 1
_LEVEL = 6
_WIDTHS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_PLAIN, _ROLLED_UP = 2, 4


class DamagedChunk(ValueError):
    """The bytes are no chunk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`numbers` ascending, one per row; the other arrays are rows × points.

    `count` tells how many samples a point stands for, 0 where there is none: the rest is void there.
    """

    numbers: Ints
    count: Ints
    value: Ints
    low: Ints
    high: Ints

    @property
    def points(self) -> int:
        return int(self.count.shape[1])


def plain(numbers: Ints, count: Ints, value: Ints) -> Chunk:
    """Points of samples: low and high are the value itself."""
    return Chunk(numbers, count, value, value, value)


def encode(chunk: Chunk, *, rolled_up: bool) -> bytes:
    """Void points are filled in, which costs least."""
    present = chunk.count > 0
    value = _filled(chunk.value, present)
    columns = [chunk.count, value]
    if rolled_up:
        columns += [value - _filled(chunk.low, present), _filled(chunk.high, present) - value]
    matrix = np.concatenate(columns)
    steps = np.diff(matrix, axis=1)
    zigzag = ((steps << 1) ^ (steps >> 63)).view(np.uint64)
    widest = int(zigzag.max(initial=0))
    width = next(width for width in _WIDTHS if widest < 1 << 8 * width)
    first = matrix[:, 0].astype("<i8")
    body = b"".join(
        (
            _planes(chunk.numbers.astype("<u4")),
            _planes(first),
            _planes(zigzag.astype(_WIDTHS[width])),
        )
    )
    rows, points = chunk.count.shape
    head = _HEADER.pack(_VERSION, len(columns), width, rows, points)
    return head + zlib.compress(body, _LEVEL)


def decode(data: bytes, wanted: Collection[int] | None = None) -> Chunk:
    """The rows of the `wanted` series numbers, all of them by default. Raises DamagedChunk."""
    try:
        version, columns, width, rows, points = _HEADER.unpack_from(data)
        if version != _VERSION or columns not in (_PLAIN, _ROLLED_UP) or width not in _WIDTHS:
            raise DamagedChunk("not a chunk of this version")
        body = zlib.decompress(data[_HEADER.size :])
    except (struct.error, zlib.error) as error:
        raise DamagedChunk(str(error)) from error
    lines, steps = columns * rows, max(points - 1, 0)
    if len(body) != 4 * rows + 8 * lines + width * lines * steps:
        raise DamagedChunk("of the wrong length")
    numbers = _from_planes(body, 0, rows, np.dtype("<u4")).astype(np.int64)
    chosen = np.arange(rows) if wanted is None else _rows_of(numbers, frozenset(wanted))
    picked = (np.arange(columns)[:, None] * rows + chosen).ravel()
    first = _from_planes(body, 4 * rows, lines, np.dtype("<i8"))[picked]
    # Only the rows that are wanted are put together again.
    planes = np.frombuffer(body, np.uint8, offset=4 * rows + 8 * lines).reshape(width, lines, steps)[
        :, picked
    ]
    zigzag = np.ascontiguousarray(planes.transpose(1, 2, 0)).view(f"<u{width}")[:, :, 0].astype(np.int64)
    matrix = np.empty((len(picked), points), np.int64)
    matrix[:, 0] = first
    matrix[:, 1:] = (zigzag >> 1) ^ -(zigzag & 1)
    np.cumsum(matrix, axis=1, out=matrix)
    parts = matrix.reshape(columns, len(chosen), points)
    count, value = parts[0], parts[1]
    if columns == _PLAIN:
        return plain(numbers[chosen], count, value)
    return Chunk(numbers[chosen], count, value, value - parts[2], value + parts[3])


def _rows_of(numbers: Ints, wanted: frozenset[int]) -> npt.NDArray[np.intp]:
    """A chunk has some forty rows: Python tells in a tenth of NumPy's time which of them are wanted."""
    return np.array([row for row, number in enumerate(numbers.tolist()) if number in wanted], np.intp)


def numbers_in(data: bytes) -> tuple[int, ...]:
    """Numbers of the series in a chunk, without reading their points. Raises DamagedChunk."""
    try:
        _, _, _, rows, _ = _HEADER.unpack_from(data)
        body = zlib.decompressobj().decompress(data[_HEADER.size :], 4 * rows)
    except (struct.error, zlib.error) as error:
        raise DamagedChunk(str(error)) from error
    if len(body) < 4 * rows:
        raise DamagedChunk("of the wrong length")
    return tuple(_from_planes(body, 0, rows, np.dtype("<u4")).tolist())


def _filled(values: Ints, present: npt.NDArray[np.bool_]) -> Ints:
    """Void points take the value before them, leading ones the first there is."""
    places = np.where(present, np.arange(values.shape[1]), np.argmax(present, axis=1)[:, None])
    np.maximum.accumulate(places, axis=1, out=places)
    return np.take_along_axis(values, places, axis=1)


def _planes(values: npt.NDArray[np.generic]) -> bytes:
    """Bytes by place: all lowest bytes, then all second bytes, and so on."""
    size = values.dtype.itemsize
    flat = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"), copy=False)).reshape(-1)
    return flat.view(np.uint8).reshape(-1, size).T.tobytes()


def _from_planes(body: bytes, offset: int, length: int, dtype: np.dtype[np.generic]) -> Ints:
    size = dtype.itemsize
    planes = np.frombuffer(body, np.uint8, size * length, offset).reshape(size, length)
    return np.ascontiguousarray(planes.T).view(dtype).reshape(-1).astype(np.int64)
