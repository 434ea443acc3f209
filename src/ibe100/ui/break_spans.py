"""Breaks as spans of time, read from the cues: what was, what is, what is armed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ibe100.models.scte35_marker import Cue, CueState


class SpanKind(Enum):
    """How a span is drawn."""

    DONE = "done"
    RUNNING = "running"
    ARMED = "armed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BreakSpan:
    """Wall clock seconds; `ends` equals `begins` where there is no length."""

    cue_id: int
    kind: SpanKind
    begins: float
    ends: float
    words: str


AIRED = frozenset({CueState.SENT, CueState.SEEN, CueState.SPLICED})


def spliced_at(cue: Cue) -> float:
    """When the cue takes effect, as far as known."""
    return cue.splice_at or cue.sent_at or cue.requested_at


def break_spans(cues: Iterable[Cue], break_ends_at: float | None, at: float) -> list[BreakSpan]:
    """The spans of one stream; `break_ends_at` is the running break's end as the stream reports it."""
    ordered = sorted(cues, key=spliced_at)
    spans: list[BreakSpan] = []
    for place, cue in enumerate(ordered):
        if not cue.action.leaves:
            continue
        begins = spliced_at(cue)
        announced = begins + (cue.duration_s or 0.0)
        words = f"{cue.duration_s:g} s" if cue.duration_s else ""
        if cue.state is CueState.FAILED:
            spans.append(BreakSpan(cue.cue_id, SpanKind.FAILED, begins, begins, "FAILED"))
        elif cue.state is CueState.ARMED or (cue.state in AIRED and begins > at):
            spans.append(BreakSpan(cue.cue_id, SpanKind.ARMED, begins, announced, words))
        elif cue.state in AIRED:
            back = next((spliced_at(later) for later in ordered[place + 1 :] if _ends_break(later)), None)
            if back is not None and back <= at:
                spans.append(BreakSpan(cue.cue_id, SpanKind.DONE, begins, back, words))
            elif break_ends_at is not None and break_ends_at > at:
                spans.append(BreakSpan(cue.cue_id, SpanKind.RUNNING, begins, break_ends_at, words))
            else:
                spans.append(BreakSpan(cue.cue_id, SpanKind.DONE, begins, min(announced, at), words))
    return spans


def _ends_break(cue: Cue) -> bool:
    """The next cue that aired ends a break, whether it goes back or opens another one."""
    return cue.state in AIRED and (cue.action.leaves or cue.action.returns)
