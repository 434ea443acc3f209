"""Breaks as spans of time, from cues and plans: past, running, armed, planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from ibe100.models.cues.recurrence import Every, Series
from ibe100.models.cues.schedule import At, BreakState, ScheduledBreak
from ibe100.models.scte35_marker import Cue, CueState, Direction
from ibe100.ui.qt_models.cue_list import AIRED


class SpanKind(Enum):
    """Kind of span, by which it is drawn."""

    DONE = "done"
    RUNNING = "running"
    ARMED = "armed"
    FAILED = "failed"
    PLANNED = "planned"
    CONFLICT = "conflict"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class BreakSpan:
    """One break in wall clock seconds; `ends` equals `begins` where there is no length."""

    cue_id: int
    kind: SpanKind
    begins: float
    ends: float
    words: str
    break_id: int | None = None
    """Id of a planned break."""
    can_move: bool = False


MOST_TURNS = 200


def spliced_at(cue: Cue) -> float:
    """Moment at which the cue takes effect, as far as known."""
    return cue.splice_at or cue.sent_at or cue.requested_at


def break_spans(cues: Iterable[Cue], break_ends_at: float | None, at: float) -> list[BreakSpan]:
    """Spans of one stream; `break_ends_at` is the running break's end as the stream reports it."""
    ordered = sorted(cues, key=spliced_at)
    spans: list[BreakSpan] = []
    for place, cue in enumerate(ordered):
        if cue.direction is not Direction.OUT:
            continue
        begins = spliced_at(cue)
        announced = begins + (cue.duration_s or 0.0)
        words = f"{cue.duration_s:g} s" if cue.duration_s else ""
        if cue.state is CueState.FAILED:
            spans.append(BreakSpan(cue.cue_id, SpanKind.FAILED, begins, begins, "FAILED"))
        elif cue.state is CueState.ARMED or (cue.state in AIRED and begins > at):
            spans.append(BreakSpan(cue.cue_id, SpanKind.ARMED, begins, announced, words))
        elif cue.state in AIRED:
            after = next((later for later in ordered[place + 1 :] if _ends_break(later)), None)
            if after is not None and spliced_at(after) <= at:
                back = spliced_at(after)
                # The next way out says only that this break was over by then.
                ends = min(back, announced) if after.direction is Direction.OUT and cue.duration_s else back
                spans.append(BreakSpan(cue.cue_id, SpanKind.DONE, begins, ends, words))
            elif break_ends_at is not None and break_ends_at > at:
                spans.append(BreakSpan(cue.cue_id, SpanKind.RUNNING, begins, break_ends_at, words))
            else:
                spans.append(BreakSpan(cue.cue_id, SpanKind.DONE, begins, min(announced, at), words))
    return spans


def planned_spans(
    breaks: Iterable[ScheduledBreak], conflicts: Callable[[int], str], first: float, end: float
) -> list[BreakSpan]:
    """Planned breaks of one stream that are not a cue yet; a series has a span for each of its breaks."""
    spans: list[BreakSpan] = []
    breaks = tuple(breaks)
    made = {one.planned_at for one in breaks if one.series_id is not None}
    rigid = {one.break_id for one in breaks if isinstance(one.when, Every)}
    for one in breaks:
        if one.state is not BreakState.PLANNED:
            continue
        kind = SpanKind.CONFLICT if conflicts(one.break_id) else SpanKind.PLANNED
        kind = kind if one.enabled else SpanKind.OFF
        words = f"{one.duration_s:g} s"
        if isinstance(one.when, Series):
            turns = [turn for turn in one.when.between(first, end, MOST_TURNS) if turn not in made]
        else:
            turns = [] if one.planned_at is None else [one.planned_at]
        can_move = isinstance(one.when, At) and one.series_id not in rigid
        spans += [
            BreakSpan(0, kind, turn, turn + one.duration_s, words, one.break_id, can_move) for turn in turns
        ]
    return spans


def _ends_break(cue: Cue) -> bool:
    """End of a break: the next cue that aired, whether it returns or opens another break."""
    return cue.state in AIRED and cue.direction is not Direction.NONE
