"""Lifecycle of a stream: start, stop, adoption of what runs, and the corrections the reconciler asks for.

The wish of the operator is on record before anything is started or stopped.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ibe100.models.errors import InputAbsent, OperatorError, StorageError, StreamError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.stream_state import StreamState
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.streams.adoption import Adoption
from ibe100.services.streams.inputs.input_wait import InputWait
from ibe100.services.streams.inputs.plan_fit import PlanFit
from ibe100.services.streams.inputs.replanning import Replanning
from ibe100.services.streams.journal_follower import JournalFollower
from ibe100.services.streams.launch import StreamLaunch
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerGone
from ibe100.services.streams.stream_list import StreamList
from ibe100.services.streams.stream_secrets import SecretStore, why_locked, why_not_sent, with_secrets
from ibe100.services.streams.wish import write_wish
from ibe100.tsduck.edges import secrets_of

STOP_TIMEOUT_S = 20.0

_log = logging.getLogger(__name__)


class StreamLifecycle:
    """Brings streams up and down; one task at a time about each. All coroutines run on the loop."""

    def __init__(
        self,
        streams: StreamList,
        follower: JournalFollower,
        launch: StreamLaunch,
        audit: AuditTrail,
        fit: PlanFit,
        secrets: SecretStore,
        publish: Callable[[Message], None],
    ) -> None:
        self._list = streams
        self._follower = follower
        self._launch = launch
        self._audit = audit
        self._publish = publish
        self._replanning = Replanning(launch, fit)
        self._adoption = Adoption(streams, follower, self._notice)
        self._secrets = secrets
        self._busy: dict[str, asyncio.Lock] = {}
        self._waiting = InputWait()
        self.profile = ""
        """Name of the profile that was loaded or saved last; goes on record with each session."""

    def lock(self, stream_id: str) -> asyncio.Lock:
        """Held by whoever starts, stops or deletes the stream."""
        return self._busy.setdefault(stream_id, asyncio.Lock())

    def is_busy(self, run: StreamRun) -> bool:
        """True while somebody starts or stops it."""
        return self.lock(run.stream_id).locked()

    async def adopt_unlisted(self, streams_dir: Path) -> None:
        """List a stream again that runs and is not in the list (its database is lost); it stays on air."""
        await self._adoption.adopt_unlisted(streams_dir, self.keep_wish)

    async def take_up(self, run: StreamRun) -> None:
        """Adopt the runner of a stream, or see how the last one ended. What it meets stays its own."""
        await self._adoption.take_up(run)

    async def start(self, run: StreamRun, *, keep_output: bool, wait_for_input: bool = True) -> None:
        """Probe, plan, run; returns when the runner is up or raises with the reason.

        A live input that is not there leaves the stream WAITING for it, or raises InputAbsent. A stream that
        was not wanted before, and cannot be started, is not wanted after it.
        """
        async with self.lock(run.stream_id):
            self._list.run_of(run.stream_id)
            if run.view.state.is_active:
                raise StreamError(f"{run.name} is {run.view.state} already")
            was_wanted = run.is_wanted()
            run.want("run")
            await self.keep_wish(run)
            try:
                await self._start(run, keep_output=keep_output, wait_for_input=wait_for_input)
            except BaseException:
                if not was_wanted:
                    run.want("off")
                    await self.keep_wish(run)
                raise

    async def _start(
        self, run: StreamRun, *, keep_output: bool, wait_for_input: bool, is_known: bool = False
    ) -> None:
        config = run.entry.config
        if why := why_locked(self._secrets, config) or why_not_sent(self._secrets, run.stream_id, config):
            run.enter(StreamState.FAILED, why)
            raise StreamError(why)
        await self._follower.catch_up(run)
        run.enter(StreamState.PROBING, "looking at the input")
        try:
            await self._launch.bring_up(
                run,
                self.profile,
                keep_output=keep_output,
                is_last_look=not wait_for_input,
                is_known=is_known,
            )
        except BaseException as error:
            if isinstance(error, InputAbsent) and wait_for_input and run.is_wanted():
                await self._wait_for_input(run, error, keep_output=keep_output)
                return
            await self._launch.let_go(run)
            self._not_started(run, error)
            raise
        await self._started(run)

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
        self._follower.follow(run)
        await self.keep_wish(run)  # with the session that has begun
        await self._audit.write("stream started", run.stream_id, run.view.command)

    async def _wait_for_input(self, run: StreamRun, absent: InputAbsent, *, keep_output: bool) -> None:
        await self._launch.forget_spec(run)
        run.wait_for_input(str(absent))
        self._waiting.begin(run, lambda: self._look_again(run, keep_output=keep_output))
        await self._audit.write("stream waits for its input", run.stream_id, str(absent))

    async def _look_again(self, run: StreamRun, *, keep_output: bool) -> bool:
        async with self.lock(run.stream_id):
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
                return True
            await self._started(run)
            return True

    async def stop(self, run: StreamRun, reason: str) -> None:
        """Stop for good; returns when nothing runs for the stream any more."""
        async with self._audit.doing("stream stopped", run.stream_id, reason):
            run.want("off")
            await self.keep_wish(run)
            self._launch.give_up(run)
            async with self.lock(run.stream_id):
                run.want("off")
                await self._end(run, reason)
            await self.keep_wish(run)

    async def _end(self, run: StreamRun, reason: str) -> None:
        await self._waiting.end(run)
        if run.view.state is StreamState.WAITING:
            await self._launch.let_go(run)
            run.enter(StreamState.STOPPED, reason)
            return
        try:
            await run.link.request({"cmd": "stop", "reason": reason})
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._follower.ended(run)
        except (OperatorError, TimeoutError) as error:
            await self._follower.leave(run)
            if isinstance(error, RunnerGone):
                await run.link.end_left_behind()
            else:
                await run.link.end_by_force(str(error) or f"it did not stop in {STOP_TIMEOUT_S:.0f} s")
            if run.view.state.is_active:
                await self._follower.declare_ended(run, reason)
        await run.link.reap()

    async def retry(self, run: StreamRun, reason: str) -> None:
        """Make the try that a stream waits for now; one that waits for its input is given a new processor.

        Raises StreamError for a stream that waits for nothing.
        """
        match run.view.state:
            case StreamState.WAITING:
                self._waiting.hurry(run)
            case state if state.may_retry:
                await run.link.request({"cmd": "retry", "reason": reason})
            case state:
                raise StreamError(f"{run.name} is {state}: there is no try to be made now")
        await self._audit.write("stream tried again", run.stream_id, reason)

    async def respawn(self, run: StreamRun) -> None:
        """Start another runner with the same spec: the one before died, and the stream must go on."""
        async with self.lock(run.stream_id):
            if not run.is_wanted():
                return
            self._notice("error", f"the runner of {run.name} died; it is started again", run.stream_id)
            await self._follower.close_attempt(run)
            # What runs goes on with what it was started with, also where the settings are others by now.
            config = run.entry.config if run.record is None else run.record.config
            config = await asyncio.to_thread(with_secrets, self._secrets, run.stream_id, config)
            await run.link.spawn(secrets_of(config))

    async def bring_back(self, run: StreamRun) -> None:
        """Start a wanted stream that does not run, or adopt its runner where there is one."""
        async with self.lock(run.stream_id):
            if not run.is_wanted() or run.view.state.is_active:
                return
            before = run.view
            await self.take_up(run)
            if run.view.state.is_active or not run.is_wanted():
                return
            run.enter(before.state, before.reason)
            # One that somebody else has stopped was well.
            is_known = before.state is StreamState.STOPPED
            await self._start(run, keep_output=True, wait_for_input=True, is_known=is_known)

    async def take_over(self, run: StreamRun) -> None:
        """Start a stream of which this host has become the owner, without a look at an input that is known.

        What was left here of a time before is ended first, and passed over.
        """
        async with self.lock(run.stream_id):
            await run.link.end("another host had it meanwhile")
            await self._follower.leave(run)
            await self._follower.pass_over(run)
            if run.is_wanted():
                await self._start(run, keep_output=True, wait_for_input=True, is_known=True)

    async def give_up(self, run: StreamRun, reason: str) -> None:
        """End what runs here of a stream without a change of what is wished; returns when nothing does."""
        self._launch.give_up(run)
        async with self.lock(run.stream_id):
            await self._end(run, reason)

    async def plan_anew(self, run: StreamRun) -> None:
        """Stop a processor that does not come on air, and start it by a plan made anew."""
        async with self.lock(run.stream_id):
            if not run.is_wanted():
                return
            await self._end(run, f"it does not come on air ({run.view.reason}); its command is made anew")
            await self._start(run, keep_output=True, wait_for_input=True)

    async def pass_on(self, run: StreamRun) -> None:
        """Have another plan made where that can be at once, else the input passed on without cues."""
        await self._replanning.pass_on(run, self.lock(run.stream_id))

    async def replan(self, run: StreamRun) -> None:
        """Find a plan that fits an input which is passed on without cues, and go on by it."""
        await self._replanning.replan(run, self.lock(run.stream_id))

    async def take_off(self, run: StreamRun) -> None:
        """Stop what runs for a stream that is not wanted."""
        async with self.lock(run.stream_id):
            if not run.is_wanted():
                await self._end(run, "not meant to run")

    async def rest(self, run: StreamRun) -> None:
        """A stream that is completed is not wanted any more."""
        run.want("off")
        await self.keep_wish(run)

    async def keep_wish(self, run: StreamRun) -> None:
        """Put on record what is wanted, in the stream's folder and in the database; a refusal is told once.

        What happens on air does not wait for a full disk: the reconciler tries again until both have it.
        """
        wanted, refused = run.wanted, None
        if not run.is_ours:
            return
        try:
            await asyncio.to_thread(write_wish, run.link.stream_dir, wanted, self._list.epoch(run))
        except StorageError as error:
            refused = error
        try:
            await self._list.save(run)
        except StorageError as error:
            refused = error
        if refused is None:
            run.wish_kept(wanted)
        elif run.wish_refused():
            wish = "run" if wanted == "run" else "be off"
            self._notice("error", f"that {run.name} should {wish} is not on record: {refused}", run.stream_id)

    async def close(self) -> None:
        """Leave the streams to their runners."""
        await self._waiting.close()
        await self._launch.close()

    def _notice(self, level: Literal["warning", "error"], text: str, stream_id: str = "") -> None:
        self._publish(NoticePosted(at=time.time(), level=level, text=text, stream_id=stream_id))
