"""Streams: add, edit, probe, start, stop, adopt. What runs goes on without us."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ibe100.database.database import Database
from ibe100.models.base import build
from ibe100.models.changes import changes_between
from ibe100.models.errors import ConfigurationError, StorageError, StreamError
from ibe100.models.messages import Message, NoticePosted, StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.rights import Act
from ibe100.models.runner_policy import RunnerPolicy
from ibe100.models.stored import keep_unknown
from ibe100.models.stream_config import FileInput, HlsOutput, StreamConfig, StreamInput, TestPatternInput
from ibe100.models.stream_list import Clash, DeletedStream, ManyAct, NotDone
from ibe100.models.stream_state import StreamState
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.audit_trail import AuditTrail, acting
from ibe100.services.rights import demand
from ibe100.services.streams.changes.copies import copy_of
from ibe100.services.streams.changes.deleted import DeletedStreams
from ibe100.services.streams.changes.many import do_to_many
from ibe100.services.streams.changes.port_clash import port_clashes
from ibe100.services.streams.changes.restarts import Restarts
from ibe100.services.streams.custody import StreamCustody
from ibe100.services.streams.files.media_folders import MediaFolders
from ibe100.services.streams.files.output_owners import file_clash, refuse_clash
from ibe100.services.streams.inputs.known_inputs import is_same_input, read_report
from ibe100.services.streams.inputs.plan_fit import PlanFit
from ibe100.services.streams.journal_follower import JournalFollower, Observer
from ibe100.services.streams.launch import StreamLaunch
from ibe100.services.streams.launch_plan import LaunchPlanner, why_not_understood
from ibe100.services.streams.lifecycle import StreamLifecycle
from ibe100.services.streams.reconciler import Reconciler
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.stream_list import StreamList
from ibe100.services.streams.stream_secrets import (
    SecretStore,
    bind_secrets,
    keep_secrets,
    why_not_sent,
    with_secrets,
)
from ibe100.services.streams.which_stream import refuse_digits
from ibe100.utils.places import Places

_log = logging.getLogger(__name__)


class StreamService:
    """Owns the streams of one console. All coroutines run on the loop."""

    def __init__(
        self,
        storage: Database,
        secrets: SecretStore,
        publish: Callable[[Message], None],
        state_dir: Path,
        planner: LaunchPlanner,
        policy: RunnerPolicy,
        places: Places,
        media: MediaFolders,
    ) -> None:
        self._storage = storage
        self._secrets = secrets
        self._publish = self._tell
        self._to_bus = publish
        self._state_dir = state_dir
        self._planner = planner
        self._media = media
        self._list = StreamList(storage, self._tell, state_dir)
        self._restarts = Restarts(self.restart, publish)
        self._deleted = DeletedStreams(storage, secrets, self._list)
        self._audit = AuditTrail(storage)
        self.why_tight: Callable[[], str] = lambda: ""
        """Figures that say that one more stream may not fit on this machine; empty where it should."""
        self.follower = JournalFollower(storage, self._tell, lambda run: self._lifecycle.respawn(run))
        self._launch = StreamLaunch(storage, self._planner, self._list, self.follower, policy)
        fit = PlanFit()
        self.observe(fit)
        self._lifecycle = StreamLifecycle(
            self._list, self.follower, self._launch, self._audit, fit, secrets, self._tell
        )
        self.custody = StreamCustody(storage, self._list, self._lifecycle, planner, secrets)
        self._reconciler = Reconciler(self._list.runs, self._lifecycle, fit, places)

    def _tell(self, message: Message) -> None:
        self._restarts.hear(message)
        self._to_bus(message)

    def load_profile(self, name: str) -> None:
        """Put the name of the profile that was loaded or saved last on record with each session."""
        self._lifecycle.profile = name

    def set_policy(self, policy: RunnerPolicy) -> None:
        """Change the policy of each runner from its next start on; what runs is not touched."""
        self._launch.set_policy(policy)

    def observe(self, observer: Observer) -> None:
        """Tell `observer` of every journal line and sample of every stream."""
        self.follower.observers.append(observer)

    def streams(self) -> tuple[StreamView, ...]:
        """Streams in the order of their numbers; safe from any thread."""
        return self._list.views()

    def run_of(self, stream_id: str) -> StreamRun:
        """Stream of this id. Raises StreamError when it does not exist."""
        return self._list.run_of(stream_id)

    async def open(self) -> None:
        """Load the list, adopt what runs, start again what should run and does not."""
        await self.custody.claim_first()
        stored = await self._storage.streams.load()
        for notice in await asyncio.to_thread(self._media.take_over, [one.config for one in stored.streams]):
            self._publish(NoticePosted(at=time.time(), level="warning", text=notice))
        for notice in stored.notices:
            self._publish(NoticePosted(at=time.time(), level="warning", text=notice))
        for stream in stored.streams:
            await self._bind_secrets(stream.stream_id, stream.config)
            config = with_secrets(self._secrets, stream.stream_id, stream.config)
            entry = StreamEntry(stream_id=stream.stream_id, number=stream.number, config=config)
            self.custody.take_up(self._list.place(entry), stream)
        if not self.custody.host:  # another host may have deleted it
            await self._lifecycle.adopt_unlisted(self._state_dir)
        await asyncio.gather(*(self._lifecycle.take_up(run) for run in self._list.runs() if run.is_ours))
        self._reconciler.start()
        await self._deleted.forget_old()
        open_sessions = [
            run.record.session_id for run in self._list.runs() if run.view.state.is_active and run.record
        ]
        adopted = [session_id for session_id in open_sessions if session_id is not None]
        await self._storage.sessions.close_unseen(adopted, time.time())

    async def _bind_secrets(self, stream_id: str, config: StreamConfig) -> None:
        try:
            await asyncio.to_thread(bind_secrets, self._secrets, stream_id, config)
        except StorageError as error:
            self._publish(NoticePosted(at=time.time(), level="warning", text=str(error)))

    async def close(self, *, stop_streams: bool) -> None:
        """Leave the streams to their runners, or stop them first."""
        await self._restarts.close()
        await self._reconciler.close()
        await self._lifecycle.close()
        if stop_streams:
            running = [run for run in self._list.runs() if run.is_ours and run.view.state.is_active]
            stops = (self.stop(run.stream_id, "console closed") for run in running)
            ends = await asyncio.gather(*stops, return_exceptions=True)
            for run, end in zip(running, ends, strict=True):
                if isinstance(end, BaseException):
                    _log.error("%s was not stopped: %s", run.name, end)
        await self.follower.close()

    async def add(self, config: StreamConfig) -> StreamView:
        """A new stream with the next free number. Raises ConfigurationError, StreamError."""
        demand(Act.SET_UP_STREAM)
        self._check_ports("", config)
        await self._check_files("", config)
        return await self.add_entry(self._list.new_entry(config))

    async def duplicate(self, stream_id: str) -> StreamView:
        """Add a copy of a stream under a free name, with free ports and files. Raises StreamError."""
        demand(Act.SET_UP_STREAM)
        demand(Act.SET_UP_STREAM, stream_id)
        config = self.run_of(stream_id).entry.config
        others = self._list.configs_of_others("")
        return await self.add(await asyncio.to_thread(copy_of, config, others))

    async def add_entry(self, entry: StreamEntry, action: str = "stream added") -> StreamView:
        """A stream with its id and number, e.g. from a profile. Raises ConfigurationError, StreamError."""
        refuse_digits("stream_id", entry.stream_id)
        refuse_digits("name", entry.config.name)
        # At once: while anything is awaited another stream may take the id.
        config = with_secrets(self._secrets, entry.stream_id, entry.config)
        run = self._list.place(entry.model_copy(update={"config": config}))
        detail = f"{config.name}: {changes_between(StreamConfig(name=config.name), config)}"
        try:
            async with self._audit.doing(action, entry.stream_id, detail):
                await asyncio.to_thread(keep_secrets, self._secrets, entry.stream_id, entry.config)
                await self._list.save(run)
        except BaseException:
            self._list.take_out(entry.stream_id)
            raise
        self._list.changed(run.view)
        return run.view

    async def change(self, stream_id: str, config: StreamConfig) -> StreamView:
        """Edit the configuration; a running stream goes on with the old one until it is restarted."""
        demand(Act.SET_UP_STREAM, stream_id)
        whole = keep_unknown(config, self.custody.ours(stream_id).entry.config)
        self._check_ports(stream_id, config)
        await self._check_files(stream_id, config)
        if why := await asyncio.to_thread(why_not_sent, self._secrets, stream_id, config):
            raise ConfigurationError(why)
        return await self.replace(stream_id, whole)

    async def check_all(self, entries: Sequence[StreamEntry]) -> None:
        """Check the files of streams that are to be the whole list. Raises ConfigurationError."""
        for entry in entries:
            others = [one.config for one in entries if one.stream_id != entry.stream_id]
            await self._check_files(entry.stream_id, entry.config, others)

    async def _check_files(
        self, stream_id: str, config: StreamConfig, others: Sequence[StreamConfig] | None = None
    ) -> None:
        """Check that a stream may use its files, and is the only one to write its output."""
        exact = await self._planner.checked(config)
        others = self._list.configs_of_others(stream_id) if others is None else others
        await asyncio.to_thread(refuse_clash, exact, others)

    def _check_ports(self, stream_id: str, config: StreamConfig) -> None:
        for clash in port_clashes(config, self._list.configs_of_others(stream_id)):
            raise ConfigurationError(f"{clash.field} {clash.words}")

    async def clashes(self, stream_id: str, config: StreamConfig) -> tuple[Clash, ...]:
        """Places that another stream has, by the field of `config`; `stream_id` is empty for a new stream."""
        others = self._list.configs_of_others(stream_id)
        found = port_clashes(config, others)
        if words := await asyncio.to_thread(file_clash, config, others):
            field = "output.playlist" if isinstance(config.output, HlsOutput) else "output.path"
            found = (*found, Clash(field=field, words=words))
        return found

    async def replace(self, stream_id: str, config: StreamConfig) -> StreamView:
        """Put another configuration in its place, e.g. that of a profile."""
        run = self.custody.ours(stream_id)
        refuse_digits("name", config.name)
        whole = await asyncio.to_thread(with_secrets, self._secrets, stream_id, config)
        entry = run.entry.model_copy(update={"config": whole})
        detail = f"{run.name}: {changes_between(run.entry.config, whole)}"
        async with self._audit.doing("stream changed", stream_id, detail):
            await asyncio.to_thread(keep_secrets, self._secrets, stream_id, config)
            await self._list.save(run, entry)
        before, now = why_not_understood(run.entry.config), why_not_understood(whole)
        run.configure(entry)
        if before != now and not run.view.state.is_active:
            run.enter(StreamState.FAILED if now else StreamState.OFF, now)
        return run.view

    async def remove(self, stream_id: str) -> int:
        """Delete a stopped stream from the list; returns its number for `restore`."""
        demand(Act.DELETE_STREAM, stream_id)
        run = self.custody.ours(stream_id)
        if run.view.state.is_active:
            raise StreamError(f"{run.name} is {run.view.state}; stop it before it is deleted")
        async with self._lifecycle.lock(stream_id):
            if run.view.state.is_active:
                raise StreamError(f"{run.name} was started meanwhile; stop it before it is deleted")
            detail = f"{run.name}: {changes_between(StreamConfig(name=run.name), run.entry.config)}"
            async with self._audit.doing("stream deleted", stream_id, detail):
                deleted_id = await self._deleted.keep(stream_id, acting().on_record)
                self._list.take_out(stream_id)
        await self._deleted.forget_old()
        return deleted_id

    async def deleted(self) -> tuple[DeletedStream, ...]:
        """Deleted streams that can be brought back, the newest first. Raises StorageError."""
        return await self._deleted.all()

    async def restore(self, deleted_id: int) -> StreamView:
        """Bring a deleted stream back, off. Raises NotFound, ConfigurationError, StorageError."""
        demand(Act.SET_UP_STREAM)
        entry = await self._deleted.entry(deleted_id)
        self._check_ports("", entry.config)
        await self._check_files("", entry.config)
        view = await self.add_entry(entry, "stream restored")
        await self._deleted.forget(deleted_id)
        return view

    async def forget(self, deleted_id: int) -> None:
        """Delete a deleted stream for good, with its passphrases. Raises StorageError."""
        demand(Act.DELETE_STREAM)
        async with self._audit.doing("deleted stream forgotten", str(deleted_id)):
            await self._deleted.forget(deleted_id)

    async def probe(self, source: StreamInput) -> StreamReport:
        """Read the input for a few seconds and say what is in it.

        Who runs on it is asked instead: opened a second time, it would lose packets to the probe.
        Raises StreamError where that is not known, ProbeError, ProcessorError.
        """
        demand(Act.PROBE)
        run = self._running_on(source)
        if run is None:
            return await self._planner.probe(StreamConfig(name="probe", input=source))
        report = self._planner.known.report_on(source)
        report = report or await asyncio.to_thread(read_report, run.link.stream_dir)
        if report is None:
            raise StreamError(
                f"{run.name} receives this input, so it is not opened a second time; what is in it is known "
                "once the stream is on air"
            )
        return report

    def _running_on(self, source: StreamInput) -> StreamRun | None:
        """The stream that receives this input; anybody may read a file."""
        if isinstance(source, FileInput | TestPatternInput):
            return None
        for run in self._list.runs():
            record = run.record if run.view.state.is_active else None
            if record is not None and is_same_input(record.config.input, source):
                return run
        return None

    async def command(self, stream_id: str) -> str:
        """The command the stream runs, or would run; secrets masked."""
        run = self.run_of(stream_id)
        if run.view.state.is_active and run.view.command:
            return run.view.command
        return await self.preview_command(run.entry.config, None)

    async def preview_command(self, config: StreamConfig, report: StreamReport | None) -> str:
        """The command that `config` would run on an input like `report`; the ports are examples."""
        return await self._planner.preview_command(config, report)

    async def start(self, stream_id: str, *, wait_for_input: bool = True) -> StreamView:
        """Probe, plan, run; returns when the runner is up or raises with the reason.

        A live input that is not there leaves the stream WAITING for it, or raises InputAbsent.
        """
        demand(Act.RUN_STREAM, stream_id)
        run = self.custody.ours(stream_id)
        if tight := self.why_tight():
            text = f"{run.name} may not fit on this machine: {tight}"
            self._publish(NoticePosted(at=time.time(), level="warning", text=text, stream_id=stream_id))
        await self._lifecycle.start(run, keep_output=False, wait_for_input=wait_for_input)
        return run.view

    async def stop(self, stream_id: str, reason: str = "") -> StreamView:
        """Stop for good; returns when the processor is gone. Without a `reason` it is who stops it."""
        demand(Act.RUN_STREAM, stream_id)
        reason = reason or acting().on_record
        run = self.custody.ours(stream_id)
        if run.view.state.is_active:
            demand(Act.STOP_ON_AIR, stream_id)
        await self._lifecycle.stop(run, reason)
        return run.view

    async def retry(self, stream_id: str) -> StreamView:
        """Try now what a stream would try later. Raises StreamError for one that waits for nothing."""
        demand(Act.RUN_STREAM, stream_id)
        run = self.custody.ours(stream_id)
        await self._lifecycle.retry(run, f"tried again by {acting().on_record}")
        return run.view

    async def restart(self, stream_id: str) -> StreamView:
        """Stop and start, with the configuration as it is now; a file it writes is gone on with."""
        demand(Act.RUN_STREAM, stream_id)
        run = self.custody.ours(stream_id)
        was_active = run.view.state.is_active
        if was_active:
            demand(Act.STOP_ON_AIR, stream_id)
            self._restarts.call_off(stream_id)
            self._restarts.begin(stream_id)
            await self._lifecycle.stop(run, f"restart by {acting().words}")
        await self._lifecycle.start(run, keep_output=was_active)
        return run.view

    async def restart_after_break(self, stream_id: str) -> StreamView:
        """Restart it once it is in no break and no cue waits to go out: at once where that is so now."""
        demand(Act.RUN_STREAM, stream_id)
        demand(Act.STOP_ON_AIR, stream_id)
        run = self.custody.ours(stream_id)
        if not run.has_break:
            return await self.restart(stream_id)
        self._restarts.wait(run)
        return run.view

    async def call_off_restart(self, stream_id: str) -> None:
        """Leave a stream running that would be restarted after its break."""
        demand(Act.RUN_STREAM, stream_id)
        self._restarts.call_off(stream_id)

    def restart_s(self, stream_id: str) -> float:
        """Seconds without output that a restart takes, by the last one; safe from any thread."""
        return self._restarts.seconds(stream_id, self.run_of(stream_id).entry.config)

    async def do_to_many(self, act: ManyAct, stream_ids: Sequence[str]) -> tuple[NotDone, ...]:
        """Do this to each, where it is not so already; returns those that refused. Raises NotAllowed."""
        runs = [self.run_of(stream_id) for stream_id in dict.fromkeys(stream_ids)]
        return await do_to_many(self, act, [run.view for run in runs])

    async def group(self, stream_ids: Sequence[str], group: str) -> None:
        """Put streams into a group, or with an empty text into none. Raises ConfigurationError."""
        demand(Act.SET_UP_STREAM, *stream_ids)
        for stream_id in stream_ids:
            config = self.run_of(stream_id).entry.config
            if config.group != group:
                await self.replace(stream_id, build(StreamConfig, {**dict(config), "group": group}, "group"))
