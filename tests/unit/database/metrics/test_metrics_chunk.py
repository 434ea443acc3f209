"""A chunk of the metrics file comes back as it went in, in few bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ibe100.database.metrics.chunk import Chunk, DamagedChunk, decode, encode, numbers_in, plain

POINT = st.integers(-(1 << 53), 1 << 53)


@st.composite
def chunks(draw: st.DrawFn) -> Chunk:
    numbers = sorted(draw(st.sets(st.integers(0, (1 << 32) - 1), min_size=1, max_size=5)))
    shape = (len(numbers), draw(st.integers(1, 8)))
    count = draw(arrays.arrays(np.int64, shape, elements=st.integers(0, 3600)))
    value, low, high = (draw(arrays.arrays(np.int64, shape, elements=POINT)) for _ in range(3))
    return Chunk(np.array(numbers, np.int64), count, value, low, high)


def assert_same(found: Chunk, expected: Chunk) -> None:
    present = expected.count > 0
    assert np.array_equal(found.numbers, expected.numbers)
    assert np.array_equal(found.count, expected.count)
    for name in ("value", "low", "high"):
        assert np.array_equal(getattr(found, name)[present], getattr(expected, name)[present])


@settings(max_examples=60)
@given(chunks())
def test_rolled_up_points_come_back_as_they_were(chunk: Chunk) -> None:
    assert_same(decode(encode(chunk, rolled_up=True)), chunk)


@settings(max_examples=60)
@given(chunks())
def test_samples_come_back_as_they_were(chunk: Chunk) -> None:
    samples = plain(chunk.numbers, chunk.count, chunk.value)
    data = encode(samples, rolled_up=False)
    assert_same(decode(data), samples)
    assert numbers_in(data) == tuple(chunk.numbers.tolist())


def test_only_the_series_asked_for_are_read() -> None:
    ones = np.ones((3, 60), np.int64)
    chunk = plain(np.array([5, 7, 9]), ones, np.arange(180).reshape(3, 60))
    found = decode(encode(chunk, rolled_up=False), {9, 5, 1000})
    assert found.numbers.tolist() == [5, 9]
    assert found.value[1].tolist() == list(range(120, 180))


def test_forty_counters_at_rest_cost_less_than_a_byte_each() -> None:
    ones = np.ones((40, 60), np.int64)
    chunk = plain(np.arange(40) + (6 << 16), ones, np.zeros((40, 60), np.int64))
    assert len(encode(chunk, rolled_up=False)) < 150


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedChunk):
        decode(data)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(place: int, byte: int) -> None:
    data = bytearray(
        encode(plain(np.array([1]), np.ones((1, 60), np.int64), np.arange(60)[None]), rolled_up=False)
    )
    data[place % len(data)] = byte
    try:
        decode(bytes(data))
    except DamagedChunk:
        return
