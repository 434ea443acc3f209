"""Profiles: sets of streams by name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import Path as InPath
from fastapi import Request, Response

from ibe100.api.files import file_reply, scratch_folder
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Scarce, needs, new_router, with_extra
from ibe100.models.errors import NotFound
from ibe100.models.profile import Profile
from ibe100.models.rights import Act

router = new_router("profiles")

FILE = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}

ProfileName = Annotated[str, InPath(pattern=r"^\w[\w .()+-]{0,79}$")]


@router.get("/profiles", **needs(Act.READ, Scarce.FILES))
async def names(services: ApiServices) -> list[str]:
    """Profiles by name."""
    return list(await services.profiles.names())


@router.get("/profiles/shipped", **needs(Act.READ, Scarce.FILES))
async def shipped(services: ApiServices) -> list[str]:
    """Profiles to begin with, which come with the program; they are loaded by their names like the others."""
    return list(await services.profiles.shipped())


@router.put("/profiles/{name}", **needs(Act.SET_PROFILES, Scarce.FILES))
async def save(name: ProfileName, services: ApiServices) -> Done:
    """Save the present list of streams under this name; one that is there is replaced."""
    await services.profiles.save(name)
    return Done()


@router.get("/profiles/{name}/file", response_class=Response, **needs(Act.SET_PROFILES, Scarce.FILES))
async def export_file(name: ProfileName, services: ApiServices) -> Response:
    """A profile as a file, without passphrases."""
    if name not in await services.profiles.names():
        raise NotFound(f"there is no profile {name}")

    async def write(path: Path) -> None:
        await services.profiles.export_file(name, path)

    return await file_reply("profile.json", "application/json", write)


@router.post("/profiles/import", **with_extra(needs(Act.SET_PROFILES, Scarce.FILES), requestBody=FILE))
async def import_file(request: Request, services: ApiServices) -> Profile:
    """Take the profile in the body into the folder; its streams are not loaded yet."""
    content = await request.body()
    async with scratch_folder() as folder:
        path = folder / "profile.json"
        await asyncio.to_thread(path.write_bytes, content)
        return await services.profiles.import_file(path)


@router.post("/profiles/{name}/load", **needs(Act.SET_PROFILES, Scarce.FILES))
async def load(name: ProfileName, services: ApiServices) -> Profile:
    """Replace the list of streams; refused while one runs that the profile does not hold."""
    if name not in (*await services.profiles.names(), *await services.profiles.shipped()):
        raise NotFound(f"there is no profile {name}")
    return await services.profiles.load(name)
