"""State of a stream as its card and its tile say it: what is so, and the time that runs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum, auto

from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.utils.timecode import format_clock, format_countdown, format_span

PENDING = frozenset({CueState.ARMED, CueState.SENT, CueState.SEEN})
SETTLING = frozenset(
    {
        StreamState.WAITING,
        StreamState.PROBING,
        StreamState.STARTING,
        StreamState.STOPPING,
        StreamState.RETRYING,
    }
)
FAILED_S = 60.0
"""Seconds for which a cue that failed is told."""
SEPARATOR = " · "


class StatusKind(Enum):
    """Kind of status, by which it is painted."""

    QUIET = auto()
    PLANNED = auto()
    SETTLING = auto()
    OFF = auto()
    FAILED = auto()
    ARMED = auto()
    IN_BREAK = auto()
    OVER_RUN = auto()
    ALARM = auto()


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """The words, and the moment (wall clock) that is counted down to, or up from."""

    kind: StatusKind
    words: str
    short: str = ""
    """The words where there is little room; empty where they have no shorter form."""
    detail: str = ""
    """Parts by their importance, with SEPARATOR between."""
    at: float | None = None
    counts_up: bool = False
    begins: float | None = None
    """Begin of a break that has a planned end."""

    def countdown(self, now: float) -> str:
        """`01:12`, with tenths under 10 s and while armed; `+00:04.2` for an over-run; or nothing."""
        if self.at is None:
            return ""
        seconds = now - self.at if self.counts_up else self.at - now
        if self.kind is StatusKind.OVER_RUN:
            return f"+{_tenths(seconds)}"
        if self.kind is StatusKind.ARMED and seconds < 3600:
            return _tenths(seconds)
        return format_span(seconds) if self.counts_up else format_countdown(seconds)

    def part(self, now: float) -> float | None:
        """Part of the planned break that is over, above 1 in an over-run; None where no end is planned."""
        if self.begins is None or self.at is None or self.at <= self.begins:
            return None
        return max(0.0, (now - self.begins) / (self.at - self.begins))


def status_now(row: StreamRow, cues: CueListModel, coming: ScheduledBreak | None = None) -> StreamStatus:
    """Status of a stream as of now; `coming` is its next planned break."""
    began = cues.opened_break(row.stream_id) if row.view.tally is Tally.IN_BREAK else None
    return stream_status(row, cues.latest(row.stream_id), began, coming, time.time())


def stream_status(
    row: StreamRow, cue: Cue | None, began: Cue | None, coming: ScheduledBreak | None, now: float
) -> StreamStatus:
    """Status at `now` (wall clock); `cue` is the stream's newest, `began` the one that opened its break."""
    return (
        _halted(row) or _pending(cue, now) or _break(row, began) or _failed(cue, now) or _coming(coming, now)
    )


def _halted(row: StreamRow) -> StreamStatus | None:
    view = row.view
    if view.tally is Tally.UNKNOWN:
        words = SEPARATOR.join(view.reason.split("; "))
        return StreamStatus(StatusKind.OFF, str(view.tally), detail=words, at=row.lost_at, counts_up=True)
    if view.tally is Tally.NO_INPUT:
        return StreamStatus(
            StatusKind.ALARM, str(view.tally), detail=view.reason, at=view.input_lost_at, counts_up=True
        )
    if view.tally is Tally.FAULT or view.state is StreamState.FAILED:
        trouble = view.output_trouble
        words = str(view.state) if trouble is None else f"OUTPUT {trouble.upper()}"
        return StreamStatus(StatusKind.ALARM, words, detail=view.reason, at=view.retry_at)
    if not view.state.is_active:
        is_plain = view.state in (StreamState.OFF, StreamState.STOPPED)
        return StreamStatus(
            StatusKind.OFF,
            "NOT RUNNING" if is_plain else str(view.state),
            "OFF" if is_plain else "",
            view.reason,
        )
    if view.state in SETTLING:
        return StreamStatus(StatusKind.SETTLING, str(view.state), detail=view.reason, at=view.retry_at)
    return None


def _pending(cue: Cue | None, now: float) -> StreamStatus | None:
    if cue is None or cue.state not in PENDING or cue.splice_at is None or cue.splice_at <= now:
        return None
    length = f"{cue.duration_s:g} s" if cue.duration_s else ""
    detail = SEPARATOR.join(filter(None, (length, f"splice {format_clock(cue.splice_at)}")))
    return StreamStatus(StatusKind.ARMED, f"{cue.action} in", str(cue.action), detail, cue.splice_at)


def _break(row: StreamRow, began: Cue | None) -> StreamStatus | None:
    view = row.view
    if view.tally is not Tally.IN_BREAK:
        return None
    begun_at = None if began is None else began.splice_at or began.sent_at or began.requested_at
    ends = view.break_ends_at or view.break_announced_end
    if ends is None:
        return StreamStatus(
            StatusKind.IN_BREAK, "IN BREAK", detail="no end is announced", at=begun_at, counts_up=True
        )
    length = None if began is None else began.duration_s
    if begun_at is None or begun_at >= ends:
        begun_at = None if length is None else ends - length
    planned = f"{length:g} s planned" if length else ""
    detail = SEPARATOR.join(filter(None, (f"ends {format_clock(ends)}", planned)))
    return StreamStatus(StatusKind.IN_BREAK, "BREAK ENDS in", "ENDS in", detail, ends, begins=begun_at)


def over_run(status: StreamStatus, now: float) -> StreamStatus:
    """The same status, or that its break has run over its planned end."""
    if status.kind is not StatusKind.IN_BREAK or status.counts_up or status.at is None or now < status.at:
        return status
    detail = status.detail.replace("ends ", "planned end ", 1)
    return StreamStatus(
        StatusKind.OVER_RUN, "OVER-RUN", "OVER", detail, status.at, counts_up=True, begins=status.begins
    )


def _failed(cue: Cue | None, now: float) -> StreamStatus | None:
    if cue is None or cue.state is not CueState.FAILED:
        return None
    at = cue.splice_at or cue.sent_at or cue.requested_at
    if now - at > FAILED_S:
        return None
    return StreamStatus(StatusKind.FAILED, f"{cue.action} FAILED", "FAILED", cue.reason)


def _coming(coming: ScheduledBreak | None, now: float) -> StreamStatus:
    if coming is None or coming.planned_at is None or coming.planned_at < now:
        return StreamStatus(StatusKind.QUIET, "No break planned", "No break")
    at = format_clock(coming.planned_at)
    detail = SEPARATOR.join((f"{coming.duration_s:g} s", coming.title))
    return StreamStatus(StatusKind.PLANNED, f"Next break {at}", f"Next {at[:5]}", detail, coming.planned_at)


def _tenths(seconds: float) -> str:
    tenths = max(0, int(seconds * 10))
    return f"{format_span(tenths // 10)}.{tenths % 10}"
