"""When a cue button is latched: one press makes one cue, however often it is pressed."""

from __future__ import annotations

from dataclasses import dataclass, field

from ibe100.models.scte35_marker import Cue, CueAction, CueState

HOLD_S = 1.5
"""One cue within this time, even if its receipt is back at once: a double click is one cue."""
PENDING = frozenset({CueState.REQUESTED, CueState.ARMED, CueState.SENT})
Button = tuple[str, CueAction]


@dataclass(slots=True)
class CueLatch:
    """Remembers presses by stream and action; times are monotonic seconds."""

    _in_flight: set[Button] = field(default_factory=set)
    _pressed_at: dict[Button, float] = field(default_factory=dict)

    def press(self, button: Button, cue: Cue | None, monotonic_s: float, wall_s: float) -> bool:
        """True if the press goes through; then it is latched."""
        if self.is_latched(button, cue, monotonic_s, wall_s):
            return False
        self._in_flight.add(button)
        self._pressed_at[button] = monotonic_s
        return True

    def in_flight(self, stream_id: str) -> tuple[CueAction, float] | None:
        """The action of a stream that is not answered yet, and when it was pressed (monotonic)."""
        for button in self._in_flight:
            if button[0] == stream_id:
                return button[1], self._pressed_at[button]
        return None

    def answered(self, button: Button) -> None:
        """The services have taken the cue; its own state holds the latch from here."""
        self._in_flight.discard(button)

    def refused(self, button: Button) -> None:
        """Nothing went out: the button is free at once."""
        self._in_flight.discard(button)
        self._pressed_at.pop(button, None)

    def is_latched(self, button: Button, cue: Cue | None, monotonic_s: float, wall_s: float) -> bool:
        """`cue` is the newest of this stream and action."""
        if button in self._in_flight:
            return True
        if monotonic_s - self._pressed_at.get(button, float("-inf")) < HOLD_S:
            return True
        if cue is None:
            return False
        if cue.state is CueState.SEEN:
            return cue.splice_at is not None and cue.splice_at > wall_s
        return cue.state in PENDING
