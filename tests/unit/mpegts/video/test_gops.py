"""Groups of pictures: their length and kind, and where the next one is expected."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.timestamps import PTS_MODULO, pts_add, pts_difference
from ibe100.mpegts.video.gops import FARTHEST_S, FIXED_AFTER, AccessPoint, Gops

ANY_PTS = st.integers(0, PTS_MODULO - 1)
FRAME_TICKS = st.sampled_from([1501.5, 1800, 3003, 3600, 3753.75])


def made(first: int, *lengths: float, is_open: bool = False) -> Gops:
    """Points whose distances have these lengths, rounded as a multiplexer does."""
    points, at = [(first % PTS_MODULO, is_open, False)], float(first)
    for length in lengths:
        at += length
        points.append((round(at) % PTS_MODULO, is_open, True))
    return Gops.of(points)


@given(ANY_PTS, FRAME_TICKS, st.integers(2, 300), st.integers(FIXED_AFTER, 31), st.integers(0, 2000))
def test_of_fixed_gops_each_is_foreseen_to_the_tick(
    first: int, frame: float, frames: int, known: int, ahead: int
) -> None:
    """Over any wrap, for any frame rate: the foreseen point is the one that comes."""
    length = frame * frames
    gops = made(first, *[length] * known)
    target = pts_add(gops.points[-1].pts, round(ahead * frame))
    if ahead * frame > 90_000 * FARTHEST_S:
        return
    before, after = gops.around(target)
    assert before is not None and after is not None
    assert before.chance == after.chance == 1.0
    for one in (before, after):
        steps = (pts_difference(one.pts, gops.points[-1].pts)) / length
        real = round(first + (known + round(steps)) * length) % PTS_MODULO
        assert abs(pts_difference(one.pts, real)) <= 1 + abs(steps) / known
    assert pts_difference(target, before.pts) >= -2
    assert pts_difference(after.pts, target) >= -2


@given(ANY_PTS, st.lists(st.integers(1800, 900_000), min_size=1, max_size=31), st.data())
def test_between_points_that_came_the_neighbours_are_told(
    first: int, lengths: list[int], data: st.DataObject
) -> None:
    gops = made(first, *lengths)
    target = pts_add(first, data.draw(st.integers(0, sum(lengths) - 1)))
    if abs(pts_difference(target, gops.points[-1].pts)) > FARTHEST_S * 90_000:
        return
    before, after = gops.around(target)
    assert before is not None and after is not None
    known = [point.pts for point in gops.points]
    assert known.index(after.pts) == known.index(before.pts) + 1
    assert pts_difference(target, before.pts) >= 0 > pts_difference(target, after.pts)


def test_of_varying_gops_the_usual_length_is_foreseen_with_its_chance() -> None:
    gops = made(0, 100, 100, 60, 100, 100, 100, 30, 100)
    assert gops.is_fixed is False
    before, after = gops.around(gops.points[-1].pts + 250)
    assert before is not None and after is not None
    assert (before.pts, after.pts) == (890, 990)
    assert before.chance == 0.75**2 and after.chance == 0.75**3


def test_nothing_is_foreseen_of_few_or_far_points() -> None:
    few = made(0, *[100] * (FIXED_AFTER - 1))
    assert few.is_fixed is None and few.around(1000) == (None, None)
    known = made(0, *[100] * FIXED_AFTER)
    assert known.around(round(FARTHEST_S * 90_000) + 1000) == (None, None)
    assert Gops().around(5) == (None, None)


def test_between_points_with_pictures_missing_nothing_is_known() -> None:
    gops = Gops((AccessPoint(0, False, False), AccessPoint(100, False, True), AccessPoint(300, False, False)))
    assert gops.lengths == (100,)
    assert gops.around(200) == (None, None)
    exact, _ = gops.around(100)
    assert exact is not None and exact.pts == 100
    assert gops.around(-50 % PTS_MODULO) == (None, None)


def test_the_first_gop_of_any_stream_may_be_closed() -> None:
    points = [(0, False, False), (100, True, True), (200, True, True)]
    assert Gops.of(points).is_open is True
    assert Gops.of(points[:1]).is_open is False
    assert Gops().is_open is None


def test_words_for_an_operator() -> None:
    assert made(0, *[43_200] * 5).described(0x100, "H.264", 3600).words == "GOP 12 (0.48 s) closed, fixed"
    varying = made(0, 180_000, 90_000, 180_000, 180_000, is_open=True).described(0x100, "HEVC", 3600)
    assert varying.words == "GOP 25 to 50 (1.00 to 2.00 s) open, varying"
    assert made(0, 180_000).described(0x100, "HEVC", 0).words == "GOP 2.00 s closed"
    assert Gops().described(0x100, "H.264", 3600).words == "GOP not known yet"
    assert Gops().described(0x100, "H.264", 3600, scrambled=True).words == "GOP unknown: scrambled"
