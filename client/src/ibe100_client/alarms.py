"""Calls about alarms, their rules, and who is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibe100_client.calls import Call, place
from ibe100_client.values import Alarm


def standing(stream: str | None = None) -> Call[tuple[Alarm, ...]]:
    """Alarms that are not closed, most severe and newest first."""
    return Call("GET", "/alarms", tuple[Alarm, ...], {"stream": stream})


def history(
    stream: str | None = None,
    severity: int | None = None,
    words: str = "",
    since: float | None = None,
    limit: int = 500,
) -> Call[tuple[Alarm, ...]]:
    """Alarms on record, the newest first."""
    query = {"stream": stream, "severity": severity, "words": words, "since": since, "limit": limit}
    return Call("GET", "/alarms/history", tuple[Alarm, ...], query)


def rate() -> Call[dict[str, int]]:
    """`within_10_min`: how many alarms came lately."""
    return Call("GET", "/alarms/rate", dict)


def acknowledge(alarm_id: int) -> Call[Alarm]:
    """Seen by the caller."""
    return Call("POST", place("alarms", alarm_id, "acknowledge"), Alarm)


def shelve(alarm_id: int, minutes: float, reason: str) -> Call[Alarm]:
    """Out of sight for up to a day, for a reason."""
    return Call(
        "POST", place("alarms", alarm_id, "shelve"), Alarm, body={"minutes": minutes, "reason": reason}
    )


def unshelve(alarm_id: int) -> Call[Alarm]:
    """Back before the operators' eyes."""
    return Call("POST", place("alarms", alarm_id, "unshelve"), Alarm)


def rules(stream: str | None = None) -> Call[tuple[dict[str, Any], ...]]:
    """Rules as they hold for a stream, or in general."""
    return Call("GET", "/alarm-rules", tuple[dict[str, Any], ...], {"stream": stream})


def rule(condition: str, stream: str | None = None) -> Call[dict[str, Any]]:
    """One rule; its ETag is in the headers of `Client.answer`."""
    return Call("GET", place("alarm-rules", condition), dict, {"stream": stream})


def set_rule(condition: str, change: Mapping[str, Any], stream: str | None = None) -> Call[dict[str, Any]]:
    """Change a rule for a stream, or for all; an empty change undoes it."""
    return Call("PUT", place("alarm-rules", condition), dict, {"stream": stream}, dict(change))


def targets() -> Call[tuple[dict[str, Any], ...]]:
    """Targets of notifications; their addresses never come out."""
    return Call("GET", "/notifications", tuple[dict[str, Any], ...])


def save_target(target: Mapping[str, Any], url: str = "") -> Call[dict[str, Any]]:
    """Add or change a target; an empty `url` keeps the one there is."""
    return Call("POST", "/notifications", dict, body={"target": dict(target), "url": url})


def remove_target(target_id: str) -> Call[None]:
    """Remove a target."""
    return Call("DELETE", place("notifications", target_id), None)


def test_target(target_id: str) -> Call[None]:
    """Send a message now; refused with the reason when it is not delivered."""
    return Call("POST", place("notifications", target_id, "test"), None)
