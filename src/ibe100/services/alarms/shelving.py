"""Shelving (ISA-18.2): an alarm is out of sight until a time, for a reason, by somebody. Pure."""

from __future__ import annotations

from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.errors import OperatorError

MOST_MINUTES = 24 * 60
"""An alarm that is not wanted for longer is a rule to be changed."""


def check_shelving(minutes: float, reason: str) -> None:
    """Raises OperatorError without a reason or for longer than a day."""
    if not 0 < minutes <= MOST_MINUTES:
        raise OperatorError(
            f"an alarm can be shelved for up to {MOST_MINUTES // 60} hours, not for {minutes:g} minutes"
        )
    if not reason.strip():
        raise OperatorError("an alarm is shelved for a reason: say which")


def shelved(alarm: Alarm, until: float, reason: str, by: str) -> Alarm:
    """The alarm, shelved until a time (wall clock)."""
    return alarm.model_copy(
        update={"shelved_until": until, "shelve_reason": reason.strip(), "shelved_by": by}
    )


def unshelved(alarm: Alarm) -> Alarm:
    """The alarm, no longer shelved; closed if it was acknowledged or explained, and cleared meanwhile."""
    seen_to = alarm.acknowledged_at is not None or bool(alarm.suppressed_by)
    changes: dict[str, object] = {"shelved_until": None, "shelve_reason": "", "shelved_by": ""}
    if alarm.cleared_at is not None and seen_to:
        changes["state"] = AlarmState.CLOSED
    return alarm.model_copy(update=changes)
