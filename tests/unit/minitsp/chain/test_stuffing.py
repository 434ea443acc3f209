"""Null packets go in after every M packets, however the input is cut into blocks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.stuffing import InputStuffing, null_packets
from ibe100.mpegts.packet import pids


def numbered(start: int, count: int) -> np.ndarray:
    """Packets whose bytes 4 and 5 count up."""
    packets = np.zeros((count, 188), np.uint8)
    packets[:, 0], packets[:, 2] = 0x47, 0x21
    numbers = np.arange(start, start + count)
    packets[:, 4], packets[:, 5] = numbers >> 8, numbers & 0xFF
    return packets


@given(st.lists(st.integers(0, 60), max_size=30), st.integers(0, 3), st.integers(1, 25))
def test_the_result_does_not_depend_on_the_blocks(sizes: list[int], nulls: int, inputs: int) -> None:
    stuffing = InputStuffing(nulls, inputs)
    blocks, start = [numbered(0, 0)], 0
    for size in sizes:
        blocks.append(stuffing.add(numbered(start, size)))
        start += size
    result = np.concatenate(blocks)
    is_null = pids(result) == 0x1FFF
    assert (result[~is_null] == numbered(0, start)).all()
    expected = [row % (inputs + nulls) >= inputs for row in range(start + start // inputs * nulls)]
    assert is_null.tolist() == expected


def test_the_bitrate_grows_by_the_share_of_null_packets() -> None:
    assert InputStuffing(1, 20).factor == 1.05
    assert InputStuffing(0, 0).factor == 1


def test_null_packets_are_writable_and_separate() -> None:
    packets = null_packets(2)
    packets[0, 5] = 1
    assert packets[1, 5] == 0xFF
