"""Planned breaks: list, plan, change, import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from ibe100.api.etags import IF_MATCH, edits, tag_of
from ibe100.api.files import file_reply, scratch_folder
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Scarce, StreamWanted, find_stream, needs, new_router, with_extra
from ibe100.api.routes.history import Moment
from ibe100.api.routes.profiles import FILE
from ibe100.models.base import Value
from ibe100.models.cues.schedule import (
    BreakPlan,
    Finding,
    ImportPreview,
    ImportRow,
    PlanCheck,
    ScheduledBreak,
)
from ibe100.models.errors import ConfigurationError, NotFound
from ibe100.models.rights import Act
from ibe100.services.api_ports import AllServices
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


class Conflict(Value):
    """A conflict by its text."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]


class ImportReply(Value):
    """Breaks that a file would plan, or has planned."""

    good: int
    bad: int
    stored: int
    """0 of a preview, and where a bad row kept all others out as well."""
    breaks: tuple[ScheduledBreak, ...] = ()
    """Planned breaks that were stored, the first thousand."""
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

    async def preview(self, services: AllServices) -> ImportPreview:
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
    found = await services.schedule.conflicts()
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
    """Planned breaks as rows of a file that an import takes back."""
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


@router.get("/schedule/file", response_class=Response, **needs(Act.READ, Scarce.FILES))
async def export(
    services: ApiServices,
    first: Moment,
    end: Moment,
    format: Literal["csv", "json"] = "csv",
    break_id: Annotated[list[int] | None, Query(max_length=MOST_ROWS)] = None,
) -> Response:
    """Breaks due from `first` to before `end`, or each `break_id` of them, as a file that an import takes."""
    count = 0

    async def write(path: Path) -> None:
        nonlocal count
        count = await services.schedule.export(path, first, end, break_id)

    kind = "application/json" if format == "json" else "text/csv; charset=utf-8"
    reply = await file_reply(f"schedule.{format}", kind, write)
    reply.headers["X-Rows"] = str(count)
    return reply


@router.get("/schedule/{break_id}", **needs(Act.READ))
async def one_break(break_id: int, services: ApiServices, response: Response) -> ScheduledBreak:
    """A planned break; the ETag is that of its plan."""
    found = _find(services, break_id)
    response.headers["ETag"] = tag_of(found.plan.model_dump_json())
    return found


@router.put("/schedule/{break_id}", **with_extra(needs(Act.PLAN_BREAKS), parameters=[IF_MATCH]))
async def change(
    break_id: int, plan: BreakPlan, services: ApiServices, request: Request, response: Response
) -> ScheduledBreak:
    """Plan it otherwise; refused once its cue is made or it is over."""
    _find(services, break_id)

    async def content() -> str:
        return _find(services, break_id).plan.model_dump_json()

    async with edits(request).of(request, response, content):
        return await services.schedule.change(break_id, _named(services, plan))


@router.delete("/schedule/{break_id}", **needs(Act.PLAN_BREAKS))
async def remove(break_id: int, services: ApiServices) -> Done:
    """Refused once its cue is made or it is over, or while another break follows it."""
    _find(services, break_id)
    await services.schedule.remove([break_id])
    return Done()


@router.post("/schedule/check", **needs(Act.READ))
async def check(plan: BreakPlan, services: ApiServices, break_id: int | None = None) -> PlanCheck:
    """Say what stands against a plan, for a new break or for `break_id`; nothing is stored."""
    return await services.schedule.check(_named(services, plan), break_id)


@router.post("/schedule/{break_id}/send-early", **needs(Act.FIRE_CUE))
async def send_early(break_id: int, services: ApiServices) -> ScheduledBreak:
    """Plan it for the first moment at which its pre-roll is still whole."""
    _find(services, break_id)
    return await services.schedule.send_early(break_id)


@router.post("/schedule/{break_id}/accept-conflict", **needs(Act.PLAN_BREAKS))
async def accept_conflict(break_id: int, conflict: Conflict, services: ApiServices) -> ScheduledBreak:
    """Keep a break in spite of the conflict that `text` tells."""
    _find(services, break_id)
    return await services.schedule.accept_conflict(break_id, conflict.text)


@router.post(
    "/schedule/import/preview", **with_extra(needs(Act.READ_PLANS, Scarce.IMPORTS), requestBody=FILE)
)
async def preview_import(upload: Uploaded, services: ApiServices) -> ImportReply:
    """Preview the breaks that the file in the body would plan; nothing is stored."""
    return _reply(await upload.preview(services), ())


@router.post("/schedule/import", **with_extra(needs(Act.PLAN_BREAKS, Scarce.IMPORTS), requestBody=FILE))
async def import_file(upload: Uploaded, services: ApiServices, skip_bad: bool = False) -> ImportReply:
    """Plan what the file in the body says, all or none; with `skip_bad` all that can be read."""
    preview = await upload.preview(services)
    stored: tuple[ScheduledBreak, ...] = ()
    if not preview.bad or skip_bad:
        stored = await services.schedule.import_rows(preview)
    return _reply(preview, stored)


def _named(services: AllServices, plan: BreakPlan) -> BreakPlan:
    return plan.model_copy(update={"stream_id": find_stream(services, plan.stream_id).stream_id})


def _find(services: AllServices, break_id: int) -> ScheduledBreak:
    """Raises NotFound."""
    for one in services.schedule.list():
        if one.break_id == break_id:
            return one
    raise NotFound(f"there is no planned break {break_id}")


def _reply(preview: ImportPreview, stored: tuple[ScheduledBreak, ...]) -> ImportReply:
    return ImportReply(
        good=len(preview.good),
        bad=len(preview.bad),
        stored=len(stored),
        breaks=stored[:MOST_ROWS],
        rows=preview.rows[:MOST_ROWS],
        findings=preview.findings[:MOST_ROWS],
    )
