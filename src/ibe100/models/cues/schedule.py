"""Planned breaks: when, how long, how they return, and what became of them. All times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ibe100.models.base import Name, Value
from ibe100.models.cues.recurrence import Every, Moment, Series, Weekly

Duration = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class At(Value):
    """At one moment."""

    kind: Literal["at"] = "at"
    at: Moment


class After(Value):
    """So many seconds after another break of the same stream has ended by plan."""

    kind: Literal["after"] = "after"
    break_id: int
    offset_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0.0


When = Annotated[At | After | Every | Weekly, Field(discriminator="kind")]


class ReturnPolicy(StrEnum):
    """Ways in which a planned break ends."""

    AUTO = "auto"
    """By itself when the announced duration is over (auto_return of the stream)."""
    BACK_CUE = "back_cue"
    """A BACK TO PROGRAMME cue is sent for the end of the duration."""


class BreakState(StrEnum):
    """The life of a planned break."""

    PLANNED = "PLANNED"
    ARMED = "ARMED"
    """Its cue is made and on its way, or the break is on air and its return still to come."""
    DONE = "DONE"
    MISSED = "MISSED"
    """No cue was made in time, and none is made late."""
    SKIPPED = "SKIPPED"
    """Not wanted any more when its time came."""
    FAILED = "FAILED"
    """A cue was made and did not take effect."""

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it, unless it is planned anew."""
        return self not in (BreakState.PLANNED, BreakState.ARMED)


class BreakPlan(Value):
    """A break as the operator plans it."""

    stream_id: str
    title: Name = "Break"
    when: When
    duration_s: Duration
    pre_roll_s: Annotated[float, Field(ge=4, le=60)] | None = None
    """The pre-roll this break must have; None takes the stream's. A stream that gives less is a conflict."""
    returns: ReturnPolicy = ReturnPolicy.AUTO
    enabled: bool = True


class ScheduledBreak(BreakPlan):
    """A break of the schedule; a new value for each step of its life.

    One with `Every` or `Weekly` is a series: it only makes breaks, each with its `series_id`. A break of a
    `Weekly` that is changed is one by itself from then on, and the rule has an exception more.
    """

    break_id: int
    planned_at: float | None = None
    """Time its splice is due, as far as known; for a series, that of the next break to be made."""
    state: BreakState = BreakState.PLANNED
    reason: str = ""
    cue_id: int | None = None
    """The TO BREAK cue it became."""
    back_cue_id: int | None = None
    series_id: int | None = None
    accepted: str = ""
    """The conflict that somebody chose to keep, as it was told; another one is told again."""

    @property
    def is_series(self) -> bool:
        """True for one that makes other breaks instead of becoming a cue."""
        return isinstance(self.when, Series)

    @property
    def ends_at(self) -> float | None:
        """Time its announced duration is over by plan."""
        return None if self.planned_at is None else self.planned_at + self.duration_s

    @property
    def plan(self) -> BreakPlan:
        """The plan alone, without what became of it."""
        return BreakPlan(**{name: getattr(self, name) for name in BreakPlan.model_fields})


class Fix(Value):
    """A plan that settles a conflict."""

    words: str
    """Says it as a button: `Move to 15:17:10`."""
    plan: BreakPlan


class Finding(Value):
    """Two planned breaks that cannot both be, or one that its stream cannot give as planned."""

    stream_id: str
    break_ids: tuple[int, ...]
    at: float
    text: str
    """A sentence that says what to do as well."""
    subject: int | None = None
    """The break to change or to drop; None where it is a series, or on its way already."""
    fix: Fix | None = None
    accepted: bool = False
    """True when somebody chose to keep it as it is."""


class PlanCheck(Value):
    """Reasons against a plan before it is stored."""

    refusal: str = ""
    """Why it would be refused; empty where it would not."""
    findings: tuple[Finding, ...] = ()
    """Conflicts it would make, with its own break among their `break_ids`."""


class ImportRow(Value):
    """One row or element of an imported file: a plan, or why it is none."""

    line: int
    """Line of the file; of JSON and XMLTV the number of the item."""
    plan: BreakPlan | None = None
    """A break of the same file that it comes after is meant by `-line` as break_id."""
    error: str = ""


class ImportPreview(Value):
    """Preview of an import; nothing is stored."""

    source: str
    rows: tuple[ImportRow, ...]
    findings: tuple[Finding, ...] = ()
    """Conflicts among the rows and with what is planned; rows are meant by `-line` as break_id."""

    @property
    def good(self) -> tuple[ImportRow, ...]:
        """The rows that can be stored."""
        return tuple(row for row in self.rows if row.plan is not None)

    @property
    def bad(self) -> tuple[ImportRow, ...]:
        """The rows that cannot, each with its error."""
        return tuple(row for row in self.rows if row.plan is None)


def due_times(breaks: Mapping[int, ScheduledBreak]) -> dict[int, float | None]:
    """Time each break is due by what it follows; None where that is gone, a series or a circle."""
    found: dict[int, float | None] = {}
    for one in breaks.values():
        chain: list[ScheduledBreak] = []
        current: ScheduledBreak | None = one
        while current is not None and isinstance(current.when, After) and current.break_id not in found:
            found[current.break_id] = None
            chain.append(current)
            current = breaks.get(current.when.break_id)
        if current is not None and not isinstance(current.when, After) and current.break_id not in found:
            found[current.break_id] = current.when.at if isinstance(current.when, At) else current.planned_at
        for follower in reversed(chain):
            assert isinstance(follower.when, After)
            leader = breaks.get(follower.when.break_id)
            begins = None if leader is None or leader.is_series else found[leader.break_id]
            if leader is not None and begins is not None:
                found[follower.break_id] = begins + leader.duration_s + follower.when.offset_s
    return found
