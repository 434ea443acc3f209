"""Alarms: which stand, see to them, and when they are raised."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from ibe100.api.replies import AlarmReply, alarm_reply
from ibe100.api.roles import Desk, Few, StreamWanted, needs, new_router
from ibe100.models.access import NotFound, Role
from ibe100.models.alarms.alarm import Alarm, AlarmFilter, Severity
from ibe100.models.alarms.settings import RuleChange, RuleView
from ibe100.models.base import Text, Value
from ibe100.services.ports import Services

router = new_router("alarms")


class Shelving(Value):
    """Out of sight for a while, also when it clears and comes again."""

    minutes: Annotated[float, Field(gt=0, le=1440)]
    reason: Annotated[Text, Field(min_length=1, max_length=500)]


@router.get("/alarms", **needs(Role.VIEWER))
async def standing(services: Desk, stream: StreamWanted) -> list[AlarmReply]:
    """All that are not closed, most severe and newest first; shelved and explained ones too."""
    alarms = services.monitoring.alarms()
    return [alarm_reply(alarm) for alarm in alarms if stream in ("", alarm.stream_id)]


@router.get("/alarms/history", **needs(Role.VIEWER, Few.FILES))
async def history(
    services: Desk,
    stream: StreamWanted,
    severity: Severity | None = None,
    words: str = "",
    since: float | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> list[Alarm]:
    """The newest first, closed ones too."""
    wanted = AlarmFilter(stream_id=stream or None, severity=severity, words=words, since=since, limit=limit)
    return list(await services.history.alarms(wanted))


@router.post("/alarms/{alarm_id}/acknowledge", **needs(Role.OPERATOR))
async def acknowledge(alarm_id: int, services: Desk) -> AlarmReply:
    """Seen by the caller; an alarm whose condition is over is closed by it."""
    before = _find(services, alarm_id)
    await services.monitoring.acknowledge(alarm_id)
    return _now(services, before)


@router.post("/alarms/{alarm_id}/shelve", **needs(Role.OPERATOR))
async def shelve(alarm_id: int, shelving: Shelving, services: Desk) -> AlarmReply:
    """Out of sight for up to a day, for a reason."""
    before = _find(services, alarm_id)
    await services.monitoring.shelve(alarm_id, shelving.minutes, shelving.reason)
    return _now(services, before)


@router.post("/alarms/{alarm_id}/unshelve", **needs(Role.OPERATOR))
async def unshelve(alarm_id: int, services: Desk) -> AlarmReply:
    """Back before the operators' eyes."""
    before = _find(services, alarm_id)
    await services.monitoring.unshelve(alarm_id)
    return _now(services, before)


@router.get("/alarm-rules", **needs(Role.VIEWER))
async def rules(services: Desk, stream: StreamWanted) -> list[RuleView]:
    """All rules as they hold for a stream, or in general."""
    return list(services.monitoring.alarm_rules(stream))


@router.put("/alarm-rules/{condition}", **needs(Role.ENGINEER))
async def set_rule(condition: str, change: RuleChange, services: Desk, stream: StreamWanted) -> RuleView:
    """Change a rule for a stream, or for all; an empty change undoes it."""
    if condition not in {view.condition for view in services.monitoring.alarm_rules(stream)}:
        raise NotFound(f"there is no alarm called {condition}")
    return await services.monitoring.set_alarm_rule(stream, condition, change)


def _find(services: Services, alarm_id: int) -> Alarm:
    alarm = next((one for one in services.monitoring.alarms() if one.alarm_id == alarm_id), None)
    if alarm is None:
        raise NotFound(f"there is no alarm {alarm_id} that stands")
    return alarm


def _now(services: Services, before: Alarm) -> AlarmReply:
    """As it stands; one that was closed by it is told as closed."""
    standing = services.monitoring.alarms()
    alarm = next((one for one in standing if one.alarm_id == before.alarm_id), None)
    if alarm is None:
        alarm = before.model_copy(update={"state": "CLOSED", "shelved_until": None})
    return alarm_reply(alarm)
