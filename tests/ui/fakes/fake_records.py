"""Records of the other fakes: alarms, sessions, cues, audit, as-run log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ibe100.models.alarms.alarm import Alarm, AlarmFilter
from ibe100.models.clips.clip import Clip, ClipBundle, ClipQuery, ClipUse, RecordingState
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, AsRunRow, LoggedStream
from ibe100.models.cues.break_log import CHANNEL, AsRunBreak, BreakLog
from ibe100.models.cues.log import CueLog, CueLogQuery, CueStep
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.models.stream_event import StreamEvent
from ibe100.services.history.breaks.sums import by_channel, by_day, by_distributor, sums_by, sums_of

if TYPE_CHECKING:
    from fake_alarms import FakeAlarms
    from fake_services import FakeCues, FakeStreams


class FakeAlarmRecords:
    """Alarms that stand are on record."""

    def __init__(self, alarms: FakeAlarms) -> None:
        self._alarms = alarms

    async def list(self, wanted: AlarmFilter = AlarmFilter()) -> Sequence[Alarm]:
        words = wanted.words.lower()
        return [
            alarm
            for alarm in self._alarms.standing()
            if wanted.severity in (None, alarm.severity) and words in alarm.title.lower()
        ]


class FakeSessionRecords:
    """Streams that were started have a session each."""

    def __init__(self, streams: FakeStreams) -> None:
        self._streams = streams

    async def list(self, limit: int = 200) -> Sequence[SessionRecord]:
        return [
            SessionRecord(
                session_id=view.number,
                stream_id=view.stream_id,
                stream_name=view.config.name,
                engine=view.engine,
                command=view.command,
                started_at=view.started_at,
            )
            for view in self._streams.streams()
            if view.started_at is not None
        ]


class FakeCueRecords:
    """Cues that were fired."""

    def __init__(self, cues: FakeCues) -> None:
        self._cues = cues

    async def get(self, cue_id: int) -> Cue | None:
        return next((cue for cue in self._cues.cues if cue.cue_id == cue_id), None)

    async def recent(self, stream_id: str | None = None, limit: int = 50) -> Sequence[Cue]:
        return tuple(reversed(self._cues.cues))

    async def log(self, query: CueLogQuery) -> CueLog:
        found = tuple(cue for cue in reversed(self._cues.cues) if query.admits(cue))
        return CueLog(query=query, cues=found[: query.limit], is_cut=len(found) > query.limit)

    async def steps(self, cue_id: int) -> Sequence[CueStep]:
        cue = next(cue for cue in self._cues.cues if cue.cue_id == cue_id)
        asked = CueStep(step=1, state=CueState.REQUESTED, at=cue.requested_at, reason="")
        return (asked, CueStep(step=2, state=cue.state, at=cue.requested_at + 0.0123, reason=cue.reason))


class FakeAuditRecords:
    """Each cue that was fired was somebody's act."""

    def __init__(self, cues: FakeCues) -> None:
        self._cues = cues

    async def list(self, limit: int = 500) -> Sequence[AuditRecord]:
        return [
            AuditRecord(
                at=cue.requested_at, who=cue.requested_by, action=str(cue.action), subject=cue.stream_id
            )
            for cue in reversed(self._cues.cues)
        ]


class FakeRecords:
    """What happened to the other fakes."""

    def __init__(self, streams: FakeStreams, cues: FakeCues, alarms: FakeAlarms) -> None:
        self.sessions = FakeSessionRecords(streams)
        self.cues = FakeCueRecords(cues)
        self.alarms = FakeAlarmRecords(alarms)
        self.audit = FakeAuditRecords(cues)


class FakeStreamEvents:
    """Events that the test lists."""

    def __init__(self) -> None:
        self.happened: list[StreamEvent] = []

    async def between(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamEvent, ...]:
        return tuple(
            event
            for event in self.happened
            if event.stream_id == stream_id and begins_at <= event.at < ends_at
        )


class FakeAsRun:
    """As-run logs of the cues that were fired."""

    def __init__(self, streams: FakeStreams, cues: FakeCues) -> None:
        self._streams, self._cues = streams, cues
        self.broken: tuple[AsRunBreak, ...] = ()
        """Breaks that the test puts on record."""

    async def log(self, day: date, time_zone: str = "UTC", stream_id: str | None = None) -> AsRunLog:
        begins_at = datetime.combine(day, datetime.min.time(), UTC).timestamp()
        ends_at = begins_at + 86_400
        wanted = [cue for cue in self._cues.cues if stream_id in (None, cue.stream_id)]
        rows = tuple(
            AsRunRow(cue, self._streams.views[cue.stream_id].config.name)
            for cue in wanted
            if begins_at <= cue.requested_at < ends_at
        )
        return AsRunLog(day.isoformat(), time_zone, begins_at, ends_at, stream_id, rows)

    async def streams(self) -> tuple[LoggedStream, ...]:
        return tuple(
            LoggedStream(stream_id=view.stream_id, number=view.number, name=view.config.name)
            for view in self._streams.streams()
        )

    async def breaks(
        self, day: date, days: int = 1, time_zone: str = CHANNEL, stream_id: str | None = None
    ) -> BreakLog:
        rows = tuple(one for one in self.broken if stream_id in (None, one.stream_id))
        begins_at = datetime.combine(day, datetime.min.time(), UTC).timestamp()
        return BreakLog(
            day=day.isoformat(),
            time_zone=time_zone,
            begins_at=begins_at,
            ends_at=begins_at + days * 86_400,
            stream_id=stream_id,
            rows=rows,
            all=sums_of("all", rows),
            days=sums_by(rows, by_day),
            channels=sums_by(rows, by_channel(rows)),
            distributors=sums_by(rows, by_distributor),
        )

    async def export(self, log: AsRunLog | BreakLog, format: AsRunFormat, path: Path) -> str:
        path.write_text(f"{format} {len(log.rows)}", encoding="utf-8")
        return "c0ffee"


class FakeClips:
    """Clips that a test has put on record."""

    def __init__(self) -> None:
        self.kept: list[Clip] = []
        self.exported: list[Path] = []

    async def list(self, query: ClipQuery = ClipQuery()) -> Sequence[Clip]:
        return [
            clip
            for clip in self.kept
            if query.cue_id in (None, clip.cue_id) and query.alarm_id in (None, clip.alarm_id)
        ]

    async def file(self, clip_id: int) -> Path:
        return Path(next(clip.file for clip in self.kept if clip.clip_id == clip_id))

    async def export(self, log: AsRunLog, path: Path) -> ClipBundle:
        self.exported.append(path)
        return ClipBundle(clips=len(self.kept), without=0, size=sum(clip.size for clip in self.kept))

    async def use(self) -> ClipUse:
        size = sum(clip.size for clip in self.kept)
        return ClipUse(folder="/data/clips", clips=len(self.kept), size=size, ring_size=0)

    def recording(self) -> tuple[RecordingState, ...]:
        return ()
