"""Cues wait for their time, go out as often as asked for, and never late."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.splice.queue import RepeatRule, SpliceQueue, queued_cue
from ibe100.mpegts.timestamps import PTS_MODULO, pts_add
from ibe100.scte35.cues import cancel, splice_insert, splice_null, time_signal
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import encode
from ibe100.scte35.values import SpliceInfoSection

RULE = RepeatRule(start_delay_pts=6 * 90_000, count=3, interval_pts=135_000)


def queue(size: int = 100) -> tuple[SpliceQueue, list[str]]:
    log: list[str] = []
    return SpliceQueue(size, RULE.interval_pts, log.append), log


def sent_at(waiting: SpliceQueue, start_pts: int, seconds: int) -> list[tuple[int, bytes]]:
    """What goes out, in ticks after the start, asking every 40 ms of stream time."""
    result = []
    for step in range(0, seconds * 90_000, 3600):
        section = waiting.take_due(pts_add(start_pts, step))
        if section is not None:
            result.append((step, section))
    return result


@given(st.integers(0, PTS_MODULO - 1))
def test_a_timed_cue_is_repeated_from_its_lead_time_on_wherever_the_clock_stands(start_pts: int) -> None:
    section = encode(splice_insert(1, True, pts_time=pts_add(start_pts, 10 * 90_000)))
    waiting, _ = queue()
    waiting.add(queued_cue(section, RULE))
    sent = sent_at(waiting, start_pts, 20)
    assert [when // 3600 * 40 for when, _ in sent] == [4040, 5520, 7040]
    assert {data for _, data in sent} == {section}
    assert len(waiting) == 0


@pytest.mark.parametrize("section", [splice_insert(1, True), cancel(1), splice_null(), time_signal()])
def test_a_cue_without_time_goes_out_once_and_at_once(section: SpliceInfoSection) -> None:
    waiting, _ = queue()
    data = encode(section)
    waiting.add(queued_cue(data, RULE))
    assert waiting.take_due(None) == data
    assert waiting.take_due(None) is None


def test_an_immediate_cue_overtakes_one_that_is_due() -> None:
    waiting, _ = queue()
    timed = encode(time_signal(pts_time=900_000))
    immediate = encode(splice_insert(2, False))
    waiting.add(queued_cue(timed, RULE))
    waiting.add(queued_cue(immediate, RULE))
    assert waiting.take_due(800_000) == immediate
    assert waiting.take_due(800_000) == timed


def test_an_immediate_cue_is_overdue_once_it_has_waited_too_long() -> None:
    waiting, _ = queue()
    timed, early, late = (
        encode(one) for one in (time_signal(pts_time=900_000), splice_insert(1, True), splice_insert(2, True))
    )
    for section, came_s in ((timed, 1.0), (early, 1.0), (late, 5.0)):
        waiting.add(replace(queued_cue(section, RULE), came_s=came_s))
    assert [cue.section for cue in waiting.take_overdue(4.0)] == [early]
    assert waiting.take_due(800_000) == late
    assert waiting.take_due(800_000) == timed


def test_cues_go_out_in_the_order_of_their_time() -> None:
    waiting, _ = queue()
    later = encode(splice_insert(1, True, pts_time=950_000))
    sooner = encode(splice_insert(2, True, pts_time=900_000))
    waiting.add(queued_cue(later, RULE))
    waiting.add(queued_cue(sooner, RULE))
    assert [waiting.take_due(500_000), waiting.take_due(500_000)] == [sooner, later]


def test_a_cue_in_the_past_is_dropped_with_tsps_words() -> None:
    waiting, log = queue()
    waiting.add(queued_cue(encode(splice_insert(3, True, pts_time=222_000)), RepeatRule(180_000, 2, 72_000)))
    assert waiting.take_due(0x93378) is None
    assert len(waiting) == 0
    cue = "SpliceInsert out @0x000036330, start: 0x00000A410, end: 0x000036330, 2 times"
    assert log == [f"enqueuing {cue}", f"dropping {cue}, obsolete, current PTS: 0x000093378"]


def test_pts_adjustment_moves_the_time() -> None:
    section = replace(splice_insert(1, True, pts_time=100), pts_adjustment=PTS_MODULO - 150)
    cue = queued_cue(encode(section), RepeatRule(0, 1, 0))
    assert cue.event_pts == PTS_MODULO - 50


def test_a_full_queue_refuses() -> None:
    waiting, _ = queue(size=1)
    cue = queued_cue(encode(splice_insert(1, True, pts_time=900_000)), RULE)
    assert waiting.add(cue)
    assert not waiting.add(cue)


def test_a_damaged_section_is_no_cue() -> None:
    section = bytearray(encode(splice_insert(1, True)))
    section[8] ^= 1
    with pytest.raises(SpliceDecodeError, match="CRC_32"):
        queued_cue(bytes(section), RULE)
