"""Settings of the installation."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import Field

from ibe100.api.etags import IF_MATCH, edits, tag_of
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, needs, new_router, with_extra
from ibe100.models.base import Value
from ibe100.models.rights import Act
from ibe100.models.settings.sound import SoundPlan
from ibe100.models.settings.views import SettingView
from ibe100.services.api_ports import AllServices

router = new_router("settings")


class Changed(Value):
    """Settings by name, as JSON values."""

    values: Annotated[dict[str, Any], Field(min_length=1, max_length=200)]


class Names(Value):
    """Names of settings."""

    names: Annotated[tuple[str, ...], Field(max_length=200)]


@router.get("/settings", **needs(Act.SET_SETTINGS))
async def views(services: ApiServices, response: Response) -> list[SettingView]:
    """All settings, each with its value and where that comes from; with an ETag."""
    response.headers["ETag"] = tag_of(await _content(services))
    return list(await services.settings.views())


@router.put("/settings", **with_extra(needs(Act.SET_SETTINGS), parameters=[IF_MATCH]))
async def change(changed: Changed, services: ApiServices, request: Request, response: Response) -> Done:
    """Set these, all or none; what can take effect at once does."""
    async with edits(request).of(request, response, lambda: _content(services)):
        await services.settings.change(changed.values)
    return Done()


@router.post("/settings/reset", **needs(Act.SET_SETTINGS))
async def reset(wanted: Names, services: ApiServices) -> Done:
    """Set these to what is shipped; those that are fixed stay."""
    await services.settings.reset(wanted.names)
    return Done()


@router.post("/settings/undo", **needs(Act.SET_SETTINGS))
async def undo(services: ApiServices) -> Done:
    """Take the last change or reset back."""
    await services.settings.undo()
    return Done()


@router.get("/settings/last-change", **needs(Act.SET_SETTINGS))
async def last_change(services: ApiServices) -> Names:
    """Names of what `undo` would take back."""
    return Names(names=services.settings.last_change())


@router.get("/settings/sound", **needs(Act.READ))
async def sound(services: ApiServices) -> SoundPlan:
    """The sound of alarms as it is in force."""
    return services.settings.sound()


async def _content(services: AllServices) -> str:
    return json.dumps({view.name: view.value for view in await services.settings.views()}, default=str)
