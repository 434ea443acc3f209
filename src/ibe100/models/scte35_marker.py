"""A cue: what was asked, what went out, what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ibe100.models.base import Value
from ibe100.models.cues.cut_points import CutForecast, GopKind
from ibe100.models.cues.segmentation import Segmentation

ANOTHER_SENDER = "another sender"
"""In place of a name (no person's has a blank): nobody here has sent the cue, and it was in the stream."""


class Direction(StrEnum):
    """The way a cue takes the viewers."""

    OUT = "out"
    """Out of the network's programme, into a break."""
    IN = "in"
    """Back into the network's programme."""
    NONE = "none"


class CueAction(StrEnum):
    """Actions of the operator; `traits` has their rules."""

    TO_BREAK = "TO BREAK"
    BACK_TO_PROGRAMME = "BACK TO PROGRAMME"
    CRASH_OUT = "CRASH OUT"
    """Out at once, with no promise of a duration but the one that was chosen."""
    CRASH_IN = "CRASH IN"
    """Back at once, before the announced duration is over."""
    SPLICE_NULL = "SPLICE NULL"
    """One heartbeat: nothing is spliced."""
    TIME_SIGNAL = "TIME SIGNAL"
    """A time_signal with one segmentation_descriptor."""
    SEND_SECTION = "SEND SECTION"
    """A section made elsewhere, byte for byte."""
    CHANGE_LENGTH = "CHANGE LENGTH"
    """Announces the break on air again, under its event id, with the rest of another length."""
    CALL_OFF = "CALL OFF"
    """Withdraws a cue that is announced, by a cancel indicator; asked for by the number of that cue."""

    @property
    def traits(self) -> ActionTraits:
        """Rules of this action."""
        return ACTION_TRAITS[self]


@dataclass(frozen=True, slots=True)
class ActionTraits:
    """The rules of one action, each of them in force wherever the action is met."""

    direction: Direction = Direction.NONE
    """The way it takes the viewers; a section made elsewhere may say otherwise."""
    splices: Literal["at once", "as asked", "as the contract asks", "as the section says"] = "as asked"
    """Time of the splice; "as asked" is at once where no pre-roll is asked for."""
    event_id: Literal["new", "of its break", "none"] = "none"
    """The id it is given; "of its break" is by some contracts a new one as well."""
    during: Literal["programme", "a break", "either"] = "either"
    """State the stream has to be in; a cue during a break takes the place of its automatic return."""
    breach: Literal["refused", "warned of", "allowed"] = "allowed"
    """Treatment of a cue that does not keep the stream's contract."""


ACTION_TRAITS: dict[CueAction, ActionTraits] = {
    CueAction.TO_BREAK: ActionTraits(Direction.OUT, "as the contract asks", "new", "programme", "refused"),
    CueAction.BACK_TO_PROGRAMME: ActionTraits(Direction.IN, "as asked", "of its break", "a break", "refused"),
    CueAction.CRASH_OUT: ActionTraits(Direction.OUT, "at once", "new", "programme", "warned of"),
    CueAction.CRASH_IN: ActionTraits(Direction.IN, "at once", "of its break", "a break", "warned of"),
    CueAction.SPLICE_NULL: ActionTraits(splices="at once"),
    CueAction.TIME_SIGNAL: ActionTraits(splices="as asked", event_id="new"),
    CueAction.SEND_SECTION: ActionTraits(splices="as the section says", breach="warned of"),
    CueAction.CHANGE_LENGTH: ActionTraits(splices="at once", event_id="of its break", during="a break"),
    CueAction.CALL_OFF: ActionTraits(splices="at once"),
}
OF_A_SECTION = frozenset({CueAction.SEND_SECTION, CueAction.CALL_OFF})
"""Actions whose request has the section that goes out."""
CALL_OFF_LEAST_S = 0.5
"""So long before its splice a withdrawal has to be sent, so that receivers have it in time."""


class BreakEnd(StrEnum):
    """Ways in which a break ends that nobody ends before."""

    AUTO = "auto"
    """By itself when the announced duration is over: auto_return 1."""
    CUE = "cue"
    """A BACK TO PROGRAMME is sent for the end of the announced duration."""
    HAND = "hand"
    """Not before somebody sends BACK TO PROGRAMME or CRASH IN: auto_return 0."""


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
    AIRED_LATE = "AIRED LATE"
    """It was given up on, FAILED or CANCELLED, and was on the output after that: not to be fired again."""

    @property
    def is_final(self) -> bool:
        """Nobody waits for anything of the cue any more."""
        return self in FINAL_STATES

    @property
    def has_aired(self) -> bool:
        """It has taken effect on the output."""
        return self in AIRED_STATES


AIRED_STATES = frozenset({CueState.SPLICED, CueState.AIRED_LATE})
FINAL_STATES = frozenset({CueState.REFUSED, CueState.CANCELLED, CueState.FAILED, *AIRED_STATES})

TRANSITIONS: dict[CueState, frozenset[CueState]] = {
    CueState.REQUESTED: frozenset({CueState.REFUSED, CueState.ARMED}),
    CueState.ARMED: frozenset({CueState.CANCELLED, CueState.SENT, CueState.FAILED}),
    CueState.SENT: frozenset({CueState.SEEN, CueState.ARMED, CueState.CANCELLED, CueState.FAILED}),
    CueState.SEEN: frozenset({CueState.SEEN, CueState.SPLICED, CueState.CANCELLED, CueState.FAILED}),
    # Its distance from the next IDR is measured when that has come.
    CueState.SPLICED: frozenset({CueState.SPLICED}),
    CueState.CANCELLED: frozenset({CueState.CANCELLED, CueState.AIRED_LATE}),
    CueState.FAILED: frozenset({CueState.AIRED_LATE}),
    CueState.AIRED_LATE: frozenset({CueState.AIRED_LATE}),
}


def can_follow(earlier: CueState, later: CueState) -> bool:
    """True when a life leads from one state to the other, also by steps that are not on record."""
    ahead, found = [earlier], set[CueState]()
    while ahead:
        for state in TRANSITIONS.get(ahead.pop(), frozenset()) - found:
            found.add(state)
            ahead.append(state)
    return later in found


WITHDRAWN = "WITHDRAWN"


def shown_state(action: str, state: str) -> str:
    """State for a reader: a call-off that is on the output has withdrawn a cue, it splices nothing."""
    is_withdrawn = action == CueAction.CALL_OFF and state in (CueState.SEEN, CueState.SPLICED)
    return WITHDRAWN if is_withdrawn else str(state)


class CueRequest(Value):
    """A cue as the operator asks for it."""

    stream_id: str
    action: CueAction
    duration_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Announced duration of the break; None takes the stream's default. Of CHANGE LENGTH its whole length."""
    by_s: Annotated[float, Field(ge=-86_400, le=86_400)] | None = None
    """Seconds that CHANGE LENGTH makes the break longer, or shorter, in place of duration_s."""
    pre_roll_s: Annotated[float, Field(ge=0, le=60)] | None = None
    """0 is immediate; otherwise the splice lies at least this far ahead on the stream's own PTS clock.
    None is what the stream's contract asks of a TO BREAK; without a contract, and for all else, 0."""
    splice_at: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Wall clock: the splice falls on the first frame at or after it; then there is no pre_roll_s."""
    returns: BreakEnd | None = None
    """Way the break ends; None takes the stream's own. Only for a cue that leaves the programme."""
    segmentation: Segmentation | None = None
    """Segmentation that a TIME SIGNAL signals; for no other action."""
    section: Annotated[str, Field(max_length=12_000)] = ""
    """Section that SEND SECTION sends, in any form that `scte35 decode` reads; for no other action."""

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        timed = self.splice_at is not None or bool(self.pre_roll_s)
        if self.splice_at is not None and self.pre_roll_s:
            raise ValueError("splice_at and pre_roll_s both say when: give one of them")
        splices = self.action.traits.splices
        if timed and splices == "at once":
            raise ValueError(f"{self.action} is immediate: give neither pre_roll_s nor splice_at")
        if timed and splices == "as the section says":
            raise ValueError("a section says itself when it splices: give neither pre_roll_s nor splice_at")
        return self

    @model_validator(mode="after")
    def _belongs_to_its_action(self) -> Self:
        if (self.segmentation is not None) is not (self.action is CueAction.TIME_SIGNAL):
            raise ValueError("segmentation belongs to a TIME SIGNAL, which needs one")
        if bool(self.section) is not (self.action in OF_A_SECTION):
            raise ValueError("section belongs to SEND SECTION, which needs one")
        direction = self.action.traits.direction
        if self.returns is not None and direction is not Direction.OUT:
            raise ValueError(f"{self.action} begins no break: it has no returns of its own")
        is_change = self.action is CueAction.CHANGE_LENGTH
        if is_change and (self.duration_s is None) is (self.by_s is None):
            raise ValueError("CHANGE LENGTH needs duration_s, the whole length, or by_s")
        if self.by_s is not None and not is_change:
            raise ValueError(f"by_s belongs to CHANGE LENGTH, not to {self.action}")
        if self.duration_s is not None and direction is Direction.NONE and not is_change:
            raise ValueError(f"{self.action} has no duration_s of its own")
        return self


def _direction_of_action(values: dict[str, Any]) -> Direction:
    return ACTION_TRAITS[values["action"]].direction


class Cue(Value):
    """One cue and its receipt; a new value for each step of its life."""

    cue_id: int
    stream_id: str
    session_id: int | None
    action: CueAction
    state: CueState
    direction: Direction = Field(default_factory=_direction_of_action)
    """The way its section takes the viewers, by the contract it was made under."""
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
    """Repeats that the processor was asked for with the datagram; `seen` tells how many it made."""
    sent_expected: int = 1
    sent_at: float | None = None
    seen: int = 0
    seen_base64: str = ""
    seen_at: float | None = None
    latency_ms: float | None = None
    """Time from the datagram to the first sight on the output; for a pre-rolled cue, see pre_roll_ms."""
    pre_roll_ms: float | None = None
    """Real pre-roll: splice PTS less the stream's PTS when the section was first seen."""
    reason: str = ""
    """Reason for which it was refused, cancelled or failed."""
    scheduled_at: float | None = None
    """Wall clock the splice was planned for; None where nobody planned it."""
    seen_pts: int | None = None
    """The stream's PTS when the section was first seen, 90 kHz ticks."""
    frame_pts: float | None = None
    """Duration of a frame of the stream, 90 kHz ticks."""
    returns: BreakEnd | None = None
    """Way the break ends that it begins, or gives another length; None where nothing was decided."""
    idr_offset_ms: float | None = None
    """Splice less the nearest picture that came at which decoding can begin; negative is before it. None for
    an immediate cue, while it is not known, and where pictures were missed or are scrambled."""
    idr_kind: GopKind | None = None
    """Kind of the GOP that begins with that picture."""
    break_update: int | None = None
    """Number of this change of its break's length, from 1; None for all other cues."""

    @property
    def is_foreign(self) -> bool:
        """True for one that nobody here has sent: it was seen on our cue PID."""
        return self.requested_by == ANOTHER_SENDER

    @property
    def can_be_called_off_until(self) -> float | None:
        """Wall clock until which it can be called off, disarmed or withdrawn; None where it cannot be."""
        is_on_its_way = self.state in (CueState.ARMED, CueState.SENT, CueState.SEEN) and not self.is_foreign
        if not is_on_its_way or self.pts_time is None or self.splice_at is None:
            return None
        return self.splice_at - CALL_OFF_LEAST_S

    @property
    def announced_end(self) -> float | None:
        """Wall clock at which the break that it begins is over as announced; None without a duration.

        CHANGE LENGTH begins none: it announces the rest, counted from when it was asked for.
        """
        is_rest = self.action is CueAction.CHANGE_LENGTH
        began = self.requested_at if is_rest else self.splice_at or self.seen_at or self.requested_at
        return None if self.duration_s is None else began + self.duration_s

    def moved_to(self, state: CueState, **changes: object) -> Cue:
        """The same cue a step further; asserts that the step is one of its life.

        SENT goes back to ARMED when the processor ended with it unseen: it is in our custody again, and
        only a splice time can still lie ahead.
        """
        assert state in TRANSITIONS.get(self.state, frozenset()), f"cue {self.cue_id}: {self.state} → {state}"
        if self.state is CueState.SENT and state is CueState.ARMED:
            assert self.pts_time is not None and self.seen == 0, f"cue {self.cue_id} is not ours any more"
        return self.model_copy(update={"state": state, **changes})


class Readiness(Value):
    """Readiness of a stream for a cue, and if there is none the reasons."""

    ready: bool
    reasons: tuple[str, ...] = ()
    """Sentences that each say what to do; empty when ready."""


class CuePreview(Value):
    """The cue that will go out if the button is pressed now."""

    splice_event_id: int | None
    """None for a section that speaks of no event."""
    section_base64: str
    pts_time: int | None
    splice_at: float | None
    fields: tuple[tuple[str, str], ...]
    """Field names of the standard with their values, in order."""
    warnings: tuple[str, ...] = ()
    """Warnings before it is sent; it can be sent all the same."""
    cut: CutForecast | None = None
    """Nearest picture to cut at, as foreseen; None for an immediate cue."""
