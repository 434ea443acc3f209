"""Packets out of byte streams that begin anywhere, and the bounded queue to the chain."""

import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.packet_ring import PacketRing
from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.packets.packet_aligner import PacketAligner
from ibe100.mpegts.constants import PACKET_SIZE


def packets(count: int, first: int = 0) -> bytes:
    """Packets that differ, without a sync byte inside."""
    return b"".join(b"\x47" + bytes(((first + n) % 60,)) * (PACKET_SIZE - 1) for n in range(count))


@given(
    garbage=st.binary(max_size=400).map(lambda data: data.replace(b"\x47", b"\x00")),
    count=st.integers(5, 30),
    cuts=st.lists(st.integers(0, 6000), max_size=12),
)
def test_every_packet_comes_out_once_however_the_bytes_are_cut(
    garbage: bytes, count: int, cuts: list[int]
) -> None:
    stream = packets(count)
    data = garbage + stream
    aligner = PacketAligner()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    out = b"".join(aligner.feed(data[a:b]) for a, b in pairwise(edges))
    assert out + aligner.finish() == stream
    assert aligner.skipped_bytes == len(garbage)
    assert aligner.waiting_bytes == 0


@given(lost=st.integers(1, 187), before=st.integers(5, 12), after=st.integers(5, 12))
def test_a_loss_costs_only_the_torn_packets(lost: int, before: int, after: int) -> None:
    data = packets(before)[:-lost] + packets(after, 30)
    aligner = PacketAligner()
    out = aligner.feed(data) + aligner.finish()
    assert out == packets(before - 1) + packets(after, 30)
    assert aligner.skipped_bytes == PACKET_SIZE - lost


def test_bytes_without_packets_are_counted_and_not_kept() -> None:
    aligner = PacketAligner()
    assert aligner.feed(b"\x00" * 1_000_000) == b""
    assert aligner.waiting_bytes < 5 * PACKET_SIZE
    assert aligner.finish() == b""
    assert aligner.skipped_bytes == 1_000_000


def test_a_live_queue_drops_the_oldest_and_says_how_many() -> None:
    queue = PacketRing(10 * PACKET_SIZE)
    assert [queue.offer(packets(4, first)) for first in (0, 4, 8)] == [0, 0, 4]
    taken = queue.take(100, 0)
    assert taken is not None
    assert taken.tobytes() == packets(8, 4)
    assert queue.take(100, 0) is None


def test_a_patient_source_waits_for_room_and_is_released_at_the_end() -> None:
    queue = PacketRing(4 * PACKET_SIZE)
    results = []

    def feed() -> None:
        results.extend(queue.put(packets(3, first)) for first in range(0, 30, 3))

    feeder = threading.Thread(target=feed)
    feeder.start()
    received = b""
    while len(received) < 12 * PACKET_SIZE:
        part = queue.take(2, 10)
        assert part is not None
        received += part.tobytes()
    queue.end()
    feeder.join(60)
    assert not feeder.is_alive()
    assert received == packets(12)
    assert results[:4] == [True] * 4
    assert results[-1] is False


def test_what_is_queued_comes_before_the_failure() -> None:
    queue = PacketRing(1 << 20)
    queue.put(packets(2))
    queue.fail(PluginError("the server is gone"))
    assert len(queue.peek(10, 0)) == 2
    taken = queue.take(10, 0)
    assert taken is not None
    assert taken.shape == (2, PACKET_SIZE)
    assert taken.flags.writeable
    with pytest.raises(PluginError, match="the server is gone"):
        queue.take(10, 0)


def test_a_bug_in_the_feeding_thread_is_no_silent_stall() -> None:
    queue = PacketRing(1 << 20)
    queue.fail(ZeroDivisionError())
    with pytest.raises(RuntimeError):
        queue.take(10, 0)


def test_the_end_is_an_empty_block() -> None:
    queue = PacketRing(1 << 20)
    queue.end()
    taken = queue.take(10, 0)
    assert taken is not None
    np.testing.assert_array_equal(taken, np.empty((0, PACKET_SIZE)))
