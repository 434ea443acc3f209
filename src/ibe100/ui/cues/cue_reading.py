"""Reading of a target's newest cue and its break, as the status of the panel shows it."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.scte35_marker import BreakEnd, Cue, CueState
from ibe100.models.stream_state import Tally
from ibe100.ui.qt_models.cue_list import receipt_words
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.utils.timecode import format_clock, format_countdown
from ibe100.utils.units import format_event_id

RECENT_S = 30.0
"""Seconds for which the result of an immediate cue stays on screen."""
RECEIPT_PAGE, DISARM_PAGE, BREAK_PAGE = range(3)
SENT_WORDS = "sent, cannot be called off"
RETURNS = {
    BreakEnd.AUTO: "returns by itself",
    BreakEnd.CUE: "returns by cue",
    BreakEnd.HAND: "by hand: press F10",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """Words and numbers of the status, and the page below them."""

    title: str
    digits: str
    line: str = ""
    event: str = ""
    kind: str = "status"
    page: int = RECEIPT_PAGE
    receipt: str = ""
    """Words below instead of the cue's receipt."""
    part: float | None = None
    """Part of the break that is over, above 1 when it is over-run."""
    began: str = ""
    ends: str = ""
    is_idle: bool = False


def read_cue(row: StreamRow | None, cue: Cue | None, at: float, *, is_called_off: bool = False) -> Reading:
    """Read the newest cue of a target at a moment (wall clock)."""
    event = "" if cue is None else f"event {format_event_id(cue.splice_event_id)}"
    if row is not None and row.view.tally is Tally.UNKNOWN:
        last = "" if cue is None else f"last known: {cue.action} {cue.state}"
        return Reading("UNKNOWN", "", row.view.reason, event, receipt=last)
    if cue is not None and cue.splice_at is not None and cue.splice_at > at:
        left = format_countdown(cue.splice_at - at)
        splice = f"splice {format_clock(cue.splice_at)}"
        if (cue.can_be_called_off_until or 0.0) > at:
            seen = f"{splice} · {'seen' if cue.seen else 'sent'} {cue.seen}/{cue.sent_expected}"
            line = splice if cue.state is CueState.ARMED else seen
            return Reading(f"{cue.action} in", left, line, event, "status_armed", DISARM_PAGE)
        if cue.state in (CueState.ARMED, CueState.SENT, CueState.SEEN):
            receipt = f"{SENT_WORDS} · {receipt_words(cue)}"
            return Reading(f"{cue.action} in", left, splice, event, "status_armed", receipt=receipt)
    if cue is not None and is_called_off:
        receipt = cue.reason if cue.sent_at is not None else f"nothing was sent · {cue.reason}"
        return Reading("CALLED OFF", "", str(cue.action), event, receipt=receipt)
    if cue is not None and cue.state is CueState.FAILED and at - cue.requested_at < RECENT_S:
        return Reading(f"{cue.action} FAILED", "NOT SEEN", "", event, "status_failed")
    if cue is not None and cue.state is CueState.AIRED_LATE and at - cue.requested_at < RECENT_S:
        return Reading(f"{cue.action} · do not fire again", "AIRED LATE", "", event, "status_failed")
    if row is not None and row.view.tally is Tally.IN_BREAK:
        return _read_break(row, cue, at, event)
    if cue is not None and at - (cue.sent_at or cue.requested_at) < RECENT_S:
        return Reading(f"{cue.action}", str(cue.state), format_clock(cue.requested_at), event)
    return Reading("NO CUE PENDING", "", is_idle=True)


def _read_break(row: StreamRow, cue: Cue | None, at: float, event: str) -> Reading:
    ends = row.view.break_ends_at or row.view.break_announced_end
    began = row.view.break_began_at
    if began is None and cue is not None:
        began = cue.splice_at or cue.seen_at or cue.requested_at
    out = "" if began is None else f"out {format_clock(began)}"
    returns = RETURNS.get(cue.returns, "") if cue is not None and cue.returns is not None else ""
    if ends is None:
        line = "no end was announced"
        return Reading("IN BREAK", "", line, event, "status_break", BREAK_PAGE, began=out, ends=returns)
    part = None if began is None or ends <= began else max(0.0, (at - began) / (ends - began))
    if ends < at:
        over = f"+{format_countdown(at - ends)}"
        line = f"end was {format_clock(ends)}"
        return Reading("OVER-RUN", over, line, event, "status_break", BREAK_PAGE, "", part, out, returns)
    left, line = format_countdown(ends - at), f"ends {format_clock(ends)}"
    return Reading("IN BREAK", left, line, event, "status_break", BREAK_PAGE, "", part, out, returns)
