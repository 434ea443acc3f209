"""Targets of notifications: people who are told of alarms when nobody sits at the console."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ibe100.models.alarms.alarm import Severity
from ibe100.models.base import Name, Value


class NotificationTarget(Value):
    """Target of notifications. Its address is a secret (it holds tokens and passwords) and is kept apart."""

    target_id: str = ""
    """Id of the target; empty for a new one."""
    name: Name
    severity: Severity = Severity.CRITICAL
    """Least severe alarm that is told of."""
    enabled: bool = True
    tells_clearing: bool = True
    """True: the end of an alarm that was told of is told as well."""
    most_per_10_min: Annotated[int, Field(ge=1, le=100)] = 10
    """Most messages in 10 minutes; the rest is counted and told of in one message afterwards."""


class NotificationTargets(Value):
    """Targets as they are kept in `notifications.json`."""

    targets: tuple[NotificationTarget, ...] = ()


class TargetView(Value):
    """Target, and how deliveries to it went."""

    target: NotificationTarget
    kind: str = ""
    """Scheme of its address, such as `mailtos` or `slack`; empty where there is none."""
    told: int = 0
    """Messages delivered since the console was started."""
    last_told_at: float | None = None
    problem: str = ""
    """Reason why the last message was not delivered; empty when it was."""
