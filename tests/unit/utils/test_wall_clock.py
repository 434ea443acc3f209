"""A clock that is set is noticed once, by how much, and before its time is told."""

from ibe100.utils.wall_clock import STEP_S, WallClock


def test_it_tells_by_how_much_it_was_set_before_it_tells_the_time() -> None:
    wall, monotonic, told = 1000.0, 5.0, list[float]()
    clock = WallClock(told.append, wall=lambda: wall, monotonic=lambda: monotonic)
    wall, monotonic = 1060.0, 65.0
    assert (clock.now(), told) == (1060.0, [])
    wall = 1050.0
    assert (clock.now(), told) == (1050.0, [-10.0])
    assert (clock.now(), told) == (1050.0, [-10.0]), "once"


def test_small_steps_are_added_up() -> None:
    wall, told = 1000.0, list[float]()
    clock = WallClock(told.append, wall=lambda: wall, monotonic=lambda: 5.0)
    for _ in range(4):
        wall += STEP_S * 0.4
        clock.now()
    assert len(told) == 1
    assert STEP_S < told[0] < 2 * STEP_S
