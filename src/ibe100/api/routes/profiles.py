"""Profiles: sets of streams by name."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Scarce, needs, new_router
from ibe100.models.errors import NotFound
from ibe100.models.profile import Profile
from ibe100.models.rights import Act

router = new_router("profiles")

ProfileName = Annotated[str, Path(pattern=r"^\w[\w .()+-]{0,79}$")]


@router.get("/profiles", **needs(Act.READ, Scarce.FILES))
async def names(services: ApiServices) -> list[str]:
    """Profiles by name."""
    return list(await services.profiles.names())


@router.put("/profiles/{name}", **needs(Act.SET_PROFILES, Scarce.FILES))
async def save(name: ProfileName, services: ApiServices) -> Done:
    """Save the present list of streams under this name; one that is there is replaced."""
    await services.profiles.save(name)
    return Done()


@router.post("/profiles/{name}/load", **needs(Act.SET_PROFILES, Scarce.FILES))
async def load(name: ProfileName, services: ApiServices) -> Profile:
    """Replace the list of streams; refused while one runs that the profile does not hold."""
    if name not in await services.profiles.names():
        raise NotFound(f"there is no profile {name}")
    return await services.profiles.load(name)
