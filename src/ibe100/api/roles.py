"""Roles of the routes: each declares the act it is, and one place checks its role."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from ibe100.models.errors import NotAllowed
from ibe100.models.messages import StreamView
from ibe100.models.rights import ROLE_FOR, Act, Role
from ibe100.models.users import Identity
from ibe100.services.api_ports import AllServices
from ibe100.services.rights import demand_role
from ibe100.services.streams.which_stream import which_stream

API = "/api/v1"
ROLE = "x-role"
"""Key of a route's role in openapi.json."""


class Scarce(StrEnum):
    """Requests of which few run at once: they take threads, disk or cores that the streams need as well."""

    FILES = "files"
    IMPORTS = "imports"
    PROBES = "probes"
    SCRAPES = "scrapes"


MOST_AT_ONCE: dict[Scarce, int] = {Scarce.FILES: 1, Scarce.IMPORTS: 1, Scarce.PROBES: 2, Scarce.SCRAPES: 1}
"""Further ones wait: most threads, and one of the database's two readers, are left to the services."""


def new_limits() -> dict[Scarce, asyncio.Semaphore]:
    """The semaphores of one application."""
    return {scarce: asyncio.Semaphore(most) for scarce, most in MOST_AT_ONCE.items()}


def needs(act: Act, scarce: Scarce | None = None) -> dict[str, Any]:
    """Arguments of a route's decorator: the act it is, and which of the scarce requests it is.

    Who lacks the role is refused before the body is read; the service asks for the right to the stream.
    """

    async def check(request: Request) -> AsyncIterator[None]:
        demand_role(act)
        if scarce is None:
            yield
        else:
            async with request.app.state.limits[scarce]:
                yield

    # Of the function, not the request: who is slow to take the answer keeps no other from the next.
    return {"dependencies": [Depends(check, scope="function")], "openapi_extra": {ROLE: ROLE_FOR[act].value}}


def with_extra(wanted: dict[str, Any], **extra: Any) -> dict[str, Any]:
    """The same with more said of the route in openapi.json."""
    return {**wanted, "openapi_extra": {**wanted["openapi_extra"], **extra}}


def role_of(route: APIRoute) -> Role:
    """The role a route asks for. Raises LookupError for one that asks for none: there must be none such."""
    declared = (route.openapi_extra or {}).get(ROLE)
    if declared is None:
        raise LookupError(f"{route.path} asks for no role")
    return Role(declared)


def new_router(subject: str) -> APIRouter:
    """Routes about one subject."""
    return APIRouter(prefix=API, tags=[subject])


async def _services(request: Request) -> AllServices:
    services: AllServices = request.app.state.services
    return services


async def _caller(request: Request) -> Identity:
    identity: Identity = request.scope["state"]["identity"]
    return identity


ApiServices = Annotated[AllServices, Depends(_services)]
Caller = Annotated[Identity, Depends(_caller)]


def demand_local(caller: Identity, what: str) -> None:
    """Raise NotAllowed unless the caller is at the Unix socket, and so could do it by hand as well."""
    if caller.token_id is not None:
        raise NotAllowed(f"{what}: whoever runs the console does that on its machine, at the Unix socket")


def find_stream(services: AllServices, wanted: str) -> StreamView:
    """The stream that is named by number, id or name. Raises NotFound, AmbiguousName."""
    return which_stream(services.streams.streams(), wanted)


async def _stream(stream: str, services: ApiServices) -> StreamView:
    return find_stream(services, stream.replace("%2F", "/"))


async def _one_stream(services: ApiServices, stream: str = "") -> str:
    return find_stream(services, stream).stream_id if stream else ""


Stream = Annotated[StreamView, Depends(_stream)]
"""The stream of the path: its number, id or name."""
StreamWanted = Annotated[str, Depends(_one_stream)]
"""The stream_id of the one that `?stream=` names; empty where it names none."""
