"""Cues of a stream as tags of its HLS playlist."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.hls.breaks import Breaks
from ibe100.scte35 import cues
from ibe100.scte35.section import encode
from ibe100.scte35.values import SegmentationDescriptor

NOW, DATE = 90_000, 1_795_000_000.0
SECOND = 90_000


def breaks() -> Breaks:
    """With a picture of PTS 1 s at a date."""
    fresh = Breaks()
    fresh.anchor(NOW, DATE)
    return fresh


def out(
    event_id: int = 1, at: int | None = 5 * SECOND, seconds: float | None = 60.0, returns: bool = False
) -> bytes:
    duration = None if seconds is None else round(seconds * SECOND)
    section = cues.splice_insert(
        event_id, out_of_network=True, pts_time=at, duration_pts=duration, auto_return=returns
    )
    return encode(section)


def back(event_id: int = 1, at: int | None = None) -> bytes:
    return encode(cues.splice_insert(event_id, out_of_network=False, pts_time=at))


def hexadecimal(section: bytes) -> str:
    return f"0x{section.hex().upper()}"


def test_a_break_is_announced_cut_continued_and_ended() -> None:
    told, cue, end = breaks(), out(), back(at=30 * SECOND)
    told.take(cue, NOW)
    assert told.date_ranges(DATE) == [
        '#EXT-X-DATERANGE:ID="splice-00000001",START-DATE="2026-11-18T11:06:44.000Z",'
        f"PLANNED-DURATION=60.000,SCTE35-OUT={hexadecimal(cue)}"
    ]
    assert told.is_due(4 * SECOND) is None
    assert told.is_due(5 * SECOND + 3600) == pytest.approx(0.04)
    assert told.tags(5 * SECOND) == ("#EXT-X-CUE-OUT:60.000",)
    assert told.is_due(5 * SECOND) is None
    assert told.tags(11 * SECOND) == ("#EXT-X-CUE-OUT-CONT:ElapsedTime=6.000,Duration=60.000",)
    told.take(end, 25 * SECOND)
    assert told.is_due(30 * SECOND) == 0.0
    assert told.tags(30 * SECOND) == ("#EXT-X-CUE-IN",)
    assert told.tags(36 * SECOND) == ()
    assert told.date_ranges(DATE)[1] == (
        '#EXT-X-DATERANGE:ID="splice-00000001",START-DATE="2026-11-18T11:06:44.000Z",'
        f"DURATION=25.000,SCTE35-IN={hexadecimal(end)}"
    )


def test_a_break_that_returns_by_itself_ends_with_its_duration() -> None:
    told = breaks()
    told.take(out(seconds=10.0, returns=True), NOW)
    told.tags(5 * SECOND)
    assert told.is_due(14 * SECOND) is None
    assert told.is_due(15 * SECOND) == 0.0
    assert told.tags(15 * SECOND) == ("#EXT-X-CUE-IN",)
    assert told.date_ranges(DATE)[1].endswith(",DURATION=10.000")


def test_an_immediate_cue_takes_effect_at_the_next_picture_and_its_repeats_change_nothing() -> None:
    told, cue = breaks(), out(at=None, seconds=None)
    for _ in range(3):
        told.take(cue, NOW)
    assert told.is_due(NOW + 3600) is not None
    assert told.tags(NOW + 3600) == ("#EXT-X-CUE-OUT",)
    told.take(cue, 3 * SECOND)
    assert told.is_due(4 * SECOND) is None
    assert len(told.date_ranges(DATE)) == 1


def test_a_cancelled_break_leaves_nothing() -> None:
    told = breaks()
    told.take(out(), NOW)
    told.take(encode(cues.cancel(1)), NOW)
    assert told.is_due(5 * SECOND) is None
    assert told.date_ranges(DATE) == []


def test_a_return_with_a_rising_id_ends_the_break_before_it() -> None:
    told = breaks()
    told.take(out(1), NOW)
    told.tags(5 * SECOND)
    told.take(back(2), 20 * SECOND)
    assert told.tags(20 * SECOND) == ("#EXT-X-CUE-IN",)
    assert 'ID="splice-00000001"' in told.date_ranges(DATE)[1]


def signal(event_id: int, type_id: int, at: int, seconds: float = 0.0) -> bytes:
    segmentation = SegmentationDescriptor(
        event_id, segmentation_type_id=type_id, segmentation_duration=round(seconds * SECOND) or None
    )
    section = cues.time_signal(segmentation, pts_time=at)
    return encode(section)


def test_an_ad_inside_a_placement_opportunity_is_a_date_range_of_its_own() -> None:
    told = breaks()
    told.take(signal(7, 0x34, 5 * SECOND, 60), NOW)
    told.take(signal(8, 0x30, 10 * SECOND, 30), NOW)
    assert told.tags(5 * SECOND) == ("#EXT-X-CUE-OUT:60.000",)
    assert told.tags(10 * SECOND) == ("#EXT-X-CUE-OUT-CONT:ElapsedTime=5.000,Duration=60.000",)
    told.take(signal(8, 0x31, 40 * SECOND), 35 * SECOND)
    assert told.tags(40 * SECOND) == ("#EXT-X-CUE-OUT-CONT:ElapsedTime=35.000,Duration=60.000",)
    told.take(signal(7, 0x35, 65 * SECOND), 60 * SECOND)
    assert told.tags(65 * SECOND) == ("#EXT-X-CUE-IN",)
    names = [line.partition('ID="')[2].partition('"')[0] for line in told.date_ranges(DATE)]
    assert names == ["segmentation-00000007"] * 2 + ["segmentation-00000008"] * 2


@pytest.mark.parametrize("first_told", [7, 8])
def test_breaks_that_meet_end_and_begin_and_the_longest_holds_those_inside_it(first_told: int) -> None:
    told = breaks()
    told.take(signal(1, 0x34, 3 * SECOND, 60), NOW)
    told.tags(3 * SECOND)
    starts = {7: signal(7, 0x34, 5 * SECOND, 60), 8: signal(8, 0x30, 5 * SECOND, 30)}
    for cue in (starts.pop(first_told), *starts.values(), signal(1, 0x35, 5 * SECOND)):
        told.take(cue, 4 * SECOND)
    assert told.tags(5 * SECOND) == ("#EXT-X-CUE-IN", "#EXT-X-CUE-OUT:60.000")
    assert told.is_due(35 * SECOND) is None


def test_a_programme_that_begins_is_a_command_and_cuts_nothing() -> None:
    told = breaks()
    told.take(signal(9, 0x10, 5 * SECOND), NOW)
    assert told.is_due(5 * SECOND) is None
    (line,) = told.date_ranges(DATE)
    assert line.startswith(
        '#EXT-X-DATERANGE:ID="command-1",START-DATE="2026-11-18T11:06:44.000Z",SCTE35-CMD=0xFC'
    )


def test_ranges_leave_with_the_segments_they_speak_of() -> None:
    told = breaks()
    told.take(out(seconds=10.0, returns=True), NOW)
    told.tags(5 * SECOND)
    told.tags(15 * SECOND)
    assert told.date_ranges(DATE + 14.0) != []
    assert told.date_ranges(DATE + 14.5) == []


def test_what_is_no_cue_and_what_is_long_past_changes_nothing() -> None:
    told = breaks()
    told.take(b"\xfc\x30\x00", NOW)
    told.take(encode(cues.splice_null()), NOW)
    told.take(out(at=5 * SECOND), 60 * SECOND)
    assert told.is_due(60 * SECOND) is None
    assert told.tags(60 * SECOND) == ()
    assert told.date_ranges(DATE) == []


def test_a_leap_of_the_pts_takes_back_what_was_announced_before_it() -> None:
    told = breaks()
    told.take(out(at=50 * SECOND), NOW)
    told.jump(NOW, NOW + 3600 * SECOND)
    assert told.is_due(60 * SECOND) is None


def test_a_splice_time_is_adjusted_and_wraps() -> None:
    told = breaks()
    section = cues.splice_insert(1, out_of_network=True, pts_time=2**33 - SECOND)
    told.take(encode(replace(section, pts_adjustment=3 * SECOND)), NOW)
    assert told.is_due(2 * SECOND) == 0.0


def test_a_break_lasts_as_long_over_a_leap_of_the_clock() -> None:
    told = breaks()
    told.take(out(seconds=60.0, returns=True), NOW)
    told.tags(5 * SECOND)
    told.jump(20 * SECOND, SECOND)
    told.anchor(SECOND, DATE + 19)
    assert told.tags(6 * SECOND) == ("#EXT-X-CUE-OUT-CONT:ElapsedTime=20.000,Duration=60.000",)
    assert told.is_due(45 * SECOND) is None
    assert told.is_due(46 * SECOND) == 0.0
    assert told.tags(46 * SECOND) == ("#EXT-X-CUE-IN",)


def test_a_cue_that_is_corrected_before_its_time_is_told_as_it_was_said_last() -> None:
    told, first, last = breaks(), out(at=8 * SECOND, seconds=6.0), out(at=12 * SECOND, seconds=10.0)
    told.take(first, 3 * SECOND)
    told.take(last, 5 * SECOND)
    assert told.date_ranges(DATE) == [
        '#EXT-X-DATERANGE:ID="splice-00000001",START-DATE="2026-11-18T11:06:51.000Z",'
        f"PLANNED-DURATION=10.000,SCTE35-OUT={hexadecimal(last)}"
    ]
    assert told.is_due(8 * SECOND) is None
    assert told.tags(12 * SECOND) == ("#EXT-X-CUE-OUT:10.000",)
    told.take(first, 13 * SECOND)  # a repeat that is late
    assert told.tags(22 * SECOND) == ("#EXT-X-CUE-IN",)


def test_a_correction_that_is_taken_back_holds_too() -> None:
    told, first = breaks(), out(at=8 * SECOND)
    for cue in (first, out(at=12 * SECOND), first):
        told.take(cue, 3 * SECOND)
    assert told.tags(8 * SECOND) == ("#EXT-X-CUE-OUT:60.000",)
    assert told.is_due(12 * SECOND) is None


@pytest.mark.parametrize("cue", [out, lambda **of: signal(1, 0x34, of["at"], of["seconds"])])
def test_a_break_that_is_extended_while_it_runs_ends_later(cue: Callable[..., bytes]) -> None:
    told = breaks()
    told.take(cue(at=5 * SECOND, seconds=6.0), NOW)
    told.tags(5 * SECOND)
    told.take(cue(at=5 * SECOND, seconds=14.0), 8 * SECOND)
    assert told.tags(11 * SECOND) == ("#EXT-X-CUE-OUT-CONT:ElapsedTime=6.000,Duration=14.000",)
    assert "PLANNED-DURATION=14.000" in told.date_ranges(DATE)[0]
    assert told.is_due(18 * SECOND) is None
    assert told.tags(19 * SECOND) == ("#EXT-X-CUE-IN",)


def test_a_return_that_is_moved_ends_the_break_when_it_was_said_last() -> None:
    told = breaks()
    told.take(out(), NOW)
    told.tags(5 * SECOND)
    told.take(back(at=20 * SECOND), 10 * SECOND)
    told.take(back(at=30 * SECOND), 12 * SECOND)
    assert told.is_due(20 * SECOND) is None
    assert told.tags(30 * SECOND) == ("#EXT-X-CUE-IN",)


@pytest.mark.parametrize("cue", [out(seconds=6.0), signal(1, 0x34, 5 * SECOND, 6)])
def test_a_break_whose_return_is_lost_is_over_after_its_duration(cue: bytes) -> None:
    told = breaks()
    told.take(cue, NOW)
    told.tags(5 * SECOND)
    assert told.tags(10 * SECOND) == ("#EXT-X-CUE-OUT-CONT:ElapsedTime=5.000,Duration=6.000",)
    assert told.is_due(11 * SECOND) == 0.0
    assert told.tags(12 * SECOND) == ("#EXT-X-CUE-IN",)
    assert told.tags(16 * SECOND) == ()


def test_a_return_after_the_duration_is_told_once_and_its_section_kept() -> None:
    told, end = breaks(), back(at=13 * SECOND)
    told.take(out(seconds=6.0), NOW)
    told.tags(5 * SECOND)
    assert told.tags(11 * SECOND) == ("#EXT-X-CUE-IN",)
    told.take(end, 12 * SECOND)
    assert told.tags(13 * SECOND) == ()
    assert told.date_ranges(DATE)[1].endswith(f",DURATION=8.000,SCTE35-IN={hexadecimal(end)}")


def test_a_break_shorter_than_a_group_of_pictures_begins_and_ends_at_one_segment() -> None:
    told = breaks()
    told.take(out(seconds=2.0, returns=True), NOW)
    assert told.tags(10 * SECOND) == ("#EXT-X-CUE-OUT:2.000", "#EXT-X-CUE-IN")


def test_an_event_id_that_is_used_again_is_another_break() -> None:
    told = breaks()
    told.take(out(seconds=6.0), NOW)
    told.tags(5 * SECOND)
    told.tags(11 * SECOND)
    told.take(out(at=40 * SECOND, seconds=8.0), 36 * SECOND)
    assert told.tags(40 * SECOND) == ("#EXT-X-CUE-OUT:8.000",)
    names = [line.partition('ID="')[2].partition('"')[0] for line in told.date_ranges(DATE)]
    assert names == ["splice-00000001", "splice-00000001-2"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A cue that comes at a second, for one `ahead` of it."""

    second: int
    kind: str
    event_id: int
    ahead: int
    seconds: float | None
    returns: bool

    def section(self) -> bytes:
        at = (self.second + self.ahead) * SECOND
        match self.kind:
            case "out":
                return out(self.event_id, at, self.seconds, self.returns)
            case "in":
                return back(self.event_id, at)
            case "start":
                return signal(self.event_id, 0x34, at, self.seconds or 0)
            case "end":
                return signal(self.event_id, 0x35, at)
        return encode(cues.cancel(self.event_id))


