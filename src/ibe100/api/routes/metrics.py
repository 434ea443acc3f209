"""Measurements over time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
from fastapi import Query, Response

from ibe100.api.files import file_reply
from ibe100.api.replies import curve_reply, series_reply
from ibe100.api.roles import ApiServices, Scarce, StreamWanted, needs, new_router
from ibe100.api.routes.history import Moment
from ibe100.models.errors import ConfigurationError, NotFound
from ibe100.models.metrics import Series, StreamChange
from ibe100.models.rights import Act
from ibe100.services.api_ports import AllServices

MOST_SERIES = 64

router = new_router("metrics")


@router.get("/metrics/series", **needs(Act.READ, Scarce.FILES))
async def series(
    services: ApiServices, stream: StreamWanted, begins_at: Moment, ends_at: Moment
) -> list[dict[str, Any]]:
    """Series measured on a stream in that time; without one, of the machine and the console itself."""
    _check(begins_at, ends_at)
    return [series_reply(one) for one in await services.metrics.series(stream, begins_at, ends_at)]


@router.get("/metrics/curves", response_class=Response, **needs(Act.READ, Scarce.FILES))
async def curves(
    services: ApiServices,
    stream: StreamWanted,
    begins_at: Moment,
    ends_at: Moment,
    series: Annotated[list[str], Query(min_length=1, max_length=MOST_SERIES)],
    points: Annotated[int, Query(ge=2, le=5000)] = 800,
) -> Response:
    """Series by their names, with at most about so many points; null where nothing was measured."""
    wanted = await _measured(services, stream, begins_at, ends_at, series)
    found = await services.metrics.curves([stream], wanted, begins_at, ends_at, points)
    content = await asyncio.to_thread(lambda: orjson.dumps([curve_reply(curve) for curve in found]))
    return Response(content, media_type="application/json")


@router.get("/metrics/changes", **needs(Act.READ, Scarce.FILES))
async def changes(
    services: ApiServices, stream: StreamWanted, begins_at: Moment, ends_at: Moment
) -> list[StreamChange]:
    """Changes of a stream's tables and PIDs, the newest last."""
    _check(begins_at, ends_at)
    return list(await services.metrics.changes(stream, begins_at, ends_at))


@router.get("/metrics/health", **needs(Act.READ))
async def health(services: ApiServices) -> dict[str, int | str]:
    """Values recorded and dropped, and the problem while nothing can be written."""
    return asdict(services.metrics.health())


@router.get("/metrics/file", response_class=Response, **needs(Act.READ, Scarce.FILES))
async def file(
    services: ApiServices,
    stream: StreamWanted,
    begins_at: Moment,
    ends_at: Moment,
    series: Annotated[list[str], Query(min_length=1, max_length=MOST_SERIES)],
) -> Response:
    """Series by their names as CSV, as fine as they are kept."""
    wanted = await _measured(services, stream, begins_at, ends_at, series)

    async def write(path: Path) -> None:
        await services.metrics_csv.write(stream, wanted, begins_at, ends_at, path)

    return await file_reply("measurements.csv", "text/csv; charset=utf-8", write)


async def _measured(
    services: AllServices, stream: str, begins_at: float, ends_at: float, names: Sequence[str]
) -> list[Series]:
    """The series of these names. Raises NotFound for one that was not measured in that time."""
    _check(begins_at, ends_at)
    measured = {one.name: one for one in await services.metrics.series(stream, begins_at, ends_at)}
    unknown = [name for name in names if name not in measured]
    if unknown:
        raise NotFound(f"not measured in that time: {', '.join(unknown)}; see /metrics/series")
    return [measured[name] for name in dict.fromkeys(names)]


def _check(begins_at: float, ends_at: float) -> None:
    if not ends_at > begins_at:
        raise ConfigurationError("ends_at: the range ends before it begins")
