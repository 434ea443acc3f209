"""Streams: add, edit, probe, start, stop, adopt. What runs goes on without us."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Literal

from ibe100.database.database import Database
from ibe100.models.errors import InputAbsent, OperatorError, StorageError, StreamError
from ibe100.models.messages import Message, NoticePosted, StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import Engine, StreamConfig, StreamInput
from ibe100.models.stream_state import StreamState
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.audit_trail import AuditTrail, acting
from ibe100.services.streams.input_wait import InputWait
from ibe100.services.streams.journal_follower import JournalFollower, Observer
from ibe100.services.streams.launch import StreamLaunch
from ibe100.services.streams.launch_plan import StreamStarter
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_facts import read_facts
from ibe100.services.streams.runner_link import RunnerGone, RunnerLink, RunnerSilent
from ibe100.services.streams.runner_spec import RunnerPolicy
from ibe100.services.streams.stream_list import StreamList
from ibe100.services.streams.stream_secrets import (
    SecretStore,
    forget_secrets,
    keep_secrets,
    with_secrets,
)
from ibe100.services.streams.which_stream import refuse_digits
from ibe100.tsduck.command import secrets_of
from ibe100.utils.tasks import log_fault

STOP_TIMEOUT_S = 20.0

_log = logging.getLogger(__name__)


class StreamService:
    """Owns the streams of one console. All coroutines run on the loop."""

    def __init__(
        self,
        storage: Database,
        secrets: SecretStore,
        publish: Callable[[Message], None],
        state_dir: Path,
        policy: RunnerPolicy,
        *,
        engine: Engine = Engine.AUTO,
        tsp_path: Path | None = None,
    ) -> None:
        self._storage = storage
        self._secrets = secrets
        self._publish = publish
        self._state_dir = state_dir
        self._starter = StreamStarter(engine, tsp_path)
        self._list = StreamList(storage, publish, state_dir)
        self._busy: dict[str, asyncio.Lock] = {}
        self._waiting = InputWait()
        self._work: set[asyncio.Task[None]] = set()
        self._audit = AuditTrail(storage)
        self.profile = ""
        """Name of the profile that was loaded or saved last; goes on record with each session."""
        self.follower = JournalFollower(storage, publish, self._respawn)
        self._launch = StreamLaunch(storage, self._starter, self._list, self.follower, policy)

    def use(self, engine: Engine, tsp_path: Path | None, policy: RunnerPolicy) -> None:
        """For each stream from its next start on; what runs is not touched."""
        self._starter.use(engine, tsp_path)
        self._launch.set_policy(policy)

    def observe(self, observer: Observer) -> None:
        """Tell `observer` of every journal line and sample of every stream."""
        self.follower.observers.append(observer)

    def streams(self) -> tuple[StreamView, ...]:
        """All streams in the order of their numbers; safe from any thread."""
        return self._list.views()

    def run_of(self, stream_id: str) -> StreamRun:
        """Raises StreamError for a stream that does not exist."""
        return self._list.run_of(stream_id)

    async def open(self) -> None:
        """Load the list, adopt what runs, start again what should run and does not."""
        stored = await self._storage.streams.load()
        for notice in stored.notices:
            self._notice("warning", notice)
        for stream in stored.streams:
            config = with_secrets(self._secrets, stream.stream_id, stream.config)
            entry = StreamEntry(stream_id=stream.stream_id, number=stream.number, config=config)
            self._list.place(entry).want(stream.desired)
        await self._adopt_unlisted()
        await asyncio.gather(*(self._take_up(run) for run in self._list.runs()))
        open_sessions = [
            run.facts.session_id for run in self._list.runs() if run.view.state.is_active and run.facts
        ]
        adopted = [session_id for session_id in open_sessions if session_id is not None]
        await self._storage.sessions.close_unseen(adopted, time.time())

    async def _adopt_unlisted(self) -> None:
        """A runner that is not in the list (a lost database) goes on air untouched, and is listed again."""
        folders = sorted(self._state_dir.iterdir()) if self._state_dir.is_dir() else []
        known = {run.stream_id for run in self._list.runs()}
        for folder in folders:
            facts = read_facts(folder)
            if folder.name in known or facts is None:
                continue
            try:
                alive = await RunnerLink(folder).is_alive()
            except RunnerSilent as error:
                self._notice("error", f"{facts.config.name} is not in the list: {error}")
                continue
            if alive:
                number = self._list.free_number(facts.number)
                run = self._list.place(StreamEntry(stream_id=folder.name, number=number, config=facts.config))
                run.want("run")
                await self._save_wish(run)
                self._notice("warning", f"{run.name} was found running and is listed again", run.stream_id)

    async def _take_up(self, run: StreamRun) -> None:
        facts = read_facts(run.link.stream_dir)
        try:
            status = await run.link.status()
        except RunnerSilent as error:
            self._notice("error", f"{run.name}: {error}", run.stream_id)
            return
        if status is not None and status.state is None:
            # It waits for the processor that a console which is gone would have given it.
            await run.link.end("its console is gone")
            status = None
        if facts is not None:
            run.begin(facts)
            await self.follower.resume(run, status)
        if status is not None and not run.is_wanted():
            self._later(run, self.stop(run.stream_id, "not meant to run"))
        elif status is None and not run.is_wanted():
            await run.link.end_left_behind()
        elif status is None:
            spec = run.link.read_spec()
            if run.facts is None or spec is None or spec.get("processor") is None:
                self._later(run, self.start(run.stream_id))
            elif run.view.state is not StreamState.COMPLETED:
                run.enter(StreamState.RETRYING, "its runner is gone")
                self.follower.follow(run)

    def _later(self, run: StreamRun, work: Coroutine[object, object, object]) -> None:
        """Other streams must not wait for this one."""

        async def told() -> None:
            try:
                await work
            except OperatorError as error:
                self._notice("error", f"{run.name} is not as it should be: {error}", run.stream_id)

        task = asyncio.create_task(told(), name=f"take up {run.stream_id}")
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(log_fault)

    async def close(self, *, stop_streams: bool) -> None:
        """Leave the streams to their runners, or stop them first."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._waiting.close()
        await self._launch.close()
        if stop_streams:
            running = [run for run in self._list.runs() if run.view.state.is_active]
            stops = (self.stop(run.stream_id, "console closed") for run in running)
            ends = await asyncio.gather(*stops, return_exceptions=True)
            for run, end in zip(running, ends, strict=True):
                if isinstance(end, BaseException):
                    _log.error("%s was not stopped: %s", run.name, end)
        await self.follower.close()

    async def add(self, config: StreamConfig) -> StreamView:
        """A new stream with the next free number."""
        return await self.add_entry(self._list.new_entry(config))

    async def add_entry(self, entry: StreamEntry) -> StreamView:
        """A stream with its id and number, e.g. from a profile. Raises ConfigurationError, StreamError."""
        refuse_digits("stream_id", entry.stream_id)
        refuse_digits("name", entry.config.name)
        run = self._list.place(entry)
        try:
            await asyncio.to_thread(keep_secrets, self._secrets, entry.stream_id, entry.config)
            await self._list.save(run)
        except BaseException:
            self._list.take_out(entry.stream_id)
            raise
        self._list.changed(run.view)
        await self._audit.write("stream added", entry.stream_id, entry.config.name)
        return run.view

    async def change(self, stream_id: str, config: StreamConfig) -> StreamView:
        """Replace the configuration; a running stream goes on with the old one until it is restarted."""
        run = self.run_of(stream_id)
        refuse_digits("name", config.name)
        await asyncio.to_thread(keep_secrets, self._secrets, stream_id, config)
        whole = await asyncio.to_thread(with_secrets, self._secrets, stream_id, config)
        entry = run.entry.model_copy(update={"config": whole})
        await self._list.save(run, entry)
        run.configure(entry)
        await self._audit.write("stream changed", stream_id, config.name)
        return run.view

    async def remove(self, stream_id: str) -> None:
        """Delete a stopped stream from the list."""
        run = self.run_of(stream_id)
        if run.view.state.is_active:
            raise StreamError(f"{run.name} is {run.view.state}; stop it before it is deleted")
        async with self._lock(stream_id):
            if run.view.state.is_active:
                raise StreamError(f"{run.name} was started meanwhile; stop it before it is deleted")
            await self._storage.streams.remove(stream_id)
            await asyncio.to_thread(forget_secrets, self._secrets, stream_id)
            self._list.take_out(stream_id)
        await self._audit.write("stream deleted", stream_id, run.name)

    async def probe(self, source: StreamInput) -> StreamReport:
        """Read the input for a few seconds and say what is in it."""
        return await self._starter.probe(StreamConfig(name="probe", input=source))

    async def command(self, stream_id: str) -> str:
        """The command the stream runs, or would run; secrets masked."""
        run = self.run_of(stream_id)
        if run.view.state.is_active and run.view.command:
            return run.view.command
        return await self.preview_command(run.entry.config, None)

    async def preview_command(self, config: StreamConfig, report: StreamReport | None) -> str:
        """The command that `config` would run on an input like `report`; the ports are examples."""
        return await self._starter.preview_command(config, report)

    async def start(self, stream_id: str, *, wait_for_input: bool = True) -> StreamView:
        """Probe, build, run; returns when the runner is up or raises with the reason.

        A live input that is not there leaves the stream WAITING for it, or raises InputAbsent.
        """
        return await self._start(self.run_of(stream_id), keep_output=False, wait_for_input=wait_for_input)

    async def _start(self, run: StreamRun, *, keep_output: bool, wait_for_input: bool = True) -> StreamView:
        async with self._lock(run.stream_id):
            self.run_of(run.stream_id)
            if run.view.state.is_active:
                raise StreamError(f"{run.name} is {run.view.state} already")
            await self.follower.catch_up(run)
            was_wanted = run.is_wanted()
            run.want("run")
            run.enter(StreamState.PROBING, "looking at the input")
            try:
                await self._launch.bring_up(
                    run, self.profile, keep_output=keep_output, is_last_look=not wait_for_input
                )
            except BaseException as error:
                if isinstance(error, InputAbsent) and wait_for_input and run.is_wanted():
                    await self._wait_for_input(run, error, keep_output=keep_output)
                    return run.view
                await self._launch.let_go(run)
                self._not_started(run, error)
                if not was_wanted:
                    run.want("off")
                raise
            await self._started(run)
            return run.view

    def _not_started(self, run: StreamRun, error: BaseException) -> None:
        given_up = not run.is_wanted() or isinstance(error, asyncio.CancelledError)
        bug = "an error of the console; see the log"
        run.enter(
            StreamState.STOPPED if given_up else StreamState.FAILED,
            str(error) if isinstance(error, OperatorError) else "" if given_up else bug,
        )

    async def _started(self, run: StreamRun) -> None:
        if run.view.state in (StreamState.PROBING, StreamState.WAITING):
            run.enter(StreamState.STARTING, "")
        self.follower.follow(run)
        await self._save_wish(run)
        await self._audit.write("stream started", run.stream_id, run.view.command)

    async def _wait_for_input(self, run: StreamRun, absent: InputAbsent, *, keep_output: bool) -> None:
        """It is meant to run from now on."""
        await self._launch.forget_spec(run)
        run.wait_for_input(str(absent))
        self._waiting.begin(run, lambda: self._look_again(run, keep_output=keep_output))
        await self._save_wish(run)
        await self._audit.write("stream waits for its input", run.stream_id, str(absent))

    async def _look_again(self, run: StreamRun, *, keep_output: bool) -> bool:
        async with self._lock(run.stream_id):
            if run.view.state is not StreamState.WAITING:
                return True
            try:
                await self._launch.bring_up(run, self.profile, keep_output=keep_output)
            except InputAbsent as absent:
                run.wait_for_input(str(absent))
                return False
            except Exception as error:
                self._not_started(run, error)
                if not isinstance(error, OperatorError):
                    raise
                if run.is_wanted():
                    self._notice("error", f"{run.name} was not started: {error}", run.stream_id)
                run.want("off")
                await self._save_wish(run)
                return True
            await self._started(run)
            return True

    async def stop(self, stream_id: str, reason: str = "") -> StreamView:
        """Stop for good; returns when the processor is gone. Without a `reason` it is who stops it."""
        reason = reason or acting().name
        run = self.run_of(stream_id)
        run.want("off")
        self._launch.give_up(run)
        async with self._lock(stream_id):
            run.want("off")
            await self._stop(run, reason)
        await self._save_wish(run)
        await self._audit.write("stream stopped", stream_id, reason)
        return run.view

    async def _stop(self, run: StreamRun, reason: str) -> None:
        await self._waiting.end(run)
        if run.view.state is StreamState.WAITING:
            await self._launch.let_go(run)
            run.enter(StreamState.STOPPED, reason)
            return
        try:
            await run.link.request({"cmd": "stop", "reason": reason})
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.follower.ended(run)
        except (RunnerGone, RunnerSilent, TimeoutError):
            await self.follower.leave(run)
            await run.link.end(reason)
            if run.view.state.is_active:
                await self.follower.declare_ended(run, reason)
        await run.link.reap()

    async def restart(self, stream_id: str) -> StreamView:
        """Stop and start, with the configuration as it is now; a file it writes is gone on with."""
        run = self.run_of(stream_id)
        was_active = run.view.state.is_active
        if was_active:
            await self.stop(stream_id, "restart by the operator")
        return await self._start(run, keep_output=was_active)

    async def _respawn(self, run: StreamRun) -> None:
        """The runner itself died: the stream must go on, with the same spec."""
        async with self._lock(run.stream_id):
            if not run.is_wanted():
                return
            self._notice("error", f"the runner of {run.name} died; it is started again", run.stream_id)
            await self.follower.close_attempt(run)
            await run.link.spawn(secrets_of(run.entry.config))

    async def _save_wish(self, run: StreamRun) -> None:
        """Whether it should run; what has happened on air is not undone by a full disk, but said."""
        try:
            await self._list.save(run)
        except StorageError as error:
            wish = "run" if run.is_wanted() else "be off"
            self._notice("error", f"that {run.name} should {wish} is not on record: {error}", run.stream_id)

    def _lock(self, stream_id: str) -> asyncio.Lock:
        return self._busy.setdefault(stream_id, asyncio.Lock())

    def _notice(self, level: Literal["warning", "error"], text: str, stream_id: str = "") -> None:
        self._publish(NoticePosted(at=time.time(), level=level, text=text, stream_id=stream_id))
