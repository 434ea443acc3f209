"""This host among others: what it owns, what it tells, and what it hears of the others.

The others are heard of by asking the database twice a second. LISTEN and NOTIFY would tell a little sooner,
by a connection of their own that has to be watched; owners and figures are asked for all the same.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ibe100 import __version__
from ibe100.database.database import Database
from ibe100.database.records import ShownStream
from ibe100.models.errors import ConfigurationError, OperatorError, StorageError
from ibe100.models.messages import (
    MachineMeasured,
    Message,
    NoticePosted,
    StreamStateChanged,
    StreamView,
    TelemetryMeasured,
)
from ibe100.models.records.hosts import (
    NOBODY,
    SILENT_S,
    ClusterView,
    FailedOver,
    HostFacts,
    HostView,
    Owner,
    StoredHost,
)
from ibe100.models.rights import Act
from ibe100.models.stream_state import StreamState
from ibe100.services.access.access_service import AccessService
from ibe100.services.alarms.board import AlarmBoard, AlarmPlace
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.cluster.forwarding import CueForward, fingerprint_of
from ibe100.services.cluster.pacemaker import EngineState, engine_state
from ibe100.services.rights import demand
from ibe100.services.schedule.schedule_service import ScheduleService
from ibe100.services.scte35_service import SCTE35Service
from ibe100.services.stream_service import StreamService
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.stream_secrets import SecretStore
from ibe100.utils.tasks import keep_running

LOOK_S = 0.5
BEAT_S = 2.0
ENGINE_S = 5.0
MOST_BOARDS = 32
"""Numbers of alarms are told apart by hosts in steps of so many."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClusterParts:
    """Services that a change of owner concerns."""

    streams: StreamService
    cues: SCTE35Service
    schedule: ScheduleService
    alarms: AlarmBoard
    access: AccessService


