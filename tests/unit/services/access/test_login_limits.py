"""Guessing is slowed down, within bounded memory."""

from __future__ import annotations

import pytest

from ibe100.models.errors import TooManyLogins
from ibe100.services.access.login_limits import FORGOTTEN_S, MOST_KEPT, AttemptCounter, LoginLimits


class Clock:
    """Time that is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_each_attempt_beyond_the_free_ones_waits_twice_as_long_up_to_the_most(clock: Clock) -> None:
    attempts = AttemptCounter(free=2, most_wait_s=5, clock=clock)
    waits = []
    for _ in range(7):
        waits.append(attempts.wait_s("anna"))
        clock.now += waits[-1]
        attempts.begin("anna")
    assert waits == [0, 0, 1, 2, 4, 5, 5]


def test_it_is_forgotten_after_a_while_without_an_attempt(clock: Clock) -> None:
    attempts = AttemptCounter(free=1, most_wait_s=5, clock=clock)
    for _ in range(5):
        attempts.begin("anna")
    clock.now += FORGOTTEN_S + 1
    assert attempts.wait_s("anna") == 0


def test_who_is_kept_is_bounded_and_the_newest_stay(clock: Clock) -> None:
    attempts = AttemptCounter(free=1, most_wait_s=5, clock=clock)
    attempts.begin("first")
    for number in range(MOST_KEPT):
        attempts.begin(f"name {number}")
    assert attempts.wait_s("first") == 0
    assert attempts.wait_s("name 0") == 1
    assert len(attempts._counts) == MOST_KEPT


def test_a_refused_attempt_makes_the_wait_no_longer(clock: Clock) -> None:
    pace = LoginLimits(clock)
    for _ in range(3):
        pace.begin("anna", "10.0.0.1")
    for _ in range(20):
        with pytest.raises(TooManyLogins) as slowed:
            pace.begin("anna", "10.0.0.1")
        assert slowed.value.retry_in_s == 1


def test_an_address_that_tries_many_names_is_slowed_down_as_well(clock: Clock) -> None:
    pace = LoginLimits(clock)
    for number in range(10):
        pace.begin(f"name{number}", "10.0.0.1")
    with pytest.raises(TooManyLogins):
        pace.begin("another", "10.0.0.1")
    pace.begin("another", "10.0.0.2")


def test_a_name_begins_afresh_once_it_is_in_and_its_address_gets_only_that_attempt_back(clock: Clock) -> None:
    pace = LoginLimits(clock)
    for number in range(9):
        pace.begin(f"name{number}", "10.0.0.1")
    pace.begin("anna", "10.0.0.1")
    pace.succeeded("anna", "10.0.0.1")
    pace.begin("ninth again", "10.0.0.1")
    with pytest.raises(TooManyLogins):
        pace.begin("another", "10.0.0.1")


def test_who_guesses_at_a_name_elsewhere_keeps_it_out_nowhere_else(clock: Clock) -> None:
    pace = LoginLimits(clock)
    for _ in range(3):
        pace.begin("anna", "10.6.6.6")
    with pytest.raises(TooManyLogins):
        pace.begin("anna", "10.6.6.6")
    pace.begin("anna", "10.0.0.1")


def test_a_name_that_was_in_from_an_address_is_not_kept_out_by_others_there(clock: Clock) -> None:
    pace = LoginLimits(clock)
    pace.begin("anna", "10.0.0.1")
    pace.succeeded("anna", "10.0.0.1")
    for number in range(10):
        pace.begin(f"name{number}", "10.0.0.1")
    with pytest.raises(TooManyLogins):
        pace.begin("another", "10.0.0.1")
    for _ in range(3):
        pace.begin("anna", "10.0.0.1")
    with pytest.raises(TooManyLogins):
        pace.begin("anna", "10.0.0.1")
