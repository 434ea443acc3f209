"""What a processor's first packets tell before it posts itself."""

from __future__ import annotations

from ibe100.runner.telemetry.first_packets import LEAST_S, MOST_S, FirstPackets

VIDEO = b"\x47\x41\x00\x10" + bytes(184)
NULL = b"\x47\x1f\xff\x10" + bytes(184)
DATAGRAM = bytes(12) + (VIDEO * 3 + NULL) * 5
PTS = {0x100: (900_000, 99.9)}


def test_bitrates_and_pts_are_told_once_they_are_known_and_until_the_processor_posts() -> None:
    first = FirstPackets()
    assert first.look([], PTS, 99.0) is None
    told = {}
    for turn in range(20):
        now = 100.0 + turn / 8
        if facts := first.look([DATAGRAM], PTS, now):
            told[turn] = facts
    assert list(told) == [turn for turn in range(20) if LEAST_S <= turn / 8 <= MOST_S]
    assert told[8] == {
        "bitrate_bps": 9 * 20 * 188 * 8,
        "null_bps": 9 * 5 * 188 * 8,
        "pts": {"256": [900_000, 1.1]},
    }


def test_a_stream_without_pts_waits_for_the_processor() -> None:
    first = FirstPackets()
    assert [first.look([DATAGRAM], {}, 100.0 + turn / 10) for turn in range(20)] == [None] * 20
