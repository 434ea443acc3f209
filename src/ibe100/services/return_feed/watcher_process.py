"""The second runner of a stream: it watches the return feed, and nothing of it goes on air (ADR 0009)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ibe100.database.database import Database
from ibe100.models.cues.return_receipt import FeedState
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.runner_policy import RunnerPolicy
from ibe100.models.stream_config import Engine, FileInput, StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.journal_follower import journal_identity
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.services.streams.runner_facts import CueOnOutput, CueTagged, Fact, SpliceMonitored, StateEntered
from ibe100.services.streams.runner_link import RunnerLink, RunnerStatus, read_journal
from ibe100.services.streams.runner_samples import InfluxPost, PlaylistRead, Sample, TableSections
from ibe100.services.streams.runner_spec import PATIENCE_S, awaited_peer, claimed_ports
from ibe100.tsduck.edges import secrets_of
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.return_feed import (
    RETURN_SOCKETS,
    ReturnPorts,
    build_return_arguments,
    claim_return_ports,
    stall_timeout_s,
    watch_config,
)
from ibe100.tsduck.telemetry import SpliceEvent
from ibe100.utils.tasks import keep_running

FOLDER = "return"
AGAIN_S = 5.0
"""A feed that is absent is tried again this soon: a cue may come back at any time."""
AGAIN_WORDS = "; trying again"
"""Words that a runner adds to the reason for which it tries again; they are left out here."""

_log = logging.getLogger(__name__)


class Listener(Protocol):
    """The listener of a watcher; called on the loop."""

    def feed_state(self, state: FeedState, reason: str, at: float) -> None: ...
    def packets_came(self, at: float) -> None: ...
    def section_came(self, cue: CueOnOutput) -> None: ...
    def tag_came(self, tag: CueTagged) -> None: ...
    def playlist_read(self, read: PlaylistRead) -> None: ...
    def splice_announced(self, event: SpliceEvent) -> None: ...
    def tables_came(self, sections: Sequence[str]) -> None: ...
    def caught_up(self) -> None:
        """All that was written while nobody looked has been told."""


def watcher_folder(stream_dir: Path) -> Path:
    """Folder of the watcher's spec and journal."""
    return stream_dir / FOLDER


