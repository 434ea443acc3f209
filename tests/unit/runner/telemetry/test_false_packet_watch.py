"""Noise that is taken for packets is no pulse; a source that is switched is one again within moments."""

from __future__ import annotations

import random

import pytest

from ibe100.runner.telemetry.false_packet_watch import KNOWN_LOOKS, REMEMBERED_S, FalsePacketWatch

KNOWN = (0x0000, 0x0100, 0x0101, 0x1000)


def datagram(pids: list[int], rng: random.Random) -> bytes:
    def packet(pid: int) -> bytes:
        flags = rng.choice((0x00, 0x40, 0x20))
        return bytes((0x47, flags | pid >> 8, pid & 0xFF, 0x10)) + rng.randbytes(184)

    return b"\x80\x21" + bytes(10) + b"".join(packet(pid) for pid in pids)


def settled(rng: random.Random) -> FalsePacketWatch:
    watch = FalsePacketWatch()
    for tenth in range(200):
        assert not watch.is_false(datagram(rng.choices(KNOWN, k=7), rng), tenth / 10)
    return watch


@pytest.mark.parametrize(("size", "every_s"), [(33, 1.0), (128, 1.0), (128, 0.3), (7, 0.2), (1, 0.1)])
def test_noise_is_none_of_the_stream_however_much_of_it_comes(size: int, every_s: float) -> None:
    rng = random.Random(1)
    watch = settled(rng)
    told = [
        watch.is_false(datagram([rng.randrange(0x1FFF) for _ in range(size)], rng), 20.0 + at * every_s)
        for at in range(60)
    ]
    assert sum(told[3:]) >= 55


def test_a_datagram_that_ends_in_noise_is_noise() -> None:
    rng = random.Random(2)
    watch = settled(rng)
    mixed = [0x100, 0x101, 0x100, 0x0EE1, 0x1FFF, 0x1777, 0x1FFF, 0x0AAA]
    assert watch.is_false(datagram(mixed, rng), 20.0)
    assert not watch.is_false(datagram([0x100, 0x101, 0x0E23, 0x1FFF, 0x1000, 0x100], rng), 20.1)


def test_the_first_seconds_are_learnt() -> None:
    rng = random.Random(3)
    watch = FalsePacketWatch()
    assert not watch.is_false(datagram(rng.sample(range(0x1FFF), 33), rng), 0.0)
    assert not watch.is_false(datagram(rng.sample(range(0x1FFF), 33), rng), REMEMBERED_S - 0.1)


def test_another_multiplex_is_noise_for_moments_only() -> None:
    rng = random.Random(4)
    watch = settled(rng)
    radio = list(range(0x400, 0x41E))
    told = [watch.is_false(datagram(rng.sample(radio, 30), rng), 20.0 + at / 10) for at in range(50)]
    assert not any(told[KNOWN_LOOKS:])


def test_a_stream_that_pauses_for_long_is_known_again_at_once() -> None:
    rng = random.Random(5)
    watch = settled(rng)
    told = [watch.is_false(datagram(rng.choices(KNOWN, k=7), rng), 90.0 + at / 10) for at in range(50)]
    assert not any(told[2 * KNOWN_LOOKS :])


def test_rare_tables_and_null_packets_are_no_noise() -> None:
    rng = random.Random(6)
    watch = settled(rng)
    assert not watch.is_false(datagram([0x100, 0x0014, 0x0012], rng), 20.0)
    assert not watch.is_false(datagram([0x1FFF] * 7, rng), 20.1)
    assert not watch.is_false(b"\x80\x21", 20.2)
