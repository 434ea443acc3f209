from hypothesis import given
from hypothesis import strategies as st

from ibe100.runner.supervision.backoff import Backoff, system_fraction


def delays(backoff: Backoff, count: int) -> list[float]:
    return [backoff.next_delay_s() for _ in range(count)]


def test_first_retry_at_once_then_doubling_up_to_the_maximum() -> None:
    assert delays(Backoff(1.0, 30.0, lambda: 1.0), 9) == [0, 1, 2, 4, 8, 16, 30, 30, 30]


def test_jitter_spreads_over_the_whole_wait() -> None:
    fractions = iter([0.0, 0.5, 0.25])
    assert delays(Backoff(1.0, 30.0, lambda: next(fractions)), 4) == [0, 0.0, 1.0, 1.0]


def test_a_reset_makes_the_next_failure_a_first_one() -> None:
    backoff = Backoff(1.0, 30.0, lambda: 1.0)
    delays(backoff, 5)
    backoff.reset()
    assert delays(backoff, 2) == [0, 1]


@given(st.floats(0.01, 100), st.floats(0.01, 1000), st.integers(1, 2000))
def test_no_wait_is_longer_than_the_maximum(base_s: float, max_s: float, failures: int) -> None:
    backoff = Backoff(base_s, max_s, lambda: 1.0)
    backoff.failures = failures
    assert 0 <= backoff.next_delay_s() <= max_s


def test_the_systems_fraction_is_in_range_and_moves() -> None:
    drawn = {system_fraction() for _ in range(100)}
    assert all(0 <= fraction < 1 for fraction in drawn)
    assert len(drawn) > 90