class WatcherProcess:
    """Adopts the watcher that is there or starts one, and follows it until it is stopped or left."""

    def __init__(
        self,
        stream_id: str,
        stream_dir: Path,
        config: StreamConfig,
        planner: LaunchPlanner,
        policy: RunnerPolicy,
        storage: Database,
        listener: Listener,
    ) -> None:
        self._key = f"{stream_id}/{FOLDER}"
        self._stream_dir = stream_dir
        self._watch = watch_config(config)
        self._name = f"{config.name}, {self._watch.name}"
        self._planner = planner
        self._policy = policy
        self._storage = storage
        self._listener = listener
        self._link = RunnerLink(watcher_folder(stream_dir))
        self._seq = 0
        self._state = StreamState.OFF
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Adopt or start it, in a task of its own."""
        self._task = keep_running(self._run, f"watch {self._key}")

    async def leave(self) -> None:
        """Follow it no longer; it goes on beside its stream."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def stop(self, reason: str) -> None:
        """End the process; returns when it is gone."""
        await self.leave()
        await self._link.end(reason)

    async def _run(self) -> None:
        await self._take_position()
        while True:
            begun_s = time.monotonic()
            try:
                await self._adopt_or_spawn()
                await self._link.follow(self._seq, self._fact, self._sample)
                await self._take_rest()
                await self._link.reap()
            except OperatorError as error:
                self._listener.feed_state(FeedState.LOST, str(error), time.time())
            if self._state is StreamState.COMPLETED:
                return
            if self._state is StreamState.RUNNING:
                self._listener.feed_state(FeedState.LOST, "its watcher is gone", time.time())
            # One that had run for a while is started again at once.
            if time.monotonic() - begun_s < AGAIN_S:
                await asyncio.sleep(AGAIN_S)

    async def _take_position(self) -> None:
        """Tell what was written while nobody looked."""
        folder = self._link.stream_dir
        position = await self._storage.journal.position(self._key)
        if position is not None and position.runner == journal_identity(folder):
            self._seq = position.last_seq
        await self._take_rest()
        self._listener.caught_up()

    async def _adopt_or_spawn(self) -> None:
        self._watch = await self._planner.checked(self._watch)
        processor = await self._planner.processor(self._watch)
        status = await self._link.status()
        if status is not None:
            if self._is_as_wanted(processor):
                self._tell_adopted(status)
                return
            await self._link.end("the return feed was changed")
        await self._link.end_left_behind()
        # The cue port of a stream is free for a moment between two attempts of its processor.
        taken = await asyncio.to_thread(claimed_ports, self._stream_dir.parent, self._link.stream_dir)
        ports = RETURN_SOCKETS if processor.engine is Engine.BUILTIN else claim_return_ports(taken)
        await asyncio.to_thread(self._link.write_spec, self._spec(processor, ports))
        await self._link.spawn(secrets_of(self._watch))

    def _tell_adopted(self, status: RunnerStatus) -> None:
        """Its last change of state may have been told to an earlier console."""
        self._state = status.state or StreamState.OFF
        if self._state is StreamState.RUNNING:
            since = time.time() - status.attempt_uptime_s
            self._listener.feed_state(FeedState.WATCHING, "", since)

    def _is_as_wanted(self, processor: Processor) -> bool:
        """True when the watcher that is there watches the same feed in the same way."""
        spec = self._link.read_spec()
        if spec is None:
            return False
        try:
            there = spec["ports"]
            ports = ReturnPorts(there["splice_json"], there["influx"], there["tables"])
            wanted = self._spec(processor, ports)
            return all(spec[part] == wanted[part] for part in ("processor", "policy", "companion_of"))
        except (KeyError, TypeError):
            return False

    def _spec(self, processor: Processor, ports: ReturnPorts) -> Mapping[str, Any]:
        argv = [*processor.command, *build_return_arguments(self._watch, ports, processor.engine)]
        source = self._watch.input
        return {
            "version": 1,
            "stream_id": self._key,
            "name": self._name,
            "generation": int(time.time() * 1000),
            "engine": processor.engine.value,
            "processor": {"argv": argv, "env": dict(processor.environment)},
            "source": None,
            "ports": {"splice_json": ports.splice_json, "influx": ports.influx, "tables": ports.tables},
            "policy": {
                **self._policy.as_spec(),
                "finite": isinstance(source, FileInput) and not source.loop,
                # A feed whose picture has died may still carry cues.
                "expect_pts": False,
                "backoff_max_s": min(self._policy.backoff_max_s, AGAIN_S),
                "stall_timeout_s": max(self._policy.stall_timeout_s, stall_timeout_s(source)),
                **({"start_timeout_s": PATIENCE_S} if awaited_peer(self._watch) else {}),
            },
            "companion_of": str(self._stream_dir.absolute()),
        }

    async def _take_rest(self) -> None:
        for fact in await asyncio.to_thread(read_journal, self._link.stream_dir, self._seq):
            await self._fact(fact)

    async def _fact(self, fact: Fact) -> None:
        self._seq = fact.seq
        match fact:
            case StateEntered():
                self._state = fact.state
                self._tell_state(fact)
            case CueOnOutput():
                self._listener.section_came(fact)
            case CueTagged():
                self._listener.tag_came(fact)
            case SpliceMonitored():
                self._listener.splice_announced(fact.event)
            case _:
                return
        try:
            await self._storage.journal.advance(self._key, journal_identity(self._link.stream_dir), self._seq)
        except StorageError as error:
            _log.error("%s: journal line %s is not on record: %s", self._name, self._seq, error)

    def _tell_state(self, fact: StateEntered) -> None:
        reason = fact.reason.partition(AGAIN_WORDS)[0]
        match fact.state:
            case StreamState.RUNNING:
                self._listener.feed_state(FeedState.WATCHING, "", fact.at)
            case StreamState.STARTING:
                self._listener.feed_state(FeedState.STARTING, awaited_peer(self._watch), fact.at)
            case StreamState.COMPLETED:
                self._listener.feed_state(FeedState.ENDED, reason, fact.at)
            case _:
                self._listener.feed_state(FeedState.LOST, reason, fact.at)

    def _sample(self, sample: Sample) -> None:
        match sample:
            case TableSections():
                self._listener.tables_came(sample.sections)
            case PlaylistRead():
                self._listener.playlist_read(sample)
            case InfluxPost() if sample.influx.bitrate_bps > 0:
                self._listener.packets_came(sample.at)
