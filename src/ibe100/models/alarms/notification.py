"""Who is told of alarms when nobody sits at the console."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ibe100.models.alarms.alarm import Severity
from ibe100.models.base import Name, Value


class NotificationTarget(Value):
    """Somebody to tell. Where to is a secret (it holds tokens and passwords) and is kept apart."""

    target_id: str = ""
    """Empty for one that is new."""
    name: Name
    severity: Severity = Severity.CRITICAL
    """This and worse."""
    enabled: bool = True
    tells_clearing: bool = True
    """Also when an alarm that was told of is over."""
    most_per_10_min: Annotated[int, Field(ge=1, le=100)] = 10
    """What is more is counted and told of in one message afterwards."""


class NotificationTargets(Value):
    """All of them, as they are kept in `notifications.json`."""

    targets: tuple[NotificationTarget, ...] = ()


class TargetView(Value):
    """A target and how telling it went."""

    target: NotificationTarget
    kind: str = ""
    """The scheme of its address, such as `mailtos` or `slack`; empty where there is none."""
    told: int = 0
    """Messages delivered since the console was started."""
    last_told_at: float | None = None
    problem: str = ""
    """Why the last message was not delivered; empty when it was."""
