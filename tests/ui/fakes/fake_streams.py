"""Streams in memory: they start, run and are deleted; and the folders of their files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from fake_bus import FakeBus
from fake_values import ENGINE, telemetry
from ibe100.models.errors import ProbeError, StreamError
from ibe100.models.messages import (
    StreamRemoved,
    StreamStateChanged,
    StreamView,
    TelemetryMeasured,
)
from ibe100.models.rights import Act
from ibe100.models.stream_config import FileInput, StreamConfig, StreamInput, describe_input
from ibe100.models.stream_list import Clash, DeletedStream, ManyAct, NotDone
from ibe100.models.stream_state import StreamState, Tally, Telemetry
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.audit_trail import acting
from ibe100.services.rights import demand
from ibe100.services.streams.changes.copies import copy_of
from ibe100.services.streams.changes.many import do_to_many
from ibe100.services.streams.changes.port_clash import port_clashes


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
