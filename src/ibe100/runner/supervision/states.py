"""States of a stream, and the transitions between them."""

from enum import StrEnum


class State(StrEnum):
    """State of a stream, as its journal says it."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STALLED = "STALLED"
    RETRYING = "RETRYING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


TERMINAL = frozenset({State.STOPPED, State.COMPLETED, State.FAILED})

_NEXT: dict[State | None, frozenset[State]] = {
    None: frozenset({State.STARTING, State.FAILED}),
    State.STARTING: frozenset(
        {State.RUNNING, State.STALLED, State.RETRYING, State.STOPPING, State.COMPLETED, State.FAILED}
    ),
    State.RUNNING: frozenset({State.STALLED, State.RETRYING, State.STOPPING, State.COMPLETED}),
    State.STALLED: frozenset({State.RUNNING, State.RETRYING, State.STOPPING}),
    State.RETRYING: frozenset({State.STARTING, State.STOPPING}),
    State.STOPPING: frozenset({State.STOPPED}),
    State.STOPPED: frozenset(),
    State.COMPLETED: frozenset(),
    State.FAILED: frozenset(),
}


def assert_transition(previous: State | None, state: State) -> None:
    """Raise AssertionError for a transition that does not exist: a bug of the supervisor."""
    if state not in _NEXT[previous]:
        raise AssertionError(f"no way from {previous} to {state}")
