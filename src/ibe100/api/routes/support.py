"""Versions of what is installed, and what is sent to who helps: without secrets."""

from __future__ import annotations

from fastapi import Response

from ibe100.api.files import file_reply
from ibe100.api.roles import ApiServices, Scarce, needs, new_router
from ibe100.models.base import Value
from ibe100.models.rights import Act
from ibe100.models.settings.installation import PackageLicence, PartVersion

router = new_router("support")


class Diagnostics(Value):
    """Versions, checks and states."""

    text: str


@router.get("/support/versions", **needs(Act.READ, Scarce.FILES))
async def versions(services: ApiServices) -> list[PartVersion]:
    """Versions of the parts of this installation."""
    return list(await services.support.versions())


@router.get("/support/licences", **needs(Act.READ, Scarce.FILES))
async def licences(services: ApiServices) -> list[PackageLicence]:
    """Installed packages with their licences."""
    return list(await services.support.licences())


@router.get("/support/diagnostics", **needs(Act.SAVE_SUPPORT, Scarce.FILES))
async def diagnostics(services: ApiServices) -> Diagnostics:
    """Versions, checks and states as text, to be pasted."""
    return Diagnostics(text=await services.support.diagnostics())


@router.get("/support/bundle", response_class=Response, **needs(Act.SAVE_SUPPORT, Scarce.FILES))
async def bundle(services: ApiServices) -> Response:
    """A zip with versions, settings, checks, states and the last logs."""
    return await file_reply("ibe100-support.zip", "application/zip", services.support.save)
