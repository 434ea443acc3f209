"""The PTS clock: extrapolation, frame grid, jumps, loops and stalls."""

from fractions import Fraction
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.pts_clock import ClockJump, JumpKind, PtsClock, Stamp
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO, pts_add, pts_difference, pts_to_pcr

FRAMES = [Fraction(3600), Fraction(3003), Fraction(1800), Fraction(3003, 2), Fraction(15015, 4)]


def fed(clock: PtsClock, start_pts: int, seconds: int, *, at_s: float = 100.0) -> PtsClock:
    """The clock after one sample a second."""
    for second in range(seconds):
        clock.observe(pts_add(start_pts, second * PTS_HZ), at_s + second)
    return clock


def looped(clock: PtsClock, length_s: float, seconds: float, *, step_s: float = 1.0) -> list[ClockJump]:
    """Jumps seen while a file of that length loops, sampled every `step_s` from time 0."""
    jumps = []
    for number in range(int(seconds / step_s)):
        at_s = number * step_s
        if jump := clock.observe(round(at_s % length_s * PTS_HZ), at_s):
            jumps.append(jump)
    return jumps


@given(st.integers(0, PTS_MODULO - 1), st.floats(0, 4))
def test_the_clock_goes_on_between_samples_and_over_the_wrap(start: int, ahead_s: float) -> None:
    clock = fed(PtsClock(), start, 5)
    expected = pts_add(start, 4 * PTS_HZ + int(ahead_s * PTS_HZ))
    assert abs(pts_difference(clock.now_pts(104.0 + ahead_s), expected)) <= 1
    assert not clock.jumps


def test_wraps_are_counted_and_jumps_are_none() -> None:
    clock = fed(PtsClock(), PTS_MODULO - 3 * PTS_HZ, 6)
    assert (clock.wraps, clock.last_pts) == (1, Stamp(2 * PTS_HZ, 105.0))
    clock.observe(PTS_MODULO - PTS_HZ, 106.0)
    clock.observe(PTS_MODULO - 1, 107.0)
    assert [jump.kind for jump in clock.jumps] == [JumpKind.BACK]
    assert clock.wraps == 1
    clock.observe(PTS_HZ - 1, 108.0)
    assert clock.wraps == 2


