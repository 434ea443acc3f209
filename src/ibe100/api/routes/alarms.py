"""Alarms: which stand, see to them, and when they are raised."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import Field

from ibe100.api.etags import IF_MATCH, edits, tag_of
from ibe100.api.replies import AlarmReply, alarm_reply
from ibe100.api.roles import ApiServices, Scarce, StreamWanted, needs, new_router, with_extra
from ibe100.models.alarms.alarm import Alarm, AlarmFilter, Severity
from ibe100.models.alarms.settings import RuleChange, RuleView
from ibe100.models.base import Text, Value
from ibe100.models.errors import NotFound
from ibe100.models.rights import Act
from ibe100.services.api_ports import AllServices

router = new_router("alarms")


class Shelving(Value):
    """Shelving: out of sight for a while, also when the alarm clears and comes again."""

    minutes: Annotated[float, Field(gt=0, le=1440)]
    reason: Annotated[Text, Field(min_length=1, max_length=500)]


@router.get("/alarms", **needs(Act.READ))
async def standing(services: ApiServices, stream: StreamWanted) -> list[AlarmReply]:
    """Alarms that are not closed, most severe and newest first; shelved and explained ones too."""
    alarms = services.alarms.standing()
    return [alarm_reply(alarm) for alarm in alarms if stream in ("", alarm.stream_id)]


class Rate(Value):
    """Alarms put before the operator within the last 10 minutes."""

    within_10_min: int


@router.get("/alarms/rate", **needs(Act.READ))
async def rate(services: ApiServices) -> Rate:
    """How many alarms came lately."""
    return Rate(within_10_min=services.alarms.rate())


@router.get("/alarms/history", **needs(Act.READ, Scarce.FILES))
async def history(
    services: ApiServices,
    stream: StreamWanted,
    severity: Severity | None = None,
    words: str = "",
    since: float | None = None,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> list[Alarm]:
    """Alarms on record, the newest first, closed ones too."""
    wanted = AlarmFilter(
        stream_id=stream or None, severity=severity, words=words, since=since, limit=offset + limit
    )
    return list(await services.records.alarms.list(wanted))[offset:]


@router.post("/alarms/{alarm_id}/acknowledge", **needs(Act.SEE_TO_ALARMS))
async def acknowledge(alarm_id: int, services: ApiServices) -> AlarmReply:
    """Seen by the caller; an alarm whose condition is over is closed by it."""
    return alarm_reply(await services.alarms.acknowledge(alarm_id))


@router.post("/alarms/{alarm_id}/shelve", **needs(Act.SEE_TO_ALARMS))
async def shelve(alarm_id: int, shelving: Shelving, services: ApiServices) -> AlarmReply:
    """Shelve an alarm for up to a day, for a reason."""
    return alarm_reply(await services.alarms.shelve(alarm_id, shelving.minutes, shelving.reason))


@router.post("/alarms/{alarm_id}/unshelve", **needs(Act.SEE_TO_ALARMS))
async def unshelve(alarm_id: int, services: ApiServices) -> AlarmReply:
    """Back before the operators' eyes."""
    return alarm_reply(await services.alarms.unshelve(alarm_id))


@router.get("/alarm-rules", **needs(Act.READ))
async def rules(services: ApiServices, stream: StreamWanted) -> list[RuleView]:
    """Rules of alarms as they hold for a stream, or in general."""
    return list(await services.alarm_rules.views(stream))


@router.get("/alarm-rules/{condition}", **needs(Act.READ))
async def one_rule(
    condition: str, services: ApiServices, stream: StreamWanted, response: Response
) -> RuleView:
    """A rule as it holds for a stream, or in general, with its ETag."""
    rule = await _rule(services, stream, condition)
    response.headers["ETag"] = tag_of(rule.model_dump_json())
    return rule


@router.put("/alarm-rules/{condition}", **with_extra(needs(Act.SET_RULES), parameters=[IF_MATCH]))
async def set_rule(
    condition: str,
    change: RuleChange,
    services: ApiServices,
    stream: StreamWanted,
    request: Request,
    response: Response,
) -> RuleView:
    """Change a rule for a stream, or for all; an empty change undoes it."""
    await _rule(services, stream, condition)

    async def content() -> str:
        return (await _rule(services, stream, condition)).model_dump_json()

    async with edits(request).of(request, response, content):
        return await services.alarm_rules.set(stream, condition, change)


async def _rule(services: AllServices, stream: str, condition: str) -> RuleView:
    """Raises NotFound."""
    for one in await services.alarm_rules.views(stream):
        if one.condition == condition:
            return one
    raise NotFound(f"there is no alarm {condition}")
