"""What is on record, read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ibe100.database.database import Database
from ibe100.database.metrics_store import MetricsStore
from ibe100.models.alarms.alarm import Alarm, AlarmFilter
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, DigestCheck, LoggedStream
from ibe100.models.cues.log import CueLog, CueLogQuery, CueStep
from ibe100.models.scte35_marker import Cue
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.models.stream_event import StreamEvent
from ibe100.services.history.as_run_log import AsRunService, verify_file
from ibe100.services.history.stream_events import StreamEvents


class HistoryService:
    """Reads only."""

    def __init__(self, storage: Database, metrics: MetricsStore) -> None:
        self._storage = storage
        self._events = StreamEvents(storage, metrics)
        self._as_run = AsRunService(storage.as_run)

    async def sessions(self, limit: int = 200) -> Sequence[SessionRecord]:
        """The newest first."""
        return await self._storage.sessions.list(limit)

    async def events(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamEvent, ...]:
        """What happened on a stream in a range, the oldest first."""
        return await self._events.between(stream_id, begins_at, ends_at)

    async def cues(self, stream_id: str | None = None, limit: int = 500) -> Sequence[Cue]:
        """The newest first, of one stream or of all."""
        return await self._storage.cues.recent(stream_id, limit)

    async def audit(self, limit: int = 500) -> Sequence[AuditRecord]:
        """The newest first."""
        return await self._storage.audit.list(limit)

    async def cue_log(self, query: CueLogQuery) -> CueLog:
        """The cues that are wanted, newest first."""
        found = await self._storage.cues.find(query)
        return CueLog(query=query, cues=found[: query.limit], is_cut=len(found) > query.limit)

    async def cue(self, cue_id: int) -> Cue | None:
        """As it is on record."""
        return await self._storage.cues.get(cue_id)

    async def cue_steps(self, cue_id: int) -> Sequence[CueStep]:
        """The life of a cue, step by step."""
        return await self._storage.cues.steps(cue_id)

    async def alarms(self, wanted: AlarmFilter = AlarmFilter()) -> Sequence[Alarm]:
        """The newest first, closed ones too."""
        return await self._storage.alarms.list(wanted)

    async def as_run(self, day: date, time_zone: str = "UTC", stream_id: str | None = None) -> AsRunLog:
        """The cues whose splice fell on `day`, of one stream or of all."""
        return await self._as_run.log(day, time_zone, stream_id)

    async def as_run_streams(self) -> tuple[LoggedStream, ...]:
        """Those of the list first, then those that were taken off it."""
        return await self._as_run.streams()

    async def export_as_run(self, log: AsRunLog, format: AsRunFormat, path: Path) -> str:
        """Write the log to a file; returns its digest."""
        return await self._as_run.export(log, format, path)

    async def verify_as_run(self, path: Path) -> DigestCheck:
        """Hold an exported CSV or JSON file against the digest it names."""
        return await verify_file(path)
