"""2.4 of TR 101 290: a PCR that is off is found, one that is right is not, and VBR is not judged."""

from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.reports.pcr_accuracy import PcrAccuracy
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO

PID = 256


def wrong_at(points: list[tuple[int, int]]) -> list[int]:
    """Indexes of the packets whose PCR was judged wrong."""
    accuracy = PcrAccuracy()
    found = [accuracy.is_wrong(PID, index, pcr % PCR_MODULO) for index, pcr in points]
    return [points[number - 7][0] for number, wrong in enumerate(found) if wrong]


def constant(count: int, bitrate_bps: int, every: int = 53, first_pcr: int = 0) -> list[tuple[int, int]]:
    """PCRs as a multiplexer at a constant bitrate writes them, rounded to a tick."""
    return [
        (number * every, first_pcr + round(number * every * 1504 * PCR_HZ / bitrate_bps))
        for number in range(count)
    ]


@given(st.integers(500_000, 80_000_000), st.integers(5, 300), st.integers(0, PCR_MODULO - 1))
def test_pcrs_of_a_constant_bitrate_are_right_across_the_wrap(
    bitrate_bps: int, every: int, first_pcr: int
) -> None:
    assert wrong_at(constant(60, bitrate_bps, every, first_pcr)) == []


@given(st.integers(500_000, 80_000_000), st.integers(20, 30), st.sampled_from([-1, 1]))
def test_one_pcr_that_is_600_ns_off_is_found_alone(bitrate_bps: int, which: int, sign: int) -> None:
    points = constant(60, bitrate_bps)
    index, pcr = points[which]
    points[which] = (index, pcr + sign * 17)
    assert wrong_at(points) == [index]


def test_400_ns_are_within_the_limit() -> None:
    points = constant(60, 5_000_000)
    points[25] = (points[25][0], points[25][1] + 10)
    assert wrong_at(points) == []


def test_pcrs_that_were_not_restamped_after_remultiplexing_are_wrong() -> None:
    """Each packet moved by up to a packet's length, as where null packets were put between."""
    points = [(index + (number * 7) % 2, pcr) for number, (index, pcr) in enumerate(constant(60, 5_000_000))]
    assert len(wrong_at(points)) > 20


def test_a_variable_bitrate_is_not_judged() -> None:
    pcr, points = 0, []
    for number in range(100):
        points.append((number * 50, pcr))
        pcr += 1_000_000 + 300_000 * (number % 3)
    assert wrong_at(points) == []


def test_a_jump_begins_anew_and_counts_nothing() -> None:
    points = constant(30, 5_000_000)
    later = [(index + 2000, pcr + 10 * PCR_HZ) for index, pcr in points]
    assert wrong_at([*points, *later]) == []
