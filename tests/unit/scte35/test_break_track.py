"""Breaks at one place by their sections: which of them are faults, and which only look like it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.break_track import BreakFault, BreakTrack
from ibe100.scte35.cues import splice_insert, time_signal
from ibe100.scte35.section import encode
from ibe100.scte35.values import SegmentationDescriptor, SpliceInfoSection, SpliceInsert

LONGEST_S = 900.0
OVERRUN, NO_IN, NO_OUT = BreakFault.OVERRUN, BreakFault.OUT_WITHOUT_IN, BreakFault.IN_WITHOUT_OUT
BEGAN = 1_000_000.0


def out(event: int = 1, duration_s: float | None = 30.0, *, itself: bool = False) -> bytes:
    ticks = None if duration_s is None else round(duration_s * PTS_HZ)
    return encode(splice_insert(event, True, duration_pts=ticks, auto_return=itself))


def back(event: int = 1) -> bytes:
    return encode(splice_insert(event, False))


def segment(event: int, type_id: int, duration_s: float | None = None) -> bytes:
    ticks = None if duration_s is None else round(duration_s * PTS_HZ)
    descriptor = SegmentationDescriptor(event, segmentation_duration=ticks, segmentation_type_id=type_id)
    return encode(time_signal(descriptor))


def cancel(event: int) -> bytes:
    return encode(SpliceInfoSection(command=SpliceInsert(event, splice_event_cancel_indicator=True)))


class Place:
    """A place whose clock only the test moves."""

    def __init__(self) -> None:
        self.track = BreakTrack()
        self.now = BEGAN

    def at(self, second: float, section: bytes | None = None, ahead_s: float = 0.0) -> set[BreakFault]:
        """Go to a second of the test, take a section there, and say what is wrong right after it."""
        self.now = BEGAN + second
        if section is not None:
            self.track.take(section, self.now, ahead_s)
        return set(self.track.judge(self.now, LONGEST_S))


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_break_is_an_overrun_from_its_announced_end_until_its_return(place: Place) -> None:
    assert place.at(0, out()) == set()
    assert place.at(30.5) == set(), "a return that comes with its splice is told a moment later"
    assert place.at(30.7) == {OVERRUN}
    found = place.track.judge(place.now, LONGEST_S)[OVERRUN]
    assert found.since == BEGAN + 30
    assert found.words == "event 0x00000001: 30 s were announced, and no return came"
    assert place.at(95) == {OVERRUN}
    assert place.at(96, back()) == set()


def test_the_announced_duration_counts_from_the_splice_and_not_from_the_section(place: Place) -> None:
    place.at(0, out(), ahead_s=6.0)
    assert place.at(35.9) == set()
    assert place.at(36.7) == {OVERRUN}


def test_a_return_that_was_announced_ends_the_break_at_its_splice(place: Place) -> None:
    place.at(0, out())
    assert place.at(24, back(), ahead_s=6.0) == set()
    assert place.track.is_in_break
    assert place.at(30.1) == set()
    assert not place.track.is_in_break


def test_a_break_with_auto_return_ends_itself_and_its_return_may_still_be_sent(place: Place) -> None:
    place.at(0, out(itself=True))
    assert place.at(31) == set()
    assert place.at(32, back()) == set()


def test_repeats_of_a_cue_are_one_cue(place: Place) -> None:
    for second in range(3):
        place.at(second, out(), ahead_s=6.0 - second)
    place.at(20, back())
    for second in (21, 22):
        assert place.at(second, back()) == set()


@pytest.mark.parametrize("rest_s, ends", [(40.0, 50.0), (5.0, 15.0)])
def test_a_break_that_is_announced_again_on_air_ends_after_what_is_left(
    place: Place, rest_s: float, ends: float
) -> None:
    place.at(0, out(duration_s=30.0))
    place.at(10, out(duration_s=rest_s))
    assert place.at(ends - 0.1) == set()
    assert place.at(ends + 0.7) == {OVERRUN}


def test_a_cue_that_was_called_off_begins_no_break(place: Place) -> None:
    place.at(0, out(), ahead_s=6.0)
    place.at(3, cancel(1))
    assert place.at(60) == set()
    assert not place.track.is_in_break
    assert place.at(61, out(2)) == set()


def test_breaks_that_follow_each_other_without_a_return_between_are_chained(place: Place) -> None:
    place.at(0, out(1))
    assert place.at(29, out(2), ahead_s=1.0) == set()
    assert place.at(31) == set()
    assert place.at(45, back(2)) == set()


def test_a_break_that_begins_in_another_leaves_that_without_its_return(place: Place) -> None:
    place.at(0, out(1))
    assert place.at(10, out(2)) == {NO_IN}
    assert place.at(20, back(2)) == set()


def test_a_return_may_have_an_id_of_its_own(place: Place) -> None:
    place.at(0, out(1))
    assert place.at(30, back(2)) == set()
    assert place.at(60) == set()


def test_a_return_without_a_break_is_told_until_the_next_break(place: Place) -> None:
    place.at(0, out(1))
    place.at(20, back(1))
    assert place.at(90, back(9)) == {NO_OUT}
    assert place.at(200, out(3)) == set()


def test_the_first_return_may_end_a_break_that_nobody_saw_begin(place: Place) -> None:
    assert place.at(0, back(1)) == set()
    place.at(100, out(2))
    place.track.forget()
    assert place.at(300) == set(), "its return may have come meanwhile"
    assert place.at(301, back(2)) == set()


def test_a_break_that_announces_no_duration_may_last_so_long_and_no_longer(place: Place) -> None:
    place.at(0, out(duration_s=None))
    assert place.at(LONGEST_S - 1) == set()
    assert place.at(LONGEST_S + 1) == {NO_IN}
    assert place.at(LONGEST_S + 2, back()) == set()


def test_ads_within_a_break_begin_and_end_beside_it(place: Place) -> None:
    place.at(0, segment(1, 0x34, 60.0))
    place.at(0.5, segment(1, 0x30, 30.0))
    assert place.at(30.5, segment(1, 0x31)) == set()
    assert place.at(31, segment(2, 0x30, 29.0)) == set()
    assert place.at(60, segment(2, 0x31)) == set()
    assert place.at(60.1, segment(1, 0x35)) == set()


def test_a_sender_that_tells_no_ends_of_segments_is_believed_their_durations(place: Place) -> None:
    place.at(0, segment(1, 0x30, 30.0))
    assert place.at(40) == set()
    place.at(50, segment(2, 0x30, 30.0))
    place.at(80, segment(2, 0x31))
    place.at(100, segment(3, 0x30, 30.0))
    assert place.at(131) == {OVERRUN}, "it tells them, as it has shown"


def test_damaged_sections_and_floods_change_nothing(place: Place) -> None:
    place.at(0, out())
    for number in range(5000):
        place.track.take(out(100 + number % 300, 60.0), place.now, 100.0)
        place.track.take(out()[:-3] + b"abc", place.now)
    assert place.at(5) == set()


@pytest.mark.parametrize("seed", range(8))
def test_sixty_breaks_of_every_kind_raise_what_is_wrong_with_them_and_nothing_else(seed: int) -> None:
    """Right and wrong breaks at random; each is looked at ten times a second, and told within one."""
    chance, place, second = random.Random(seed), Place(), 0.0
    place.at(0, out(10_000, 1.0))
    place.at(1, back(10_000))
    for event in range(1, 61):
        second += chance.uniform(40, 60)
        duration_s = chance.choice((10.0, 15.0, 30.0))
        kind = chance.choice(list(KINDS))
        steps, wanted = KINDS[kind](event, duration_s, chance)
        found: dict[BreakFault, float] = {}
        until_s = max(at for at, _, _ in steps) + duration_s + 10
        moments = [(tenth / 10, b"", 0.0) for tenth in range(round(until_s * 10))]
        for at, section, ahead_s in sorted([*steps, *moments], key=lambda step: step[0]):
            for fault in place.at(second + at, section or None, ahead_s):
                found.setdefault(fault, at)
        assert set(found) == set(wanted), (seed, event, kind)
        for fault, due in wanted.items():
            assert due <= found[fault] <= due + 1.0, (seed, event, kind)
        second += until_s
        place.at(second, out(20_000 + event, 1.0))
        place.at(second + 1, back(20_000 + event))
        second += 1


Step = tuple[float, bytes, float]
Steps = tuple[list[Step], dict[BreakFault, float]]


def _well(event: int, duration_s: float, chance: random.Random) -> Steps:
    ahead = chance.uniform(0, 8)
    return [(0, out(event, duration_s), ahead), (ahead + duration_s - 2, back(event), 2.0)], {}


def _early(event: int, duration_s: float, chance: random.Random) -> Steps:
    return [(0, out(event, duration_s), 0.0), (duration_s * chance.uniform(0.2, 0.8), back(event), 0.0)], {}


def _itself(event: int, duration_s: float, chance: random.Random) -> Steps:
    return [(0, out(event, duration_s, itself=True), chance.uniform(0, 8))], {}


def _called_off(event: int, duration_s: float, chance: random.Random) -> Steps:
    return [(0, out(event, duration_s), 6.0), (chance.uniform(0.5, 5), cancel(event), 0.0)], {}


def _extended(event: int, duration_s: float, chance: random.Random) -> Steps:
    at = duration_s * chance.uniform(0.3, 0.9)
    return [
        (0, out(event, duration_s), 0.0),
        (at, out(event, duration_s + 20), 0.0),
        (at + duration_s + 19.5, back(event), 0.4),
    ], {}


def _chained(event: int, duration_s: float, chance: random.Random) -> Steps:
    return [
        (0, out(event, duration_s), 0.0),
        (duration_s - 4, out(event + 500, 10.0), 4.0 + chance.uniform(0, 0.4)),
        (duration_s + 9, back(event + 500), 0.5),
    ], {}


def _without_return(event: int, duration_s: float, chance: random.Random) -> Steps:
    ahead = chance.uniform(0, 8)
    return [(0, out(event, duration_s), ahead)], {OVERRUN: ahead + duration_s}


def _late(event: int, duration_s: float, chance: random.Random) -> Steps:
    return [(0, out(event, duration_s), 0.0), (duration_s + 8, back(event), 0.0)], {OVERRUN: duration_s}


def _return_only(event: int, duration_s: float, chance: random.Random) -> Steps:
    return [(0, back(event), 0.0)], {NO_OUT: 0.0}


def _within(event: int, duration_s: float, chance: random.Random) -> Steps:
    return [
        (0, out(event, duration_s), 0.0),
        (4, out(event + 500, 10.0), 0.0),
        (13, back(event + 500), 0.0),
    ], {NO_IN: 4.0}


KINDS: dict[str, Callable[[int, float, random.Random], Steps]] = {
    made.__name__: made
    for made in (
        *(_well, _early, _itself, _called_off, _extended, _chained),
        *(_without_return, _late, _return_only, _within),
    )
}
