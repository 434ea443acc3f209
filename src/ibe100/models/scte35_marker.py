"""A cue: what was asked, what went out, what was seen."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from ibe100.models.base import Value


class CueAction(StrEnum):
    """What the button does."""

    TO_BREAK = "TO BREAK"
    BACK_TO_PROGRAMME = "BACK TO PROGRAMME"


class CueState(StrEnum):
    """The life of a cue (DESIGN.md): one way, each step committed."""

    REQUESTED = "REQUESTED"
    REFUSED = "REFUSED"
    ARMED = "ARMED"
    CANCELLED = "CANCELLED"
    SENT = "SENT"
    SEEN = "SEEN"
    SPLICED = "SPLICED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to the cue."""
        return self in FINAL_STATES


FINAL_STATES = frozenset({CueState.REFUSED, CueState.CANCELLED, CueState.SPLICED, CueState.FAILED})

TRANSITIONS: dict[CueState, frozenset[CueState]] = {
    CueState.REQUESTED: frozenset({CueState.REFUSED, CueState.ARMED}),
    CueState.ARMED: frozenset({CueState.CANCELLED, CueState.SENT, CueState.FAILED}),
    CueState.SENT: frozenset({CueState.SEEN, CueState.FAILED}),
    CueState.SEEN: frozenset({CueState.SEEN, CueState.SPLICED, CueState.FAILED}),
}


class CueRequest(Value):
    """What the operator asks."""

    stream_id: str
    action: CueAction
    duration_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Announced duration of the break; None takes the stream's default."""
    pre_roll_s: Annotated[float, Field(ge=0, le=60)] = 0.0
    """0 is immediate; otherwise the splice lies at least this far ahead on the stream's own PTS clock."""
    splice_at: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Wall clock: the splice falls on the first frame at or after it; then pre_roll_s is 0."""
    requested_by: str = "operator"

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.splice_at is not None and self.pre_roll_s > 0:
            raise ValueError("splice_at and pre_roll_s both say when: give one of them")
        return self


class Cue(Value):
    """One cue and its receipt; a new value for each step of its life."""

    cue_id: int
    stream_id: str
    session_id: int | None
    action: CueAction
    state: CueState
    requested_by: str
    requested_at: float
    """Wall clock, seconds since the epoch."""
    splice_event_id: int | None = None
    duration_s: float | None = None
    pre_roll_s: float = 0.0
    pts_time: int | None = None
    """Splice time, 90 kHz ticks; None is immediate."""
    splice_at: float | None = None
    """Wall clock at which the splice falls, as far as known."""
    section_base64: str = ""
    sent: int = 0
    sent_expected: int = 1
    sent_at: float | None = None
    seen: int = 0
    seen_base64: str = ""
    seen_at: float | None = None
    latency_ms: float | None = None
    """From the datagram to the first sight on the output; for a pre-rolled cue, see pre_roll_ms."""
    pre_roll_ms: float | None = None
    """Real pre-roll: splice PTS less the stream's PTS when the section was first seen."""
    reason: str = ""
    """Why it was refused, cancelled or failed."""
    scheduled_at: float | None = None
    """Wall clock the splice was planned for; None where nobody planned it."""
    seen_pts: int | None = None
    """The stream's PTS when the section was first seen, 90 kHz ticks."""
    frame_pts: float | None = None
    """Duration of a frame of the stream, 90 kHz ticks."""

    def moved_to(self, state: CueState, **changes: object) -> Cue:
        """The same cue a step further; asserts that the step is one of its life."""
        assert state in TRANSITIONS.get(self.state, frozenset()), f"cue {self.cue_id}: {self.state} → {state}"
        return self.model_copy(update={"state": state, **changes})


class Readiness(Value):
    """Whether a cue can go out now, and if not why."""

    ready: bool
    reasons: tuple[str, ...] = ()
    """In words, each with what to do; empty when ready."""


class CuePreview(Value):
    """What will go out if the button is pressed now."""

    splice_event_id: int
    section_base64: str
    pts_time: int | None
    splice_at: float | None
    fields: tuple[tuple[str, str], ...]
    """Field names of the standard with their values, in order."""