def test_how_far_the_pcr_lies_behind_the_pts_is_known_over_the_wrap() -> None:
    clock = fed(PtsClock(), PTS_MODULO - 2 * PTS_HZ, 4)
    assert clock.pcr_behind_s == 0.0
    clock.observe_pcr(pts_to_pcr(PTS_MODULO - PTS_HZ // 2), 103.2)
    clock.observe_pcr(0, 102.0)
    assert clock.pcr_behind_s == pytest.approx(1.7, abs=0.001), "an older one is passed over"


def test_a_clock_without_samples_knows_nothing() -> None:
    clock = PtsClock(3600)
    assert not clock.is_known(0.0)
    assert clock.uncertainty_ms == inf
    assert clock.refusal(0.0, 5.0) == "no timestamps were seen in the last seconds"
    assert not clock.has_passed(0, 0.0)
    with pytest.raises(RuntimeError):
        clock.now_pts(0.0)


def test_a_clock_is_not_believed_when_samples_stay_away() -> None:
    clock = fed(PtsClock(), 0, 3)
    assert clock.is_known(104.0)
    assert not clock.is_known(110.0)
    assert clock.refusal(110.0, 1.0) == "no timestamps were seen in the last seconds"


@given(st.lists(st.floats(-0.04, 0.04), min_size=4, max_size=30))
def test_uncertainty_covers_the_jitter_of_the_samples(jitter_s: list[float]) -> None:
    clock = PtsClock()
    for second, late_s in enumerate(jitter_s):
        clock.observe(pts_add(second * PTS_HZ, round(late_s * PTS_HZ)), float(second))
    assert not clock.jumps
    error_ms = abs(clock.ms_until(len(jitter_s) * PTS_HZ, float(len(jitter_s))))
    assert error_ms <= 40.1
    assert clock.uncertainty_ms <= 80.1


def test_one_sample_alone_is_not_trusted_to_the_frame() -> None:
    clock = PtsClock()
    clock.observe(0, 0.0)
    assert clock.uncertainty_ms == 500
    clock.observe(PTS_HZ, 1.0)
    assert clock.uncertainty_ms == 0


@given(st.integers(0, PTS_MODULO - 1), st.sampled_from(FRAMES), st.floats(0.1, 60))
def test_a_splice_lies_on_the_first_frame_at_or_after_its_time(
    start: int, frame: Fraction, ahead_s: float
) -> None:
    clock = PtsClock(frame)
    clock.observe(start, 100.0)
    splice = clock.splice_pts_at(100.0 + ahead_s)
    ticks = pts_difference(splice, start)
    frames = round(ticks / frame)
    assert ticks == int(frames * frame)
    wait = pts_difference(splice, clock.now_pts(100.0 + ahead_s))
    assert -1 < wait <= frame


def test_at_59_94_frames_the_grid_does_not_drift() -> None:
    clock = PtsClock(1501.5)
    clock.observe(0, 0.0)
    hour = 3600 * 60_000 // 1001
    splice = clock.splice_pts_at(hour * 1501.5 / PTS_HZ)
    assert splice % 3003 in (0, 1501)


def test_without_a_frame_rate_a_splice_is_not_aligned() -> None:
    clock = PtsClock(None)
    clock.observe(7, 0.0)
    assert clock.splice_pts_at(1.0) == 7 + PTS_HZ


def test_ms_until_and_passed() -> None:
    clock = fed(PtsClock(), PTS_MODULO - 2 * PTS_HZ, 3)
    assert clock.ms_until(PTS_HZ, 102.0) == pytest.approx(1000)
    assert not clock.has_passed(PTS_HZ, 102.5)
    assert clock.has_passed(PTS_HZ, 103.5)


def test_a_short_loop_is_recognised_and_a_pre_roll_over_its_seam_refused() -> None:
    clock = PtsClock(3600)
    jumps = looped(clock, 1.1, 30)
    assert {jump.kind for jump in jumps} == {JumpKind.BACK}
    assert clock.jumps[-1].amount_s == pytest.approx(1.1, abs=0.01)
    refusal = clock.refusal(29.4, 6.0)
    assert refusal is not None
    assert refusal.startswith("timestamps jumped back 1.1 s ")
    assert refusal.endswith(" s ago, every 1.1 s")


def test_a_long_loop_refuses_only_what_its_next_seam_makes_impossible() -> None:
    clock = PtsClock(3600)
    (jump,) = looped(clock, 12.0, 15)
    assert jump.kind is JumpKind.BACK
    assert jump.at_s == 12.0
    assert clock.refusal(14.0, 6.0) is None
    assert clock.refusal(14.0, 10.0) == "timestamps jumped back 12.0 s 2.0 s ago"
    assert clock.next_jump_s(14.0) == pytest.approx(23.0)


def test_a_jump_that_does_not_repeat_is_forgiven() -> None:
    clock = fed(PtsClock(), 50 * PTS_HZ, 10)
    jump = clock.observe(40 * PTS_HZ, 110.0)
    assert jump is not None
    assert jump.amount_s == pytest.approx(20)
    fed(clock, 41 * PTS_HZ, 4, at_s=111.0)
    assert clock.refusal(114.0, 30.0) is not None
    fed(clock, 45 * PTS_HZ, 30, at_s=115.0)
    assert clock.refusal(140.0, 30.0) is None
    assert clock.last_jump_words(140.0) == "timestamps jumped back 20.0 s 30.0 s ago"
    assert clock.last_jump_words(180.0) is None


def test_a_jump_ahead_is_noticed_and_the_clock_follows() -> None:
    clock = fed(PtsClock(), 0, 5)
    jump = clock.observe(1000 * PTS_HZ, 105.0)
    assert jump is not None
    assert (jump.kind, round(jump.amount_s)) == (JumpKind.AHEAD, 995)
    assert clock.now_pts(106.0) == 1001 * PTS_HZ
    assert clock.refusal(105.5, 6.0) is None
    clock.observe(1001 * PTS_HZ, 106.0)
    clock.observe(2000 * PTS_HZ, 107.0)
    assert clock.refusal(107.5, 6.0) == "timestamps jumped ahead 998.0 s 0.5 s ago, every 2.0 s"


def test_one_sample_read_late_is_no_jump() -> None:
    clock = fed(PtsClock(), 0, 5)
    assert clock.observe(round(4.2 * PTS_HZ), 105.0) is None
    assert clock.observe(6 * PTS_HZ, 106.0) is None
    assert clock.now_pts(106.0) == 6 * PTS_HZ
    assert not clock.jumps


def test_a_lag_that_stays_is_told_and_no_seam_is_expected_of_it() -> None:
    clock = fed(PtsClock(), 0, 5)
    assert clock.observe(round(4.2 * PTS_HZ), 105.0) is None
    jump = clock.observe(round(5.2 * PTS_HZ), 106.0)
    assert jump is not None
    assert (jump.kind, jump.at_s) == (JumpKind.LAG, 105.0)
    assert jump.amount_s == pytest.approx(0.8)
    assert clock.now_pts(107.0) == round(6.2 * PTS_HZ)
    assert clock.last_jump_words(107.0) == "timestamps fell behind 0.8 s 2.0 s ago"
    assert clock.refusal(106.5, 30.0) is None


def test_a_pause_keeps_the_meaning_of_timestamps_and_a_jump_does_not() -> None:
    clock = fed(PtsClock(), 10 * PTS_HZ, 5)
    assert not clock.has_paused_since(0.0)
    clock.observe(round(14.2 * PTS_HZ), 105.0)
    clock.observe(round(15.2 * PTS_HZ), 106.0)
    assert clock.has_paused_since(104.5)
    assert not clock.has_paused_since(105.5), "the pause was before"
    clock.observe(2 * PTS_HZ, 107.0)
    assert not clock.has_paused_since(104.5)


def test_timestamps_that_stand_still_are_told() -> None:
    clock = fed(PtsClock(), 0, 3)
    for second in range(3, 8):
        assert clock.observe(2 * PTS_HZ, 100.0 + second) is None
    assert not clock.is_known(107.0)
    assert clock.refusal(107.0, 1.0) == "timestamps have stood still for 5.0 s"
    jump = clock.observe(3 * PTS_HZ, 108.0)
    assert jump is not None
    assert jump.kind is JumpKind.STALL
    assert clock.is_known(108.0)
    assert clock.last_jump_words(108.5) == "timestamps stood still for 5.0 s, until 0.5 s ago"
    assert clock.refusal(108.5, 10.0) is None


def test_samples_out_of_order_are_ignored() -> None:
    clock = fed(PtsClock(), 0, 3)
    assert clock.observe(0, 100.5) is None
    assert clock.observe(0, 102.0) is None
    assert clock.now_pts(102.0) == 2 * PTS_HZ


@given(st.lists(st.tuples(st.integers(0, PTS_MODULO - 1), st.floats(0.001, 30)), min_size=1, max_size=40))
def test_any_samples_keep_the_clock_answering(samples: list[tuple[int, float]]) -> None:
    clock = PtsClock(1501.5)
    now_s = 0.0
    for pts, pause_s in samples:
        now_s += pause_s
        clock.observe(pts, now_s)
        assert 0 <= clock.now_pts(now_s) < PTS_MODULO
        assert 0 <= clock.splice_pts_at(now_s + 6) < PTS_MODULO
        clock.refusal(now_s, 6.0)
        assert clock.uncertainty_ms >= 0


def test_a_source_that_slips_by_a_frame_is_followed_within_three_samples() -> None:
    clock = PtsClock(3600)
    scatter_s = (0.0, 0.004, -0.003, 0.002, -0.005)
    for second in range(16):
        clock.observe(90_000 * second + round(scatter_s[second % 5] * PTS_HZ), float(second))
    for second in range(16, 19):
        clock.observe(90_000 * second - 3600 + round(scatter_s[second % 5] * PTS_HZ), float(second))
    assert not clock.jumps, "a frame is no jump"
    assert abs(pts_difference(clock.now_pts(20.0), 90_000 * 20 - 3600)) <= 0.005 * PTS_HZ


def test_reordered_frames_scatter_and_are_no_step() -> None:
    clock = PtsClock(3600)
    reordered = (0, -3600, -7200, 3600, 0, -3600, 0, 3600, 3600, 3600, -7200, 0, 0, 3600, 3600, 3600)
    for second, off in enumerate(reordered):
        clock.observe(900_000 + 90_000 * second + off, float(second))
    assert abs(pts_difference(clock.now_pts(15.0), 900_000 + 90_000 * 15)) <= 3600
    assert clock.uncertainty_ms >= 80, "all of them still count"
