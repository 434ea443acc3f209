"""The API put together: routes, guard, listeners. Loads FastAPI: imported only where it is switched on."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from ibe100 import __version__
from ibe100.api import refusals
from ibe100.api.description import describe, operation_id
from ibe100.api.etags import Edits
from ibe100.api.guard.middleware import HEALTH, RequestGuard
from ibe100.api.latest import Latest
from ibe100.api.listeners import Listeners
from ibe100.api.roles import Scarce, needs, new_limits, new_router, role_of
from ibe100.api.routes import (
    alarms,
    backups,
    cluster,
    contracts,
    cues,
    history,
    media,
    metrics,
    pictures,
    presets,
    profiles,
    prometheus,
    schedule,
    settings,
    stream_list,
    streams,
    support,
    system,
    users,
)
from ibe100.api.viewers import Viewers
from ibe100.core.config import ApiSettings
from ibe100.models.rights import Act
from ibe100.services.api_ports import AllServices

SUBJECTS = (
    stream_list,
    streams,
    media,
    pictures,
    cues,
    presets,
    alarms,
    schedule,
    profiles,
    contracts,
    history,
    metrics,
    settings,
    system,
    backups,
    support,
    users,
    prometheus,
    cluster,
)
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": refusals.Refusal, "description": "Refused, with the reason"},
    "5XX": {"model": refusals.Refusal, "description": "It cannot be done now, with the reason"},
}

_description = new_router("system")
_health = APIRouter(tags=["system"])


@_health.get(HEALTH)
async def health() -> dict[str, str]:
    """Answer that the server is there; needs no token."""
    return {"status": "ok"}


@_description.get("/openapi.json", response_class=Response, **needs(Act.READ, Scarce.FILES))
async def description(request: Request) -> Response:
    """Description of this API in OpenAPI."""
    document = await asyncio.to_thread(describe, request.app)
    return JSONResponse(document)


def guarded_routes() -> tuple[APIRoute, ...]:
    """Routes that need a token, each with its role."""
    routers = (*(subject.router for subject in SUBJECTS), _description)
    return tuple(route for router in routers for route in router.routes if isinstance(route, APIRoute))


class Api:
    """Application that uvicorn serves, and its parts that are started and closed."""

    def __init__(self, services: AllServices, plan: ApiSettings) -> None:
        self.latest = Latest(services)
        self.listeners = Listeners(services)
        self.viewers = Viewers(services)
        app = FastAPI(
            title="IBE-100",
            version=__version__,
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            telemetry=NO_TELEMETRY,
            generate_unique_id_function=operation_id,
            separate_input_output_schemas=False,
        )
        app.state.services = services
        app.state.limits = new_limits()
        app.state.latest = self.latest
        app.state.listeners = self.listeners
        app.state.viewers = self.viewers
        app.state.edits = Edits()
        refusals.install(app)
        for route in guarded_routes():
            role_of(route)  # none may be open by oversight
        for router in (*(subject.router for subject in SUBJECTS), _description, users.open_router, _health):
            app.include_router(router, responses=REFUSALS)
        self.listeners.install(app)
        _prepare(app)
        self.asgi: ASGIApp = RequestGuard(app, services, plan)
        if plan.allowed_origins:
            self.asgi = CORSMiddleware(
                self.asgi,
                allow_origins=plan.allowed_origins,
                allow_methods=["GET", "POST", "PUT", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "X-Note"],
                expose_headers=[cues.REPLAYED, "Content-Disposition", "ETag", "Retry-After"],
            )


def _prepare(app: FastAPI) -> None:
    """Build now, on the thread that loads the API, what would be built on the loop at the first request.

    FastAPI's routes take some 80 ms of processor time, anyio's backend is imported when first used, and the
    first request may be a cue.
    """
    asyncio.run(run_in_threadpool(int))
    nowhere = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []}
    for route in app.router.routes:
        route.matches(nowhere)
