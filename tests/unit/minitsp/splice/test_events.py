"""Events are announced, counted, and occur when the stream's PTS reaches them."""

from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.splice.events import Announcement, SpliceEvents, announcements
from ibe100.mpegts.timestamps import PTS_MODULO, pts_add
from ibe100.scte35.cues import cancel, splice_insert, time_signal
from ibe100.scte35.values import SegmentationDescriptor

BITRATE_BPS = 1_504_000  # 1000 packets a second


@given(st.integers(0, PTS_MODULO - 1), st.integers(1, 100))
def test_an_event_occurs_once_at_its_time_wherever_the_clock_stands(start_pts: int, frames: int) -> None:
    events = SpliceEvents()
    events.observe_pts(start_pts, 0)
    event_pts = pts_add(start_pts, frames * 3600)
    events.announce(Announcement(7, True, event_pts), 10)
    occurred = [
        frame for frame in range(1, 201) if events.observe_pts(pts_add(start_pts, frame * 3600), frame)
    ]
    assert occurred == [frames]


def test_the_time_to_an_event_counts_the_packets_since_the_last_pts() -> None:
    events = SpliceEvents()
    events.observe_pts(90_000, 100)
    event = events.announce(Announcement(7, True, 90_000 + 540_000), 350)
    assert event is not None
    assert events.time_to_event_ms(event, 350, BITRATE_BPS) == 5750
    assert events.time_to_event_ms(event, 350, 0) == 6000


def test_repeats_are_counted_and_a_cancelled_event_is_forgotten() -> None:
    events = SpliceEvents()
    for _ in range(3):
        event = events.announce(Announcement(7, True, 900_000), 5)
    assert event is not None
    assert (event.count, event.first_index) == (3, 5)
    assert events.announce(Announcement(7, False, None, cancelled=True), 9) is event
    assert len(events) == 0


def test_a_time_that_is_corrected_holds_and_is_counted_anew() -> None:
    events = SpliceEvents()
    events.observe_pts(90_000, 0)
    events.announce(Announcement(9, True, 810_000), 5)
    moved = events.announce(Announcement(9, True, 1_080_000), 50)
    assert moved is not None
    assert (moved.event_pts, moved.count, moved.first_index, moved.corrected_from) == (
        1_080_000,
        1,
        50,
        810_000,
    )
    assert events.observe_pts(810_000, 60) == []
    assert events.observe_pts(1_080_000, 90) == [moved]


def test_the_return_of_an_event_does_not_move_its_beginning() -> None:
    events = SpliceEvents()
    beginning = events.announce(Announcement(9, True, 810_000), 5)
    end = events.announce(Announcement(9, False, 1_080_000), 6)
    assert events.observe_pts(810_000, 60) == [beginning]
    assert events.observe_pts(1_080_000, 90) == [end]


def test_what_a_section_speaks_of() -> None:
    assert announcements(splice_insert(1, True, pts_time=5)) == [Announcement(1, True, 5)]
    assert announcements(splice_insert(1, False)) == [Announcement(1, False, None)]
    assert announcements(cancel(1)) == [Announcement(1, False, None, cancelled=True)]
    start = SegmentationDescriptor(3, segmentation_type_id=0x34)
    end = SegmentationDescriptor(3, segmentation_type_id=0x35)
    other = SegmentationDescriptor(4, segmentation_type_id=0x01)
    assert announcements(time_signal(start, other, pts_time=9)) == [Announcement(3, True, 9)]
    assert announcements(time_signal(end, pts_time=9)) == [Announcement(3, False, 9)]
    assert announcements(time_signal(start)) == []


def test_announcements_without_end_do_not_pile_up() -> None:
    events = SpliceEvents()
    for event_id in range(1000):
        events.announce(Announcement(event_id, True, 900_000), 0)
    assert len(events) < 1000
