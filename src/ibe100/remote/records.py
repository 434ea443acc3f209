"""Records and measurements of a server on another machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter

from ibe100.models.alarms.alarm import Alarm, AlarmFilter
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, LoggedStream
from ibe100.models.cues.break_log import CHANNEL, BreakLog
from ibe100.models.cues.log import CueLog, CueLogQuery, CueStep
from ibe100.models.errors import NotAllowed, NotFound
from ibe100.models.metrics import Curve, MetricsHealth, Series, StreamChange, series_of_name
from ibe100.models.scte35_marker import Cue
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.models.stream_event import StreamEvent
from ibe100.remote.connection import Connection
from ibe100.remote.files import write_file
from ibe100.remote.following import Following
from ibe100_client import Call, alarms, cues, records

MOST_LISTED = 5000
"""Records that the API gives at once."""
MOST_SERIES = 64

Record = TypeVar("Record", bound=BaseModel)
_LOG = TypeAdapter(AsRunLog)
_BREAKS = TypeAdapter(BreakLog)
_STEPS = TypeAdapter(tuple[CueStep, ...])


class _Listed(Generic[Record]):
    """Records of one kind; none where whoever is signed in may not read them."""

    def __init__(self, connection: Connection, path: str, kind: type[Record]) -> None:
        self._connection, self._path, self._kind = connection, path, kind

    async def list(self, limit: int = 500) -> Sequence[Record]:
        """The newest first."""
        call: Call[Any] = Call("GET", self._path, tuple, {"limit": min(limit, MOST_LISTED)})
        try:
            return await self._connection.many(call, self._kind)
        except NotAllowed:
            return ()


class _Cues:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, cue_id: int) -> Cue | None:
        """A cue; None for one that is not on record."""
        try:
            return await self._connection.one(cues.one(cue_id), Cue)
        except NotFound:
            return None

    async def recent(self, stream_id: str | None = None, limit: int = 50) -> Sequence[Cue]:
        """The newest first, of one stream or of all."""
        return (await self.log(CueLogQuery(stream_id=stream_id or "", limit=limit))).cues

    async def log(self, query: CueLogQuery) -> CueLog:
        """The cues that a query wants, the newest first."""
        call = records.cue_log(
            query.stream_id or None,
            query.actions,
            query.states,
            query.since,
            query.text,
            min(query.limit, MOST_LISTED),
        )
        return await self._connection.one(call, CueLog)

    async def steps(self, cue_id: int) -> Sequence[CueStep]:
        """The life of a cue, step by step."""
        found = await self._connection.json(cues.one(cue_id))
        return self._connection.read(_STEPS, found["steps"])


class _Alarms:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self, wanted: AlarmFilter = AlarmFilter()) -> Sequence[Alarm]:
        """Alarms, closed ones too, the newest first."""
        severity = None if wanted.severity is None else int(wanted.severity)
        call = alarms.history(wanted.stream_id or None, severity, wanted.words, wanted.since, wanted.limit)
        found = await self._connection.many(call, Alarm)
        # The API has no name for the machine itself, which has no stream.
        return tuple(one for one in found if wanted.stream_id is None or one.stream_id == wanted.stream_id)


class RemoteRecords:
    """What is on record, to be read."""

    def __init__(self, connection: Connection) -> None:
        self.sessions = _Listed(connection, "/history/sessions", SessionRecord)
        self.cues = _Cues(connection)
        self.alarms = _Alarms(connection)
        self.audit = _Listed(connection, "/history/audit", AuditRecord)


class RemoteAsRun:
    """As-run logs; files are those of this machine."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def streams(self) -> tuple[LoggedStream, ...]:
        """Streams to choose from."""
        return await self._connection.many(records.as_run_streams(), LoggedStream)

    async def log(self, day: date, time_zone: str = "UTC", stream_id: str | None = None) -> AsRunLog:
        """The cues whose splice fell on `day`."""
        call = records.as_run_log(day, time_zone, stream_id)
        return self._connection.read(_LOG, await self._connection.json(call))

    async def breaks(
        self, day: date, days: int = 1, time_zone: str = CHANNEL, stream_id: str | None = None
    ) -> BreakLog:
        """The breaks of `days` days from `day` on; `channel` means the days of each stream's own zone."""
        call = records.breaks(day, days, time_zone, stream_id)
        return self._connection.read(_BREAKS, await self._connection.json(call))

    async def export(self, log: AsRunLog | BreakLog, format: AsRunFormat, path: Path) -> str:
        """Write the log to a file, made and signed by the server; returns the SHA-256 that it names."""
        first, _, last = log.day.partition("/")
        day = date.fromisoformat(first)
        call = records.as_run(day, format, log.time_zone, log.stream_id)
        if isinstance(log, BreakLog):
            days = (date.fromisoformat(last or first) - day).days + 1
            call = records.breaks_file(day, days, format, log.time_zone, log.stream_id)
        answer = await self._connection.answer(call)
        await write_file(path, answer.body)
        return answer.headers.get("x-content-sha256-of-rows", "")


class RemoteStreamEvents:
    """Events of a stream over time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def between(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamEvent, ...]:
        """Events of a range, the oldest first."""
        return await self._connection.many(records.events(stream_id, begins_at, ends_at), StreamEvent)


class RemoteMetrics:
    """Measurements over time, as curves and as files of this machine."""

    def __init__(self, connection: Connection, following: Following) -> None:
        self._connection, self._following = connection, following

    def health(self) -> MetricsHealth:
        """Problem of the store, as last read; how much it has kept is not told here."""
        window = self._following.window
        return MetricsHealth(0, 0, "" if window is None else window.metrics_problem)

    async def series(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Series, ...]:
        """Series measured on a stream in that time."""
        found = await self._connection.json(records.series(begins_at, ends_at, stream_id or None))
        known = (series_of_name(one["name"]) for one in found)
        return tuple(one for one in known if one is not None)

    async def curves(
        self,
        stream_ids: Sequence[str],
        series: Sequence[Series],
        begins_at: float,
        ends_at: float,
        points: int = 800,
    ) -> tuple[Curve, ...]:
        """Curves of several streams, asked for at once."""
        names = [one.name for one in series]
        parts = [names[at : at + MOST_SERIES] for at in range(0, len(names), MOST_SERIES)]
        found = await asyncio.gather(
            *(
                self._curves(records.curves(part, begins_at, ends_at, stream_id or None, points))
                for stream_id in stream_ids
                for part in parts
            )
        )
        return tuple(curve for curves in found for curve in curves)

    async def _curves(self, call: Call[Any]) -> list[Curve]:
        try:
            found = await self._connection.json(call)
        except NotFound:
            return []  # one of several streams on which that was not measured
        known = ((one, series_of_name(one["series"])) for one in found)
        return [
            Curve(
                one["stream_id"],
                series,
                one["step_s"],
                tuple(one["at"]),
                *(_numbers(one[field]) for field in ("mean", "low", "high")),
            )
            for one, series in known
            if series is not None
        ]

    async def changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        """Changes of the stream's tables and PIDs."""
        call = records.changes(begins_at, ends_at, stream_id or None)
        return await self._connection.many(call, StreamChange)

    async def write(
        self, stream_id: str, series: Sequence[Series], begins_at: float, ends_at: float, path: Path
    ) -> int:
        """Write series to a file of this machine; returns how many rows."""
        names = [one.name for one in series]
        call = records.measurements(names, begins_at, ends_at, stream_id or None)
        content = (await self._connection.answer(call)).body
        await write_file(path, content)
        return max(0, content.count(b"\n") - 1)


def _numbers(found: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(float("nan") if one is None else one for one in found)
