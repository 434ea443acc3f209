"""Intervals and jitter of PCRs, held against streams whose jitter is known."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.runner.telemetry.pcr_watch import PCR_HZ, PcrWatch, jitter_us

PACKETS_PER_S = 1000
EVERY = 25
"""Packets from one PCR to the next."""
MODULO = (1 << 33) * 300


def field(pcr: int) -> bytes:
    base, extension = divmod(pcr % MODULO, 300)
    return (base << 15 | 0x7E00 | extension).to_bytes(6, "big")


def true_pcr(number: int, begin: int = 0) -> int:
    return begin + number * PCR_HZ // PACKETS_PER_S


def second(watch: PcrWatch, now: float, off: dict[int, int], begin: int = 0) -> object:
    """A second of PCRs; `off` by the place of a PCR, in ticks of 27 MHz."""
    watch.told(now - 1.0)
    for place in range(40):
        number = place * EVERY
        watch.take(0x100, number, field(true_pcr(number, begin) + off.get(place, 0)))
    return watch.told(now)


@given(begin=st.integers(0, MODULO - 1))
def test_pcrs_in_their_place_have_no_jitter_wherever_they_wrap(begin: int) -> None:
    assert second(PcrWatch(), 10.0, {}, begin) == {"256": [25.0, pytest.approx(0.0, abs=0.04)]}


@given(place=st.integers(1, 38), off_us=st.floats(-900.0, 900.0))
def test_one_that_is_off_is_the_peak(place: int, off_us: float) -> None:
    ticks = round(off_us * PCR_HZ / 1e6)
    told = second(PcrWatch(), 10.0, {place: ticks})
    assert told == {
        "256": [pytest.approx(25.0 + abs(off_us) / 1000, abs=0.001), pytest.approx(abs(off_us), abs=0.1)]
    }


def test_a_bitrate_that_is_not_constant_has_no_jitter() -> None:
    rng = random.Random(1)
    number, points = 0, []
    for place in range(40):
        points.append((number, place * PCR_HZ // 40))
        number += rng.randrange(5, 60)
    assert jitter_us(points) is None


def test_few_pcrs_tell_an_interval_and_no_jitter() -> None:
    watch = PcrWatch()
    watch.told(9.0)
    for place in range(5):
        watch.take(0x100, place * 100, field(true_pcr(place * 100)))
    assert watch.told(10.0) == {"256": [100.0, None]}
    assert watch.told(10.5) is None
    assert watch.told(11.0) is None, "nothing came"


def test_over_a_gap_and_a_jump_nothing_is_measured() -> None:
    watch = PcrWatch()
    watch.told(9.0)
    watch.take(0x100, 0, field(0))
    watch.miss()
    watch.take(0x100, 500, field(true_pcr(500)))
    watch.take(0x100, 525, field(true_pcr(525)))
    watch.take(0x100, 550, field(true_pcr(550) + 5 * PCR_HZ))
    watch.take(0x100, 575, field(true_pcr(575) + 5 * PCR_HZ))
    assert watch.told(10.0) == {"256": [25.0, None]}


def test_the_interval_over_the_end_of_a_second_counts() -> None:
    watch = PcrWatch()
    second(watch, 10.0, {})
    watch.take(0x100, 1000, field(true_pcr(1000)))
    assert watch.told(11.0) == {"256": [25.0, None]}
