"""Planned breaks: list, plan, change, import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import Field

from ibe100.api.files import scratch_folder
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Scarce, StreamWanted, find_stream, needs, new_router
from ibe100.models.base import Value
from ibe100.models.cues.schedule import BreakPlan, Finding, ImportPreview, ImportRow, ScheduledBreak
from ibe100.models.errors import ConfigurationError, NotFound
from ibe100.models.rights import Act
from ibe100.services.ports import Services
from ibe100.services.schedule.export_rows import rows_of
from ibe100.services.schedule.import_rows import plan_of
from ibe100.services.schedule.raw_rows import check_columns
from ibe100.services.streams.which_stream import StreamNames

SUFFIXES = (".csv", ".json", ".xmltv", ".xml")
MOST_ROWS = 1000

router = new_router("schedule")


class BreakPage(Value):
    """Page of the planned breaks."""

    total: int
    breaks: tuple[ScheduledBreak, ...]


class RowPage(Value):
    """Page of the planned breaks as rows of a file."""

    total: int
    rows: tuple[dict[str, str], ...]


class Removal(Value):
    """Planned breaks to be taken off the schedule, all or none."""

    break_ids: Annotated[tuple[int, ...], Field(min_length=1)]


class ImportReply(Value):
    """Breaks that a file would plan, or has planned."""

    good: int
    bad: int
    stored: int
    """0 of a preview, and where a bad row kept all others out as well."""
    rows: tuple[ImportRow, ...]
    """The first thousand."""
    findings: tuple[Finding, ...]


class Upload:
    """A file as the body of a request: `?name=` says by its suffix what it is."""

    def __init__(
        self,
        request: Request,
        name: Annotated[str, Query(max_length=60, pattern=r"^\w[\w .()+-]*$")],
        time_zone: Annotated[str, Query(max_length=64)] = "",
    ) -> None:
        self.name = name
        self.time_zone = time_zone
        self._request = request

    async def preview(self, services: Services) -> ImportPreview:
        """Read the file, for as long as its sender waits for it. Raises ConfigurationError."""
        async with self._file() as path:
            reading = asyncio.ensure_future(services.schedule.preview_import(path, self.time_zone))
            gone = asyncio.ensure_future(self._until_gone())
            try:
                await asyncio.wait((reading, gone), return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    raise ConfigurationError("nobody waits for the answer any more")
                return await reading
            finally:
                for task in (reading, gone):
                    task.cancel()
                await asyncio.gather(reading, gone, return_exceptions=True)

    async def _until_gone(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass

    @asynccontextmanager
    async def _file(self) -> AsyncIterator[Path]:
        """Write the upload to a folder of its own that is gone afterwards. Raises ConfigurationError."""
        if not self.name.lower().endswith(SUFFIXES):
            raise ConfigurationError(f"name {self.name!r}: a file ends in {', '.join(SUFFIXES)}")
        content = await self._request.body()
        async with scratch_folder() as folder:
            path = folder / self.name
            await asyncio.to_thread(path.write_bytes, content)
            yield path


Uploaded = Annotated[Upload, Depends(Upload)]
BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {}}}}


@router.get("/schedule", **needs(Act.READ))
async def list_breaks(
    services: ApiServices,
    stream: StreamWanted,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> BreakPage:
    """Planned breaks by the time they are due, those over since two days ago as well."""
    breaks = [one for one in services.schedule.list() if stream in ("", one.stream_id)]
    return BreakPage(total=len(breaks), breaks=tuple(breaks[offset : offset + limit]))


@router.get("/schedule/conflicts", **needs(Act.READ, Scarce.FILES))
async def conflicts(services: ApiServices, stream: StreamWanted) -> list[Finding]:
    """Breaks that cannot be aired as planned within the next day."""
    found = await asyncio.to_thread(services.schedule.conflicts)
    return [one for one in found if stream in ("", one.stream_id)]


@router.post("/schedule", status_code=201, **needs(Act.PLAN_BREAKS))
async def add(plan: BreakPlan, services: ApiServices) -> ScheduledBreak:
    """Plan a break; `stream_id` may be a stream's number or name as well."""
    return await services.schedule.add(_named(services, plan))


@router.get("/schedule/rows", **needs(Act.READ))
async def list_rows(
    services: ApiServices,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> RowPage:
    """What is still planned as rows of a file, such that an import takes them back."""
    rows = rows_of(services.schedule.list(), StreamNames(services.streams.streams()))
    return RowPage(total=len(rows), rows=rows[offset : offset + limit])


@router.post("/schedule/rows", status_code=201, **needs(Act.PLAN_BREAKS))
async def add_row(row: dict[str, str], services: ApiServices) -> ScheduledBreak:
    """Plan a break as a row of a file says it; see docs/schedule.md for the columns."""
    check_columns(row, "row")
    plan = plan_of(row, {}, row.get("time_zone", ""), StreamNames(services.streams.streams()))
    return await services.schedule.add(plan)


@router.post("/schedule/remove", **needs(Act.PLAN_BREAKS))
async def remove_all(removal: Removal, services: ApiServices) -> Done:
    """Take planned breaks off the schedule, all or none."""
    await services.schedule.remove(removal.break_ids)
    return Done()


@router.put("/schedule/{break_id}", **needs(Act.PLAN_BREAKS))
async def change(break_id: int, plan: BreakPlan, services: ApiServices) -> ScheduledBreak:
    """Plan it otherwise; refused once its cue is made or it is over."""
    _find(services, break_id)
    return await services.schedule.change(break_id, _named(services, plan))


@router.delete("/schedule/{break_id}", **needs(Act.PLAN_BREAKS))
async def remove(break_id: int, services: ApiServices) -> Done:
    """Refused once its cue is made or it is over, or while another break follows it."""
    _find(services, break_id)
    await services.schedule.remove([break_id])
    return Done()


def _with_body(act: Act) -> dict[str, object]:
    wanted = needs(act, Scarce.IMPORTS)
    return {**wanted, "openapi_extra": {**wanted["openapi_extra"], **BODY}}


@router.post("/schedule/import/preview", **_with_body(Act.READ_PLANS))  # type: ignore[arg-type]
async def preview_import(upload: Uploaded, services: ApiServices) -> ImportReply:
    """Preview the breaks that the file in the body would plan; nothing is stored."""
    return _reply(await upload.preview(services), 0)


@router.post("/schedule/import", **_with_body(Act.PLAN_BREAKS))  # type: ignore[arg-type]
async def import_file(upload: Uploaded, services: ApiServices, skip_bad: bool = False) -> ImportReply:
    """Plan what the file in the body says, all or none; with `skip_bad` all that can be read."""
    preview = await upload.preview(services)
    stored = 0
    if not preview.bad or skip_bad:
        stored = len(await services.schedule.import_rows(preview))
    return _reply(preview, stored)


def _named(services: Services, plan: BreakPlan) -> BreakPlan:
    return plan.model_copy(update={"stream_id": find_stream(services, plan.stream_id).stream_id})


def _find(services: Services, break_id: int) -> None:
    if not any(one.break_id == break_id for one in services.schedule.list()):
        raise NotFound(f"there is no planned break {break_id}")


def _reply(preview: ImportPreview, stored: int) -> ImportReply:
    return ImportReply(
        good=len(preview.good),
        bad=len(preview.bad),
        stored=stored,
        rows=preview.rows[:MOST_ROWS],
        findings=preview.findings[:MOST_ROWS],
    )
