"""Services in memory, with behaviour: streams start and run, cues are sent and seen, alarms are raised."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fake_alarms import FakeAlarms, FakeMonitoring
from fake_bus import FakeBus
from fake_console import FakeConsole
from fake_contracts import FakeContracts
from fake_metrics import FakeMetrics, FakeMetricsCsv
from fake_notifications import FakeNotifications
from fake_preview import FakePreview
from fake_previews import preview_of_other
from fake_records import FakeAsRun, FakeRecords, FakeStreamEvents
from fake_return_feeds import FakeReturnFeeds
from fake_schedule import FakeSchedule
from fake_values import BEYOND_32_BITS, ENGINE, telemetry
from ibe100.models.alarms.alarm import Alarm
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.errors import CueRefused, ProbeError, StorageError, StreamError
from ibe100.models.messages import (
    CueChanged,
    Message,
    StreamRemoved,
    StreamStateChanged,
    StreamView,
    TelemetryMeasured,
)
from ibe100.models.profile import Profile, StreamEntry
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, CueState, Direction, Readiness
from ibe100.models.stream_config import FileInput, StreamConfig, StreamInput, describe_input
from ibe100.models.stream_list import Clash, DeletedStream, ManyAct, NotDone
from ibe100.models.stream_state import StreamState, Tally, Telemetry
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.audit_trail import acting
from ibe100.services.rights import demand
from ibe100.services.streams.changes.copies import copy_of
from ibe100.services.streams.changes.many import do_to_many
from ibe100.services.streams.changes.port_clash import port_clashes
from ibe100.ui.cues.cue_trigger import BREAK_ACTIONS


def section(event_id: int) -> str:
    """Some bytes that stand for a section."""
    return base64.b64encode(b"\xfc\x30\x25" + event_id.to_bytes(4, "big") * 8).decode()


class FakeStreams:
    """Streams that start when told to, unless their name says otherwise."""

    def __init__(self, bus: FakeBus) -> None:
        self._bus = bus
        self.views: dict[str, StreamView] = {}
        self.report: StreamReport | None = None
        self.probed: list[StreamInput] = []
        self.stopped_because: list[str] = []
        self.stopped_by: list[str] = []
        self.retried: list[str] = []
        self.trash: list[DeletedStream] = []
        self.gone: set[int] = set()
        """Numbers of deleted streams that are back, or deleted for good."""
        self.after_break: list[str] = []

    def streams(self) -> tuple[StreamView, ...]:
        return tuple(sorted(self.views.values(), key=lambda view: view.number))

    def put(self, view: StreamView) -> StreamView:
        self.views[view.stream_id] = view
        self._bus.publish(StreamStateChanged(stream=view))
        return view

    def update(self, stream_id: str, **changes: object) -> StreamView:
        return self.put(self.views[stream_id].model_copy(update=changes))

    async def add(self, config: StreamConfig) -> StreamView:
        if any(view.config.name == config.name for view in self.views.values()):
            raise StreamError(f"there is already a stream named {config.name}: choose another name")
        number = max((view.number for view in self.views.values()), default=0) + 1
        return self.put(StreamView(stream_id=f"stream-{number}", number=number, config=config))

    async def change(self, stream_id: str, config: StreamConfig) -> StreamView:
        return self.update(stream_id, config=config)

    async def clashes(self, stream_id: str, config: StreamConfig) -> tuple[Clash, ...]:
        others = [view.config for view in self.views.values() if view.stream_id != stream_id]
        return port_clashes(config, others)

    async def duplicate(self, stream_id: str) -> StreamView:
        configs = [view.config for view in self.views.values()]
        return await self.add(copy_of(self.views[stream_id].config, configs))

    async def remove(self, stream_id: str) -> int:
        view = self.views.pop(stream_id)
        self._bus.publish(StreamRemoved(stream_id=stream_id))
        self.trash.append(
            DeletedStream(
                deleted_id=len(self.trash) + 1,
                stream_id=stream_id,
                number=view.number,
                config=view.config,
                deleted_at=time.time(),
                deleted_by=acting().on_record,
            )
        )
        return len(self.trash)

    async def deleted(self) -> tuple[DeletedStream, ...]:
        return tuple(one for one in reversed(self.trash) if one.deleted_id not in self.gone)

    async def restore(self, deleted_id: int) -> StreamView:
        found = next((one for one in await self.deleted() if one.deleted_id == deleted_id), None)
        if found is None:
            raise StreamError("it cannot be brought back any more")
        self.gone.add(deleted_id)
        return self.put(StreamView(stream_id=found.stream_id, number=found.number, config=found.config))

    async def forget(self, deleted_id: int) -> None:
        self.gone.add(deleted_id)

    async def probe(self, source: StreamInput) -> StreamReport:
        self.probed.append(source)
        if self.report is None:
            raise ProbeError(f"{describe_input(source)} cannot be read: check that the sender is up")
        return self.report

    async def command(self, stream_id: str) -> str:
        return f"tsp -I {describe_input(self.views[stream_id].config.input)}"

    async def preview_command(self, config: StreamConfig, report: StreamReport | None) -> str:
        probed = "probed" if report is not None else "not probed"
        return f"tsp -I {describe_input(config.input)} # {probed}"

    async def start(self, stream_id: str) -> StreamView:
        view = self.views[stream_id]
        if isinstance(view.config.input, FileInput) and not view.config.input.path.exists():
            path = view.config.input.path
            raise ProbeError(f"{view.config.name}: the file {path} does not exist: choose another")
        self.update(stream_id, state=StreamState.STARTING, tally=Tally.READY, engine=ENGINE)
        running = self.update(
            stream_id,
            state=StreamState.RUNNING,
            tally=Tally.ON_AIR,
            started_at=time.time(),
            command="tsp --realtime -I ip 127.0.0.1:5000 -P spliceinject --udp=127.0.0.1:40001 -O drop",
        )
        self.measure(stream_id)
        return running

    async def stop(self, stream_id: str, reason: str = "operator") -> StreamView:
        demand(Act.STOP_ON_AIR, stream_id)
        self.stopped_by.append(acting().on_record)
        self.stopped_because.append(reason)
        return self.update(
            stream_id,
            state=StreamState.STOPPED,
            tally=Tally.OFF,
            reason=f"stopped by the {reason}",
            command="",
        )

    async def restart(self, stream_id: str) -> StreamView:
        await self.stop(stream_id)
        return await self.start(stream_id)

    async def restart_after_break(self, stream_id: str) -> StreamView:
        if self.views[stream_id].tally not in (Tally.IN_BREAK, Tally.ARMED):
            return await self.restart(stream_id)
        self.after_break.append(stream_id)
        return self.views[stream_id]

    async def call_off_restart(self, stream_id: str) -> None:
        self.after_break.remove(stream_id)

    def restart_s(self, stream_id: str) -> float:
        return 2.4

    async def do_to_many(self, act: ManyAct, stream_ids: Sequence[str]) -> tuple[NotDone, ...]:
        return await do_to_many(self, act, [self.views[stream_id] for stream_id in stream_ids])

    async def group(self, stream_ids: Sequence[str], group: str) -> None:
        for stream_id in stream_ids:
            config = self.views[stream_id].config
            await self.change(stream_id, config.model_copy(update={"group": group}))

    async def retry(self, stream_id: str) -> StreamView:
        self.retried.append(stream_id)
        return self.views[stream_id]

    def measure(self, stream_id: str, bitrate_bps: int = 2_004_000, **changes: object) -> Telemetry:
        measured = telemetry(stream_id, bitrate_bps).model_copy(update=changes)
        self._bus.publish(TelemetryMeasured(telemetry=measured))
        return measured


class FakeMedia:
    """Every folder but those in `closed` is allowed."""

    def __init__(self) -> None:
        self.closed: list[Path] = []

    async def not_allowed(self, config: StreamConfig) -> tuple[Path, ...]:
        paths = (getattr(edge, "path", None) for edge in (config.input, config.output))
        return tuple(path.parent for path in paths if path is not None and path.parent in self.closed)

    async def allow(self, folders: Sequence[Path]) -> None:
        self.closed = [one for one in self.closed if one not in folders]


class FakeCues:
    """A cue is sent at once, or armed; it is seen unless `outcome` says why not."""

    def __init__(self, bus: FakeBus, streams: FakeStreams) -> None:
        self._bus, self._streams = bus, streams
        self.cues: list[Cue] = []
        self.requests: list[CueRequest] = []
        self.failure = ""
        self.seen_at_once = True
        self.not_ready: tuple[str, ...] = ()

    def readiness(self, stream_id: str, action: CueAction | None = None) -> Readiness:
        view = self._streams.views[stream_id]
        if view.state is not StreamState.RUNNING:
            return Readiness(ready=False, reasons=("the stream does not run: start it",))
        reasons = list(self.not_ready)
        direction = Direction.NONE if action is None else action.traits.direction
        if direction is Direction.OUT and view.tally is Tally.IN_BREAK:
            reasons.append("the stream is in a break already; go BACK TO PROGRAMME first")
        if direction is Direction.IN and view.tally is not Tally.IN_BREAK:
            reasons.append("the stream is not in a break")
        return Readiness(ready=not reasons, reasons=tuple(reasons))

    async def preview(self, request: CueRequest) -> CuePreview:
        if request.action not in BREAK_ACTIONS:
            return preview_of_other(request, self.cues)
        immediate = not request.pre_roll_s
        out = request.action.traits.direction is Direction.OUT
        return CuePreview(
            splice_event_id=0x60000001,
            section_base64=section(0x60000001),
            pts_time=None if immediate else BEYOND_32_BITS,
            splice_at=None if immediate else time.time() + (request.pre_roll_s or 0.0),
            fields=(
                ("splice_command_type", "0x05 splice_insert"),
                ("splice_event_id", "0x60000001"),
                ("out_of_network_indicator", str(int(out))),
                ("splice_immediate_flag", str(int(immediate))),
                ("break_duration", f"{request.duration_s or 60:g} s"),
                ("auto_return", "1"),
                ("unique_program_id", "1"),
            ),
        )

    async def fire(self, request: CueRequest) -> Cue:
        self.requests.append(request)
        if self.not_ready:
            raise CueRefused(self.not_ready[0])
        immediate = not request.pre_roll_s
        cue = Cue(
            cue_id=len(self.cues) + 1,
            stream_id=request.stream_id,
            session_id=1,
            action=request.action,
            state=CueState.SENT if immediate else CueState.ARMED,
            requested_by=acting().name,
            requested_at=time.time(),
            splice_event_id=0x60000001 + len(self.cues),
            duration_s=request.duration_s,
            pre_roll_s=request.pre_roll_s or 0.0,
            pts_time=None if immediate else BEYOND_32_BITS,
            splice_at=None if immediate else time.time() + (request.pre_roll_s or 0.0),
            section_base64=section(0x60000001 + len(self.cues)),
            sent=1 if immediate else 0,
            sent_expected=1 if immediate else 3,
            sent_at=time.time() if immediate else None,
        )
        self.put(cue)
        if not immediate:
            self._streams.update(request.stream_id, tally=Tally.ARMED)
        elif self.failure:
            self.fail(cue, self.failure)
        elif self.seen_at_once:
            self.see(cue)
        return cue

    async def cancel(self, cue_id: int) -> Cue:
        cue = next(cue for cue in self.cues if cue.cue_id == cue_id)
        self._streams.update(cue.stream_id, tally=Tally.ON_AIR)
        return self.put(cue.moved_to(CueState.CANCELLED, reason="disarmed by the operator"))

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        return tuple(cue for cue in reversed(self.cues) if cue.stream_id == stream_id)

    def put(self, cue: Cue) -> Cue:
        self.cues = [known for known in self.cues if known.cue_id != cue.cue_id] + [cue]
        self._bus.publish(CueChanged(cue=cue))
        return cue

    def see(self, cue: Cue, latency_ms: float = 23.4) -> Cue:
        seen = {
            "seen": 1,
            "seen_at": time.time(),
            "seen_base64": cue.section_base64,
            "latency_ms": latency_ms,
        }
        if cue.direction is Direction.OUT:
            ends = time.time() + (cue.duration_s or 60)
            self._streams.update(cue.stream_id, tally=Tally.IN_BREAK, break_ends_at=ends)
        else:
            self._streams.update(cue.stream_id, tally=Tally.ON_AIR, break_ends_at=None)
        return self.put(cue.moved_to(CueState.SEEN, **seen))

    def fail(self, cue: Cue, reason: str) -> Cue:
        return self.put(cue.moved_to(CueState.FAILED, reason=reason))


class FakeProfiles:
    """Profiles in a dictionary."""

    def __init__(self, streams: FakeStreams) -> None:
        self._streams = streams
        self.saved: dict[str, Profile] = {}

    async def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.saved))

    async def save(self, name: str) -> Path:
        entries = tuple(
            StreamEntry(stream_id=view.stream_id, number=view.number, config=view.config)
            for view in self._streams.streams()
        )
        self.saved[name] = Profile(name=name, streams=entries)
        return Path("/profiles") / f"{name}.json"

    async def load(self, name: str) -> Profile:
        profile = self.saved[name]
        for stream_id in tuple(self._streams.views):
            await self._streams.remove(stream_id)
        for entry in profile.streams:
            self._streams.put(StreamView(stream_id=entry.stream_id, number=entry.number, config=entry.config))
        return profile

    async def import_file(self, path: Path) -> Profile:
        raise StorageError(f"{path.name} is damaged: it was set aside, nothing was changed")

    async def export_file(self, name: str, path: Path) -> None:
        path.write_text(self.saved[name].model_dump_json(), encoding="utf-8")


class FakeInputCues:
    """Cues seen on the inputs."""

    def __init__(self) -> None:
        self.seen: list[InputCue] = []

    def recent(self, stream_id: str) -> tuple[InputCue, ...]:
        return tuple(cue for cue in self.seen if cue.stream_id == stream_id)


class FakeEngine:
    async def engines(self) -> tuple[str, ...]:
        return (ENGINE,)


class FakeServices:
    """All ports; use it on the background loop only."""

    def __init__(self, views: Iterable[StreamView] = (), alarms: Iterable[Alarm] = ()) -> None:
        self.bus = FakeBus()
        self.streams = FakeStreams(self.bus)
        self.media = FakeMedia()
        self.cues = FakeCues(self.bus, self.streams)
        self.alarms = FakeAlarms(self.bus)
        self.alarm_rules = AlarmRules()
        self.monitoring = FakeMonitoring()
        self.return_feeds = FakeReturnFeeds(self.bus)
        self.schedule = FakeSchedule(self.bus)
        self.preview = FakePreview(self.bus)
        self.profiles = FakeProfiles(self.streams)
        self.records = FakeRecords(self.streams, self.cues, self.alarms)
        self.as_run = FakeAsRun(self.streams, self.cues)
        self.stream_events = FakeStreamEvents()
        self.metrics = FakeMetrics()
        self.metrics_csv = FakeMetricsCsv()
        self.notifications = FakeNotifications()
        self.input_cues = FakeInputCues()
        self.contracts = FakeContracts()
        self.engine = FakeEngine()
        self.console = FakeConsole(self.cues)
        self.is_open = False
        for view in views:
            self.streams.views[view.stream_id] = view
        for alarm in alarms:
            self.alarms.open[alarm.alarm_id] = alarm

    def messages(self) -> AsyncIterator[Message]:
        return self.bus.messages()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[FakeServices]:
        self.is_open = True
        try:
            yield self
        finally:
            self.is_open = False
