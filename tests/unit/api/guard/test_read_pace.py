"""How often a token may read."""

from __future__ import annotations

from ibe100.api.guard.read_pace import MOST_KEPT, ReadPace


class Clock:
    """Time that is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def reads(pace: ReadPace, token_id: int, most: int = 1000) -> int:
    """How many are let through one after another."""
    return next(count for count in range(most) if pace.wait_s(token_id) > 0)


def test_twice_a_seconds_reads_at_first_and_then_so_many_a_second() -> None:
    clock = Clock()
    pace = ReadPace(10, clock)
    assert reads(pace, 1) == 20
    clock.now += 0.5
    assert reads(pace, 1) == 5
    clock.now += 100
    assert reads(pace, 1) == 20


def test_the_wait_is_until_the_next_may_be_read() -> None:
    clock = Clock()
    pace = ReadPace(10, clock)
    reads(pace, 1)
    wait_s = pace.wait_s(1)
    clock.now += wait_s - 0.001
    assert pace.wait_s(1) > 0
    clock.now += 0.002
    assert pace.wait_s(1) == 0


def test_one_token_does_not_slow_another_and_few_are_kept() -> None:
    pace = ReadPace(1, Clock())
    reads(pace, 1)
    assert pace.wait_s(2) == 0
    for token_id in range(MOST_KEPT + 10):
        pace.wait_s(token_id)
    assert len(pace._left) == MOST_KEPT
