"""Noise that is taken for packets is no pulse; a source that is switched is one again at once."""

from __future__ import annotations

import random

from ibe100.runner.noise_watch import REMEMBERED_S, NoiseWatch

KNOWN = (0x0000, 0x0100, 0x0101, 0x1000)


def datagram(pids: list[int], rng: random.Random) -> bytes:
    def packet(pid: int) -> bytes:
        flags = rng.choice((0x00, 0x40, 0x20))
        return bytes((0x47, flags | pid >> 8, pid & 0xFF, 0x10)) + rng.randbytes(184)

    return b"\x80\x21" + bytes(10) + b"".join(packet(pid) for pid in pids)


def settled(rng: random.Random) -> NoiseWatch:
    watch = NoiseWatch()
    for tenth in range(200):
        assert not watch.is_noise(datagram(rng.choices(KNOWN, k=7), rng), tenth / 10)
    return watch


def test_noise_is_none_of_the_stream() -> None:
    rng = random.Random(1)
    watch = settled(rng)
    told = [watch.is_noise(datagram(rng.sample(range(0x1FFF), 33), rng), 20.0 + at) for at in range(40)]
    assert sum(told) >= 35


def test_a_datagram_that_ends_in_noise_is_noise() -> None:
    rng = random.Random(2)
    watch = settled(rng)
    assert watch.is_noise(datagram([0x100, 0x101, 0x100, 0x0EE1, 0x1FFF, 0x1777, 0x1FFF], rng), 20.0)
    assert not watch.is_noise(datagram([0x100, 0x101, 0x0E23, 0x1FFF, 0x1000], rng), 20.1)


def test_the_first_seconds_are_learnt() -> None:
    rng = random.Random(3)
    watch = NoiseWatch()
    assert not watch.is_noise(datagram(rng.sample(range(0x1FFF), 33), rng), 0.0)
    assert not watch.is_noise(datagram(rng.sample(range(0x1FFF), 33), rng), REMEMBERED_S - 0.1)


def test_another_multiplex_is_noise_once_at_most() -> None:
    rng = random.Random(4)
    watch = settled(rng)
    radio = list(range(0x400, 0x41E))
    watch.is_noise(datagram(radio, rng), 20.0)
    assert not any(watch.is_noise(datagram(rng.sample(radio, 30), rng), 20.1 + at / 10) for at in range(50))


def test_rare_tables_and_null_packets_are_no_noise() -> None:
    rng = random.Random(5)
    watch = settled(rng)
    assert not watch.is_noise(datagram([0x100, 0x0014], rng), 20.0)
    assert not watch.is_noise(datagram([0x1FFF] * 7, rng), 20.1)
    assert not watch.is_noise(b"\x80\x21", 20.2)