class ClusterService:
    """Used on the loop; `view` is safe from any thread. Without a host of its own it does nothing."""

    def __init__(
        self,
        storage: Database,
        secrets: SecretStore,
        parts: ClusterParts,
        place: tuple[str, Path | None],
        publish: Callable[[Message], None],
        tell_services: Callable[[Message], None],
    ) -> None:
        """`place` is the URL of this host's API with its certificate; `tell_services` tells no front end."""
        self._storage = storage
        self._streams, self._cues, self._schedule = parts.streams, parts.cues, parts.schedule
        self._alarms, self._access = parts.alarms, parts.access
        self._forward = CueForward(storage, secrets, self.host)
        self._audit = AuditTrail(storage)
        url, self._certificate = place
        self._facts = HostFacts(url=url, version=__version__, process=os.getpid(), cores=os.cpu_count() or 0)
        self._publish = publish
        self._tell_services = tell_services
        self._tasks: list[asyncio.Task[None]] = []
        self._megabits: dict[str, float] = {}
        self._last_link = 0
        self._told: dict[str, ShownStream] = {}
        self._hosts: dict[str, StoredHost] = {}
        self._now = 0.0
        self._owners: dict[str, Owner] = {}
        self._engine = EngineState()
        self._last: FailedOver | None = None
        self._moving: set[str] = set()
        self._beaten_s = float("-inf")
        self._view = ClusterView(here=storage.custody.host)

    def view(self) -> ClusterView:
        """Hosts as they are known; safe from any thread."""
        return self._view

    def host(self, name: str) -> StoredHost | None:
        """A host that was heard of lately."""
        found = self._hosts.get(name)
        return None if found is None or self._now - found.seen_at > SILENT_S else found

    async def enter(self) -> None:
        """Say that this host is there, before anything is taken up. Raises StorageError."""
        if self._storage.custody.host:
            fingerprint = await asyncio.to_thread(fingerprint_of, self._certificate)
            self._facts = self._facts.model_copy(update={"fingerprint": fingerprint})
            here = await self._storage.hosts.beat(self._here())
            self._alarms.place = AlarmPlace(here.name, here.number, MOST_BOARDS)
            self._last_link = await self._storage.hosts.last_link()
            await self._forward.open()
            self._cues.custody.forward = self._forward

    async def open(self) -> None:
        """Hear of the other hosts from now on."""
        if self._storage.custody.host:
            self._tasks = [
                keep_running(self._look_for_ever, "hosts"),
                keep_running(self._beat_for_ever, "beat of this host"),
                keep_running(self._ask_engine_for_ever, "Pacemaker"),
            ]

    async def close(self) -> None:
        """Hear no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._forward.close()

    def hear(self, message: Message) -> None:
        """Take a measurement of this host."""
        match message:
            case MachineMeasured(health=health):
                measured = {"cpu_percent": health.cpu_percent, "memory_percent": health.memory_percent}
                self._facts = self._facts.model_copy(update=measured)
            case TelemetryMeasured(telemetry=sample):
                self._megabits[sample.stream_id] = sample.bitrate_bps / 1e6

    async def take(self, stream_id: str) -> StreamView:
        """Own a stream from now on, whoever did before, and start it where it is wanted.

        Whoever asks knows that nobody else runs it: Pacemaker, which has stopped it or fenced its host, or a
        person. Raises OperatorError.
        """
        demand(Act.RUN_STREAM, stream_id)
        self._demand_host()
        if (run := self._streams.custody.find(stream_id)) is not None and run.is_ours:
            return run.view
        self._moving.add(stream_id)
        try:
            async with self._audit.doing("stream taken", stream_id, f"by {self._storage.custody.host}"):
                before, now = await self._storage.hosts.take(stream_id)
                run = await self._streams.custody.gain(stream_id)
            why = self._why_gone(before.host)
            self._last = FailedOver(stream_id=stream_id, before=before.host, host=now.host, at=time.time())
            await asyncio.gather(self._start(run), self._take_up(run, why))
        finally:
            self._moving.discard(stream_id)
        return run.view

    def _why_gone(self, before: str) -> str:
        here = self._storage.custody.host
        if before:
            return f"the host {before} was lost, and {here} has the stream now"
        return f"the stream was moved to {here}"

    async def _start(self, run: StreamRun) -> None:
        try:
            await self._streams.custody.start(run)
        except OperatorError as error:  # the reconciler tries again
            _log.error("%s is not on air yet: %s", run.name, error)

    async def _take_up(self, run: StreamRun, why: str) -> None:
        await self._storage.sessions.close_of(run.stream_id, time.time(), why)
        await self._alarms.gain(run.stream_id)
        await self._schedule.others.refresh()
        self._schedule.airing.gained(run.stream_id, why)
        await self._cues.custody.gain(run, why)

    async def release(self, stream_id: str) -> StreamView:
        """Stop a stream here without a change of what is wished, and leave it to whoever takes it next.

        Raises OperatorError.
        """
        demand(Act.RUN_STREAM, stream_id)
        self._demand_host()
        run = self._streams.custody.find(stream_id)
        if run is None or not run.is_ours:
            raise StorageError(f"{stream_id} is not owned by {self._storage.custody.host}")
        self._moving.add(stream_id)
        try:
            async with self._audit.doing("stream released", stream_id, f"by {self._storage.custody.host}"):
                await self._cues.settled()
                try:
                    await self._storage.hosts.release(stream_id)
                except StorageError as error:  # it ends here all the same: whoever takes it is the owner then
                    _log.error("that %s is left to others is not on record: %s", run.name, error)
                await self._leave(run, "")
        finally:
            self._moving.discard(stream_id)
        return run.view

    async def _leave(self, run: StreamRun, owner: str) -> None:
        self._cues.custody.lose(run)
        await self._streams.custody.lose(run, owner)
        await self._alarms.lose(run.stream_id)
        off = StreamView(stream_id=run.stream_id, number=run.entry.number, config=run.entry.config)
        self._tell_services(StreamStateChanged(stream=off))

    async def forget(self, name: str) -> None:
        """Take a host off the record that is gone for good. Raises NotFound, StorageError."""
        demand(Act.SET_SETTINGS)
        self._demand_host()
        async with self._audit.doing("host forgotten", name):
            await self._storage.hosts.forget(name)

    def _demand_host(self) -> None:
        if not self._storage.custody.host:
            raise ConfigurationError("this machine works on its database alone: there is no cluster.host")

    async def _look_for_ever(self) -> None:
        turn = 0
        while True:
            try:
                await self._look_at_owners()
                await self._look_at_cues()
                if turn % 2 == 0:
                    await self._look_at_views()
                    await self._alarms.refresh()
                if turn % 4 == 0:
                    await self._schedule.others.refresh()
                    await self._access.refresh()
            except StorageError as error:
                _log.debug("the other hosts are not heard of: %s", error)
            turn += 1
            await asyncio.sleep(LOOK_S)

    async def _look_at_owners(self) -> None:
        self._owners = await self._storage.hosts.owners()
        custody, here = self._storage.custody, self._storage.custody.host
        lost: list[tuple[StreamRun, str]] = []
        for stream_id, owner in self._owners.items():
            run = self._streams.custody.find(stream_id)
            if stream_id in self._moving:
                continue
            if run is None:
                await self._streams.custody.list_of_other(stream_id)
            elif run.is_ours and (owner.host != here or owner.epoch != custody.epoch(stream_id)):
                self._tell_lost(run, owner)
                lost.append((run, owner.host if owner.host != here else ""))
        await asyncio.gather(*(self._leave(run, host) for run, host in lost))
        self._streams.custody.drop_others(self._owners)

    def _tell_lost(self, run: StreamRun, owner: Owner) -> None:
        text = f"{run.name} is owned by {owner.host or NOBODY} now: what runs here of it is ended"
        _log.error("%s", text)
        self._publish(NoticePosted(at=time.time(), level="error", text=text, stream_id=run.stream_id))

    async def _look_at_cues(self) -> None:
        self._last_link, changed = await self._storage.hosts.cue_news(self._last_link)
        holds = self._storage.custody.holds
        if changed:
            found = await self._storage.cues.these(changed)
            self._cues.custody.hear([cue for cue in found if not holds(cue.stream_id)])

    async def _look_at_views(self) -> None:
        shown = await self._storage.hosts.shown()
        here = self._storage.custody.host
        for stream_id, owner in self._owners.items():
            run = self._streams.custody.find(stream_id)
            if run is not None and not run.is_ours and stream_id not in self._moving:
                host = "" if owner.host == here else owner.host
                self._streams.custody.show(stream_id, host, shown.get(stream_id))

    async def _beat_for_ever(self) -> None:
        while True:
            try:
                await self._beat()
            except StorageError as error:
                _log.debug("this host is not heard of: %s", error)
            await asyncio.sleep(LOOK_S)

    async def _beat(self) -> None:
        told = await asyncio.to_thread(self._streams.custody.told)
        if news := {key: one for key, one in told.items() if one != self._told.get(key)}:
            await self._storage.hosts.show(news)
            self._told = told
        if time.monotonic() - self._beaten_s >= BEAT_S:
            self._beaten_s = time.monotonic()
            await self._storage.hosts.beat(self._here())
        hosts, self._now = await self._storage.hosts.hosts()
        self._hosts = {one.name: one for one in hosts}
        self._see()

    def _here(self) -> StoredHost:
        ours = [view for view in self._streams.streams() if view.owner is None]
        running = {view.stream_id for view in ours if view.state is StreamState.RUNNING}
        self._megabits = {key: rate for key, rate in self._megabits.items() if key in running}
        sums = {
            "streams": len(ours),
            "running": len(running),
            "megabits_s": round(sum(self._megabits.values()), 3),
        }
        return StoredHost(name=self._storage.custody.host, facts=self._facts.model_copy(update=sums))

    async def _ask_engine_for_ever(self) -> None:
        while True:
            self._engine = await asyncio.to_thread(engine_state)
            self._see()
            await asyncio.sleep(ENGINE_S)

    def _see(self) -> None:
        here = self._storage.custody.host
        owned: dict[str, list[str]] = {}
        for stream_id, owner in self._owners.items():
            owned.setdefault(owner.host, []).append(stream_id)
        hosts = tuple(
            HostView(
                name=one.name,
                is_here=one.name == here,
                facts=one.facts,
                streams=tuple(sorted(owned.get(one.name, ()))),
                silent_s=max(0.0, self._now - one.seen_at),
                node=self._engine.nodes.get(one.name, ""),
            )
            for one in self._hosts.values()
        )
        self._view = ClusterView(
            here=here,
            hosts=hosts,
            unowned=tuple(sorted(owned.get("", ()))),
            engine=self._engine.name,
            quorum=self._engine.has_quorum,
            fencing=self._engine.no_fencing,
            last=self._last,
        )
