"""How often the preview looks for datagrams: seldom on a stream of an ordinary bitrate, often in a burst."""

from __future__ import annotations

from ibe100.preview.__main__ import DATAGRAMS_AT_A_LOOK, LONGEST_REST_S, SHORTEST_REST_S, rest_after

KERNEL_HOLDS = 50
"""Datagrams of 28 packets in a receive buffer of 212,992 bytes."""


def rest_at(datagrams_per_s: float, looks: int = 20) -> float:
    """What the rest settles at on a stream that keeps its bitrate."""
    rest_s = SHORTEST_REST_S
    for _ in range(looks):
        rest_s = rest_after(round(datagrams_per_s * rest_s), rest_s)
    return rest_s


def test_an_ordinary_stream_is_looked_for_ten_times_a_second() -> None:
    assert rest_at(5_500_000 / 8 / 5264) >= 0.08


def test_silence_does_not_make_the_rest_longer_than_a_portion_of_sound() -> None:
    assert rest_at(0) == LONGEST_REST_S


def test_a_fast_stream_never_fills_the_kernels_buffer() -> None:
    for mbps in (10, 20, 40, 60, 80):
        datagrams_per_s = mbps * 1e6 / 8 / 5264
        assert datagrams_per_s * rest_at(datagrams_per_s) < KERNEL_HOLDS


def test_a_burst_shortens_the_next_rest_at_once() -> None:
    assert rest_after(10 * DATAGRAMS_AT_A_LOOK, LONGEST_REST_S) == SHORTEST_REST_S
