"""Services in memory, with behaviour: streams start and run, cues are sent and seen, alarms are raised."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator, Iterable
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
from fake_records import FakeAsRun, FakeClips, FakeRecords, FakeStreamEvents
from fake_return_feeds import FakeReturnFeeds
from fake_schedule import FakeSchedule
from fake_streams import FakeMedia, FakeStreams
from fake_upkeep import FakeBackups, FakeCluster, FakeSettings, FakeSupport, FakeUsers
from fake_values import BEYOND_32_BITS, ENGINE
from ibe100.models.alarms.alarm import Alarm
from ibe100.models.console import Link
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.errors import CueRefused, StorageError
from ibe100.models.messages import (
    CueChanged,
    Message,
    StreamView,
)
from ibe100.models.profile import Profile, StreamEntry
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, CueState, Direction, Readiness
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState, Tally
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.audit_trail import acting
from ibe100.services.cues.presets import CuePresets
from ibe100.ui.cues.cue_trigger import BREAK_ACTIONS


def section(event_id: int) -> str:
    """Some bytes that stand for a section."""
    return base64.b64encode(b"\xfc\x30\x25" + event_id.to_bytes(4, "big") * 8).decode()


class FakeCues:
    """A cue is sent at once, or armed; it is seen unless `outcome` says why not."""

    def __init__(self, bus: FakeBus, streams: FakeStreams) -> None:
        self._bus, self._streams = bus, streams
        self.cues: list[Cue] = []
        self.requests: list[CueRequest] = []
        self.failure = ""
        self.seen_at_once = True
        self.not_ready: tuple[str, ...] = ()
        self.unusual_break_s = 900.0

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

    def announced_end(self, out: Cue) -> float | None:
        return out.announced_end

    def break_warning(self, duration_s: float) -> str:
        return "longer than 15:00" if duration_s > 900 else ""

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
        if cue.action is CueAction.CHANGE_LENGTH:
            ends = cue.requested_at + (cue.duration_s or 0)
            self._streams.update(cue.stream_id, break_ends_at=ends, break_announced_end=ends)
        elif cue.direction is Direction.OUT:
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

    async def shipped(self) -> tuple[str, ...]:
        return ("UDP relay",)

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
        relay = StreamEntry(stream_id="udp-relay", number=1, config=StreamConfig(name="UDP relay"))
        profile = {"UDP relay": Profile(name="UDP relay", streams=(relay,)), **self.saved}[name]
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
        self.cue_presets = CuePresets(None, self.cues)
        self.alarms = FakeAlarms(self.bus)
        self.alarm_rules = AlarmRules()
        self.monitoring = FakeMonitoring()
        self.return_feeds = FakeReturnFeeds(self.bus)
        self.schedule = FakeSchedule(self.bus)
        self.preview = FakePreview(self.bus)
        self.profiles = FakeProfiles(self.streams)
        self.records = FakeRecords(self.streams, self.cues, self.alarms)
        self.as_run = FakeAsRun(self.streams, self.cues)
        self.clips = FakeClips()
        self.stream_events = FakeStreamEvents()
        self.metrics = FakeMetrics()
        self.metrics_csv = FakeMetricsCsv()
        self.notifications = FakeNotifications()
        self.input_cues = FakeInputCues()
        self.contracts = FakeContracts()
        self.engine = FakeEngine()
        self.settings = FakeSettings()
        self.access = FakeUsers()
        self.backups = self.kept_backups = FakeBackups()
        self.support = FakeSupport()
        self.cluster = FakeCluster()
        self.console = FakeConsole(self.cues)
        self.is_open = False
        self.link: tuple[Link, ...] = ()
        for view in views:
            self.streams.views[view.stream_id] = view
        for alarm in alarms:
            self.alarms.open[alarm.alarm_id] = alarm

    def links(self) -> tuple[Link, ...]:
        return self.link

    async def until_known(self) -> None:
        pass

    def messages(self) -> AsyncIterator[Message]:
        return self.bus.messages()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[FakeServices]:
        self.is_open = True
        try:
            yield self
        finally:
            self.is_open = False
