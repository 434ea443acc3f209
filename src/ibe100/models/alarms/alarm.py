"""Alarms as values: each has a cause and something to do, and so is no event (EEMUA 191)."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from ibe100.models.alarms.remedy import REMEDIES, Remedy
from ibe100.models.base import Value


class Severity(IntEnum):
    """Priority: 1 is drawn as a magenta diamond, 2 as a yellow triangle, 3 as a cyan circle."""

    CRITICAL = 1
    MAJOR = 2
    MINOR = 3


class AlarmState(StrEnum):
    """State of an alarm between its condition and the operator."""

    UNACKNOWLEDGED = "UNACK"
    ACKNOWLEDGED = "ACK"
    CLEARED_UNACKNOWLEDGED = "CLEARED"
    CLOSED = "CLOSED"


class AlarmFilter(Value):
    """Filter for alarms on record; empty fields ask for all."""

    stream_id: str | None = None
    """Stream wanted; the empty text is the machine itself."""
    severity: Severity | None = None
    words: str = ""
    """Words that are all in the stream's name, the title, the value or the condition; case does not count."""
    since: float | None = None
    """Raised at or after this time."""
    limit: int = 500


class Alarm(Value):
    """Alarm: one condition on one stream, from raised to closed."""

    alarm_id: int
    stream_id: str
    """Empty for the machine or the console itself."""
    stream_name: str
    condition: str
    """Stable key, e.g. `input_lost`, `cue_failed`, `no_null_packets`."""
    severity: Severity
    title: str
    value: str = ""
    cause: str = ""
    """Most likely cause."""
    what_to_do: str
    state: AlarmState
    raised_at: float
    cleared_at: float | None = None
    acknowledged_at: float | None = None
    acknowledged_by: str = ""
    suppressed_by: str = ""
    """The condition of the alarm that explains this one; empty when it stands for itself."""
    shelved_until: float | None = None
    """Wall time at which it is shown again; None when it is not shelved."""
    shelved_by: str = ""
    shelve_reason: str = ""

    @property
    def is_shown(self) -> bool:
        """True for an alarm that the operator is to see: neither shelved nor explained by another."""
        return self.shelved_until is None and not self.suppressed_by

    @property
    def remedy(self) -> Remedy | None:
        """The remedy that a person has to begin; None for an alarm that is over or has none of that kind."""
        return REMEDIES.get(self.condition) if self.cleared_at is None else None