SENT = st.builds(
    Sent,
    st.integers(4, 40),
    st.sampled_from(["out", "in", "start", "end", "cancel"]),
    st.integers(1, 2),
    st.integers(-3, 10),
    st.sampled_from([None, 2.0, 7.0]),
    st.booleans(),
)


@given(st.lists(SENT, max_size=12))
def test_whatever_comes_breaks_begin_and_end_in_turn_and_last_no_longer_than_was_said(
    sent: list[Sent],
) -> None:
    told, is_in_break, is_first = breaks(), False, True
    for second in range(2, 60):
        for one in sent:
            if one.second == second:
                told.take(one.section(), second * SECOND)
        for tag in told.tags(second * SECOND):
            if tag.startswith("#EXT-X-CUE-OUT-CONT"):
                assert is_in_break
                elapsed, _, planned = tag.partition("ElapsedTime=")[2].partition(",Duration=")
                assert float(elapsed) < float(planned or "inf")
            else:
                begins = tag.startswith("#EXT-X-CUE-OUT")
                assert is_first or begins is not is_in_break
                is_in_break, is_first = begins, False
    names = [
        (line.partition('ID="')[2].partition('"')[0], "SCTE35-OUT" in line)
        for line in told.date_ranges(DATE - 100)
    ]
    assert len(set(names)) == len(names)
