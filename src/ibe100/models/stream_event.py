"""Events of a stream, from all records, on one time axis."""

from __future__ import annotations

from enum import StrEnum

from ibe100.models.alarms.alarm import Severity
from ibe100.models.base import Value


class EventKind(StrEnum):
    """Source of an event."""

    SESSION = "session"
    RESTART = "restart"
    CUE = "cue"
    ALARM = "alarm"
    CHANGE = "change"


class StreamEvent(Value):
    """Something that happened at a moment, or lasted."""

    stream_id: str
    at: float
    """Seconds since the epoch."""
    kind: EventKind
    text: str
    ends_at: float | None = None
    """Time at which an alarm cleared; None for a moment, and while it lasts."""
    severity: Severity | None = None
    """Severity of an alarm."""
    is_bad: bool = False
    """Worth a look: a failed cue, a processor that died."""
