"""Records: sessions, cues, events, as-run, audit, clips."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import Path as InPath
from fastapi import Query, Response
from fastapi.responses import FileResponse

from ibe100.api.files import file_reply
from ibe100.api.roles import ApiServices, Scarce, StreamWanted, find_stream, needs, new_router
from ibe100.models.clips.clip import Clip, ClipQuery, ClipUse, RecordingState
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, LoggedStream
from ibe100.models.cues.break_log import CHANNEL, MOST_DAYS, BreakLog
from ibe100.models.cues.log import CueLog, CueLogQuery
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.models.stream_event import StreamEvent
from ibe100.services.api_ports import AllServices
from ibe100.services.streams.which_stream import which_stream

MEDIA_TYPES = {
    AsRunFormat.CSV: "text/csv; charset=utf-8",
    AsRunFormat.JSON: "application/json",
    AsRunFormat.PDF: "application/pdf",
}
Moment = Annotated[float, Query(ge=0, le=253_402_300_799, allow_inf_nan=False)]
"""Wall clock, seconds since the epoch."""
Limit = Annotated[int, Query(ge=1, le=5000)]
Number = Annotated[int, Query(ge=1, lt=2**63)]
ClipId = Annotated[int, InPath(ge=1, lt=2**63)]
Offset = Annotated[int, Query(ge=0, le=100_000)]
"""Where the page begins; the first is 0."""

Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]
Zone = Annotated[str, Query(max_length=64)]
"""IANA name, `UTC`, `local`, or `channel` for that of each stream."""

router = new_router("history")


@router.get("/history/sessions", **needs(Act.READ, Scarce.FILES))
async def sessions(services: ApiServices, offset: Offset = 0, limit: Limit = 200) -> list[SessionRecord]:
    """Sessions, the newest first."""
    return list(await services.records.sessions.list(offset + limit))[offset:]


@router.get("/history/cues", **needs(Act.READ, Scarce.FILES))
async def cues(
    services: ApiServices,
    stream: StreamWanted,
    action: Annotated[list[CueAction] | None, Query()] = None,
    state: Annotated[list[CueState] | None, Query()] = None,
    since: Moment | None = None,
    text: Annotated[str, Query(max_length=200)] = "",
    limit: Limit = 500,
) -> CueLog:
    """Cues, the newest first; `text` is an event id or part of the section, of the reason or of who asked."""
    query = CueLogQuery(
        stream_id=stream,
        actions=tuple(action or ()),
        states=tuple(state or ()),
        since=since,
        text=text,
        limit=limit,
    )
    return await services.records.cues.log(query)


@router.get("/history/events", **needs(Act.READ, Scarce.FILES))
async def events(services: ApiServices, stream: str, begins_at: Moment, ends_at: Moment) -> list[StreamEvent]:
    """Sessions, restarts, cues, alarms and changes of a stream in a range, the oldest first."""
    stream_id = find_stream(services, stream).stream_id
    return list(await services.stream_events.between(stream_id, begins_at, ends_at))


@router.get("/history/audit", **needs(Act.READ_AUDIT, Scarce.FILES))
async def audit(services: ApiServices, offset: Offset = 0, limit: Limit = 500) -> list[AuditRecord]:
    """Audit lines, the newest first."""
    return list(await services.records.audit.list(offset + limit))[offset:]


@router.get("/as-run/streams", **needs(Act.READ, Scarce.FILES))
async def as_run_streams(services: ApiServices) -> list[LoggedStream]:
    """Streams that may have cues on record, those that were taken off the list too."""
    return list(await services.as_run.streams())


@router.get("/as-run/log", **needs(Act.READ, Scarce.FILES))
async def as_run_log(
    services: ApiServices,
    day: date,
    time_zone: Annotated[str, Query(max_length=64)] = "UTC",
    stream: str = "",
) -> AsRunLog:
    """The as-run log of a day as values: all streams, or one, also one that is gone."""
    return await services.as_run.log(day, time_zone, await _logged(services, stream))


@router.get("/as-run", response_class=Response, **needs(Act.READ, Scarce.FILES))
async def as_run(
    services: ApiServices,
    day: date,
    time_zone: Annotated[str, Query(max_length=64)] = "UTC",
    stream: str = "",
    format: AsRunFormat = AsRunFormat.JSON,
) -> Response:
    """The as-run log of a day as a file, with its digest: all streams, or one, also one that is gone."""
    log = await services.as_run.log(day, time_zone, await _logged(services, stream))
    return await _as_file(services, f"as-run-{day.isoformat()}.{format}", log, format)


@router.get("/as-run/breaks", **needs(Act.READ, Scarce.FILES))
async def breaks(
    services: ApiServices, day: date, stream: str = "", days: Days = 1, time_zone: Zone = CHANNEL
) -> BreakLog:
    """Breaks of `days` days from `day` on, with sums per day, channel and distributor."""
    return await services.as_run.breaks(day, days, time_zone, await _logged(services, stream))


@router.get("/as-run/breaks/file", response_class=Response, **needs(Act.READ, Scarce.FILES))
async def breaks_file(
    services: ApiServices,
    day: date,
    stream: str = "",
    days: Days = 1,
    time_zone: Zone = CHANNEL,
    format: AsRunFormat = AsRunFormat.JSON,
) -> Response:
    """The as-run log by break as a file, signed, with its digest."""
    log = await services.as_run.breaks(day, days, time_zone, await _logged(services, stream))
    name = f"as-run-breaks-{day.isoformat()}{'' if days == 1 else f'-{days}-days'}.{format}"
    return await _as_file(services, name, log, format)


async def _as_file(
    services: AllServices, name: str, log: AsRunLog | BreakLog, format: AsRunFormat
) -> Response:
    digest = ""

    async def write(path: Path) -> None:
        nonlocal digest
        digest = await services.as_run.export(log, format, path)

    reply = await file_reply(name, MEDIA_TYPES[format], write)
    reply.headers["X-Content-SHA256-Of-Rows"] = digest
    return reply


async def _logged(services: AllServices, stream: str) -> str | None:
    """The stream_id of a stream that may have cues on record; None for all. Raises NotFound."""
    return which_stream(await services.as_run.streams(), stream).stream_id if stream else None


@router.get("/clips", **needs(Act.READ, Scarce.FILES))
async def clips(
    services: ApiServices,
    stream: StreamWanted,
    cue: Number | None = None,
    alarm: Number | None = None,
    begins_at: Moment | None = None,
    ends_at: Moment | None = None,
    limit: Limit = 500,
) -> list[Clip]:
    """Clips around cues and alarms, the newest first; those that are gone too, with the reason."""
    query = ClipQuery(
        stream_id=stream, cue_id=cue, alarm_id=alarm, begins_at=begins_at, ends_at=ends_at, limit=limit
    )
    return list(await services.clips.list(query))


@router.get("/clips/use", **needs(Act.READ, Scarce.FILES))
async def use(services: ApiServices) -> ClipUse:
    """Sizes of the clips and of the rings they are cut from."""
    return await services.clips.use()


@router.get("/clips/recording", **needs(Act.READ))
async def recording(services: ApiServices) -> list[RecordingState]:
    """How the recording of each stream stands."""
    return list(services.clips.recording())


@router.get("/clips/{clip_id}/file", response_class=FileResponse, **needs(Act.READ, Scarce.FILES))
async def file(clip_id: ClipId, services: ApiServices) -> FileResponse:
    """The clip itself, a transport stream."""
    path = await services.clips.file(clip_id)
    return FileResponse(path, media_type="video/mp2t", filename=path.name)
