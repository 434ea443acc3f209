"""Ports of what is on record and what was measured over time: front ends only read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from ibe100.models.alarms.alarm import Alarm, AlarmFilter
from ibe100.models.clips.clip import Clip, ClipBundle, ClipQuery, ClipUse, RecordingState
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, LoggedStream
from ibe100.models.cues.break_log import CHANNEL, BreakLog
from ibe100.models.cues.log import CueLog, CueLogQuery, CueStep
from ibe100.models.metrics import Curve, MetricsHealth, Series, StreamChange
from ibe100.models.scte35_marker import Cue
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.models.stream_event import StreamEvent

Record = TypeVar("Record", covariant=True)


class RecordList(Protocol[Record]):
    """Records of one kind."""

    async def list(self, limit: int = ...) -> Sequence[Record]:
        """The newest first."""


class CueRecords(Protocol):
    """Cues and every step of their lives."""

    async def get(self, cue_id: int) -> Cue | None: ...
    async def recent(self, stream_id: str | None = None, limit: int = 50) -> Sequence[Cue]:
        """The newest first, of one stream or of all."""

    async def log(self, query: CueLogQuery) -> CueLog:
        """The cues that a query wants, the newest first."""

    async def steps(self, cue_id: int) -> Sequence[CueStep]:
        """The life of a cue, step by step."""


class AlarmRecords(Protocol):
    """Alarms, closed ones too."""

    async def list(self, wanted: AlarmFilter = AlarmFilter()) -> Sequence[Alarm]:
        """The newest first."""


class RecordsPort(Protocol):
    """The database, to be read."""

    @property
    def sessions(self) -> RecordList[SessionRecord]: ...
    @property
    def cues(self) -> CueRecords: ...
    @property
    def alarms(self) -> AlarmRecords: ...
    @property
    def audit(self) -> RecordList[AuditRecord]: ...


class AsRunPort(Protocol):
    """As-run logs."""

    async def streams(self) -> tuple[LoggedStream, ...]:
        """Streams to choose from: those of the list, then those that were taken off it."""

    async def log(self, day: date, time_zone: str = "UTC", stream_id: str | None = None) -> AsRunLog:
        """The cues whose splice fell on `day`; `time_zone` is `UTC`, `local` or an IANA name."""

    async def breaks(
        self, day: date, days: int = 1, time_zone: str = CHANNEL, stream_id: str | None = None
    ) -> BreakLog:
        """The breaks of `days` days from `day` on; `channel` means the days of each stream's own zone."""

    async def export(self, log: AsRunLog | BreakLog, format: AsRunFormat, path: Path) -> str:
        """Write the log to a file, whole or not at all; returns the SHA-256 that it names."""


class ClipPort(Protocol):
    """Clips of what was on air, around cues and alarms."""

    async def list(self, query: ClipQuery = ClipQuery()) -> Sequence[Clip]:
        """The newest first."""

    async def file(self, clip_id: int) -> Path:
        """The file of a clip on this machine. Raises StorageError with the reason where there is none."""

    async def export(self, log: AsRunLog, path: Path) -> ClipBundle:
        """Write the log of a day with the clips of its cues and alarms as a ZIP archive."""

    async def use(self) -> ClipUse:
        """Disk space of the clips."""

    def recording(self) -> tuple[RecordingState, ...]:
        """How the recording of each stream stands; on the loop only."""


class StreamEventsPort(Protocol):
    """Events of a stream over time."""

    async def between(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamEvent, ...]:
        """Sessions, restarts, cues, alarms and changes of a stream in a range, the oldest first."""


class MetricsPort(Protocol):
    """Measurements over time."""

    def health(self) -> MetricsHealth:
        """Whether all that is measured is kept; safe from any thread."""

    async def series(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Series, ...]:
        """What was measured on a stream in that time; "" is the machine and the console itself."""

    async def curves(
        self,
        stream_ids: Sequence[str],
        series: Sequence[Series],
        begins_at: float,
        ends_at: float,
        points: int = 800,
    ) -> tuple[Curve, ...]:
        """Down-sampled to about so many points at most; series without any point are left out."""

    async def changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        """Changes of the stream's tables and PIDs, the newest last."""


class MetricsCsvPort(Protocol):
    """Measurements as files."""

    async def write(
        self, stream_id: str, series: Sequence[Series], begins_at: float, ends_at: float, path: Path
    ) -> int:
        """Write the series as fine as they are kept, whole or not at all; returns how many rows."""
