"""What each route asks of who calls it: a role, declared with the route and held in one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from ibe100.models.access import Identity, NotAllowed, Role
from ibe100.models.messages import StreamView
from ibe100.services.ports import Services
from ibe100.services.streams.which_stream import which_stream

API = "/api/v1"
ROLE = "x-role"
"""Where a route's role stands in openapi.json."""


class Few(StrEnum):
    """What only a few may do at once: it takes threads, disk or processors that the streams need as well."""

    FILES = "files"
    PROBES = "probes"
    SCRAPES = "scrapes"


MOST_AT_ONCE: dict[Few, int] = {Few.FILES: 1, Few.PROBES: 2, Few.SCRAPES: 1}
"""The others wait: most threads, and one of the database's two readers, are left to the services."""


def new_gates() -> dict[Few, asyncio.Semaphore]:
    """For one application."""
    return {few: asyncio.Semaphore(most) for few, most in MOST_AT_ONCE.items()}


def needs(role: Role, few: Few | None = None) -> dict[str, Any]:
    """For a route's decorator: only who has this role, or one above it, gets in; and `few` at once."""

    async def check(request: Request) -> AsyncIterator[None]:
        identity: Identity = request.scope["state"]["identity"]
        if not identity.role.covers(role):
            raise NotAllowed(f"{identity.name} is {identity.role}: this needs {role}")
        if few is None:
            yield
        else:
            async with request.app.state.gates[few]:
                yield

    # Of the function, not the request: who is slow to take the answer keeps no other from the next.
    return {"dependencies": [Depends(check, scope="function")], "openapi_extra": {ROLE: role.value}}


def role_of(route: APIRoute) -> Role:
    """The role a route asks for. Raises LookupError for one that asks for none: there must be none such."""
    declared = (route.openapi_extra or {}).get(ROLE)
    if declared is None:
        raise LookupError(f"{route.path} asks for no role")
    return Role(declared)


def new_router(subject: str) -> APIRouter:
    """Routes about one subject."""
    return APIRouter(prefix=API, tags=[subject])


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _caller(request: Request) -> Identity:
    identity: Identity = request.scope["state"]["identity"]
    return identity


Desk = Annotated[Services, Depends(_services)]
Caller = Annotated[Identity, Depends(_caller)]


def find_stream(services: Services, wanted: str) -> StreamView:
    """The stream that is named by number, id or name. Raises NotFound, AmbiguousName."""
    return which_stream(services.streams.streams(), wanted)


async def _stream(stream: str, services: Desk) -> StreamView:
    return find_stream(services, stream)


async def _one_stream(services: Desk, stream: str = "") -> str:
    return find_stream(services, stream).stream_id if stream else ""


Stream = Annotated[StreamView, Depends(_stream)]
"""The stream of the path: its number, id or name."""
StreamWanted = Annotated[str, Depends(_one_stream)]
"""The stream_id of the one that `?stream=` names; empty where it names none."""
