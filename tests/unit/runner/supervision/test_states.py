import itertools

import pytest

from ibe100.runner.supervision.states import TERMINAL, State, assert_transition


@pytest.mark.parametrize(
    "way",
    [
        [None, State.STARTING, State.RUNNING, State.STALLED, State.RETRYING, State.STARTING],
        [State.RUNNING, State.RETRYING, State.STOPPING, State.STOPPED],
        [None, State.STARTING, State.COMPLETED],
        [None, State.FAILED],
    ],
)
def test_the_ways_a_stream_takes_exist(way: list[State | None]) -> None:
    for previous, state in itertools.pairwise(way):
        assert state is not None
        assert_transition(previous, state)


@pytest.mark.parametrize("end", sorted(TERMINAL))
def test_nothing_follows_an_end(end: State) -> None:
    for state in State:
        with pytest.raises(AssertionError):
            assert_transition(end, state)


def test_a_stream_does_not_run_without_having_started() -> None:
    with pytest.raises(AssertionError, match="no way from RETRYING to RUNNING"):
        assert_transition(State.RETRYING, State.RUNNING)
