"""Next events of all streams: armed cues, ends of breaks, planned breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ibe100.models.cues.schedule import BreakState, ScheduledBreak
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueState, Direction

MOST_EVENTS = 50


class EventKind(Enum):
    """Kind of event, by which it is drawn."""

    ARMED = "armed"
    RETURN = "return"
    PLANNED = "planned"
    CONFLICT = "conflict"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ComingEvent:
    """Line of the list; `at` is wall clock, seconds since the epoch."""

    key: str
    at: float
    stream_id: str
    title: str
    origin: str
    """Author of the event, or why it may not come."""
    kind: EventKind
    break_id: int | None = None


def coming_events(
    breaks: Iterable[ScheduledBreak],
    cues: Iterable[Cue],
    views: Iterable[StreamView],
    conflicts: dict[int, str],
    at: float,
) -> tuple[ComingEvent, ...]:
    """Next events by their time; a break and the cue made of it are listed once."""
    breaks = tuple(breaks)
    made = {cue_id for one in breaks for cue_id in (one.cue_id, one.back_cue_id) if cue_id is not None}
    events = [
        *(_of_cue(cue) for cue in cues if cue.cue_id not in made and _is_ahead(cue, at)),
        *(_return(view, view.break_ends_at) for view in views if (view.break_ends_at or 0) > at),
        *(
            _of_break(one, one.planned_at, conflicts.get(one.break_id, ""))
            for one in breaks
            if not one.is_series and not one.state.is_final and one.planned_at and one.planned_at > at
        ),
    ]
    return tuple(sorted(events, key=lambda event: event.at)[:MOST_EVENTS])


def _is_ahead(cue: Cue, at: float) -> bool:
    is_on_its_way = cue.state in (CueState.ARMED, CueState.SENT, CueState.SEEN)
    return is_on_its_way and cue.splice_at is not None and cue.splice_at > at


def _of_cue(cue: Cue) -> ComingEvent:
    assert cue.splice_at is not None
    announces = cue.duration_s and cue.direction is Direction.OUT
    title = f"{cue.action} {cue.duration_s:g} s" if announces else str(cue.action)
    return ComingEvent(
        f"cue {cue.cue_id}", cue.splice_at, cue.stream_id, title, cue.requested_by, EventKind.ARMED
    )


def _return(view: StreamView, ends_at: float | None) -> ComingEvent:
    assert ends_at is not None
    key = f"return {view.stream_id}"
    return ComingEvent(key, ends_at, view.stream_id, "BREAK ENDS", "as announced", EventKind.RETURN)


def _of_break(one: ScheduledBreak, planned_at: float | None, conflict: str) -> ComingEvent:
    assert planned_at is not None
    if not one.enabled:
        kind, origin = EventKind.OFF, "switched off"
    elif one.state is BreakState.ARMED:
        kind, origin = EventKind.ARMED, "schedule · armed"
    elif conflict:
        kind, origin = EventKind.CONFLICT, conflict
    else:
        kind, origin = EventKind.PLANNED, "schedule"
    title = f"{one.title} {one.duration_s:g} s"
    return ComingEvent(f"break {one.break_id}", planned_at, one.stream_id, title, origin, kind, one.break_id)
