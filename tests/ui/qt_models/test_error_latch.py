"""Lamps of TR 101 290: lit until ten seconds after the last error, with how many there were."""

from __future__ import annotations

from ibe100.ui.qt_models.error_latch import HELD_S, ErrorLatch

CLEAN = {"pat_error": 0, "continuity_count_error": 0, "pts_error": 0}


def test_a_lamp_stays_lit_and_counts_until_its_time_is_over() -> None:
    latch = ErrorLatch()
    latch.take({**CLEAN, "pts_error": 2}, 0.0)
    latch.take(CLEAN, 1.0)
    latch.take({**CLEAN, "pts_error": 1}, 2.0)
    assert latch.shown(2.0) == {1: 0, 2: 3, 3: None}
    latch.take(CLEAN, 3.0)
    assert latch.shown(2.0 + HELD_S) == {1: 0, 2: 3, 3: None}, "blinks no more with each clean second"
    assert latch.shown(2.1 + HELD_S) == {1: 0, 2: 0, 3: None}


def test_a_lamp_that_went_out_counts_from_one_again() -> None:
    latch = ErrorLatch()
    latch.take({**CLEAN, "pts_error": 40}, 0.0)
    latch.take({**CLEAN, "pts_error": 1}, HELD_S + 1)
    assert latch.shown(HELD_S + 1)[2] == 1


def test_lost_packets_are_told_apart() -> None:
    latch = ErrorLatch()
    latch.take({**CLEAN, "pat_error": 1}, 0.0)
    assert not latch.has_lost_packets(0.0)
    latch.take({**CLEAN, "Continuity_count_error": 1}, 1.0)
    assert latch.has_lost_packets(1.0 + HELD_S) and not latch.has_lost_packets(1.1 + HELD_S)
