"""The house: which processor, who is told of alarms."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Request, Response
from pydantic import Field, SecretStr

from ibe100 import __version__
from ibe100.api.etags import tagged
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, needs, new_router
from ibe100.models.alarms.notification import NotificationTarget, TargetView
from ibe100.models.base import Value
from ibe100.models.console import StreamWindow, WindowState
from ibe100.models.errors import NotFound
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import CueAction
from ibe100.services.api_ports import AllServices

router = new_router("system")


class EngineReply(Value):
    """Version of this program, and the processors it finds."""

    version: str
    engines: tuple[str, ...]
    """In words, what `auto` takes first."""


class WantedTarget(Value):
    """A target and its address."""

    target: NotificationTarget
    url: Annotated[SecretStr, Field(max_length=2000)] = SecretStr("")


@router.get("/engine", **needs(Act.READ))
async def engine(services: ApiServices) -> EngineReply:
    """Processors of this machine."""
    return EngineReply(version=__version__, engines=await services.engine.engines())


@router.get("/notifications", **needs(Act.SET_NOTIFICATIONS))
async def targets(services: ApiServices) -> list[TargetView]:
    """Targets of notifications, and how telling them went; addresses never come out."""
    return list(services.notifications.targets())


@router.post("/notifications", status_code=201, **needs(Act.SET_NOTIFICATIONS))
async def save_target(wanted: WantedTarget, services: ApiServices) -> TargetView:
    """Add a target, or change the one with its `target_id`; an empty `url` keeps the one there is."""
    return await services.notifications.save(wanted.target, wanted.url.get_secret_value())


@router.delete("/notifications/{target_id}", **needs(Act.SET_NOTIFICATIONS))
async def remove_target(target_id: str, services: ApiServices) -> Done:
    """Remove a target."""
    _demand_target(services, target_id)
    await services.notifications.remove(target_id)
    return Done()


@router.post("/notifications/{target_id}/test", **needs(Act.SET_NOTIFICATIONS))
async def test_target(target_id: str, services: ApiServices) -> Done:
    """Send a message now; 409 with the reason when it is not delivered."""
    _demand_target(services, target_id)
    await services.notifications.test(target_id)
    return Done()


@router.get("/window", response_class=Response, **needs(Act.READ))
async def window(services: ApiServices, request: Request) -> Response:
    """State that a window shows and no event tells: what may go out, presets, rundowns.

    With an ETag: asked again with `If-None-Match`, 304 says that nothing has changed.
    """
    streams = []
    for view in services.streams.streams():
        await asyncio.sleep(0)  # many streams must not take the loop at a stretch
        streams.append(_of_stream(services, view.stream_id))
    state = WindowState(
        streams=tuple(streams),
        presets=services.cue_presets.own(),
        unusual_break_s=services.cues.unusual_break_s,
        alarm_rate=services.alarms.rate(),
        sound=services.settings.sound(),
        backups=services.backups.status(),
        metrics_problem=services.metrics.health().problem,
    )
    return tagged(request, state.model_dump_json().encode(), "application/json")


def _of_stream(services: AllServices, stream_id: str) -> StreamWindow:
    return StreamWindow(
        stream_id=stream_id,
        readiness={action: services.cues.readiness(stream_id, action) for action in CueAction},
        presets=services.cue_presets.own(stream_id),
        rundown=services.cue_presets.rundown(stream_id),
        restart_s=services.streams.restart_s(stream_id),
    )


def _demand_target(services: AllServices, target_id: str) -> None:
    """Raises NotFound."""
    if target_id not in {view.target.target_id for view in services.notifications.targets()}:
        raise NotFound(f"there is no target of notifications {target_id}")
