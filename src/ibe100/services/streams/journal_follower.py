"""Takes over what the runners write down: states, attempts, log lines; observers get every line."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Protocol

from ibe100.database.database import Database
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.messages import Message, StreamLogged
from ibe100.models.session import AttemptRecord
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import write_record
from ibe100.services.streams.runner_facts import AttemptEnded, AttemptStarted, Fact, LogLine, StateEntered
from ibe100.services.streams.runner_link import RunnerStatus, read_journal
from ibe100.services.streams.runner_samples import (
    FirstPackets,
    FlowChanged,
    InfluxPost,
    OutputChanged,
    PicturesSeen,
    Sample,
    SrtSide,
)
from ibe100.services.streams.runner_spec import awaited_peer
from ibe100.tsduck.processor import plain_reason
from ibe100.utils.tasks import BackgroundWrites, keep_running

RESPAWN_PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)

_log = logging.getLogger(__name__)


class Observer(Protocol):
    """A service that needs what the runners say."""

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """A line of the journal, in order; `run.view` shows the state after it."""

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """A sample; only the latest of its kind matters. Posts of `-P influx` come as `Measurement`."""


class JournalFollower:
    """Tasks that follow the runners, one per stream, for as long as there is one."""

    def __init__(
        self,
        storage: Database,
        publish: Callable[[Message], None],
        respawn: Callable[[StreamRun], Awaitable[None]],
    ) -> None:
        self._storage = storage
        self._publish = publish
        self._respawn = respawn
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.observers: list[Observer] = []
        self._writes = BackgroundWrites()
        self._taken: dict[str, tuple[str, int]] = {}
        """Journal and sequence number of the last fact that was taken of each stream."""
        self._advancing: set[str] = set()
        self._reaching: set[str] = set()

    async def resume(self, run: StreamRun, status: RunnerStatus | None) -> None:
        """Take over what was written while nobody was looking, then go on following a living runner.

        `status` is its own answer; None when there is no runner any more.
        """
        await self._take_position(run)
        if status is not None:
            # Before the lines: one of them may be newer than the answer.
            run.enter_as(status)
            await self._take_rest(run)
            self.follow(run)
            return
        await self._take_rest(run)
        state, reason = await asyncio.to_thread(_last_state, run.link.stream_dir)
        if state.is_active:
            state, reason = StreamState.STOPPED, "its runner is gone"
        run.enter(state, reason)

    async def resume_unreached(self, run: StreamRun, why: str) -> None:
        """Follow a runner that holds its stream and does not answer: by its files, until it does."""
        await self._take_position(run)
        await self._take_rest(run)
        run.enter(StreamState.UNREACHABLE, why)
        self.follow(run)

    async def _take_position(self, run: StreamRun) -> None:
        position = await self._storage.journal.position(run.stream_id)
        taken = 0
        if position is not None and position.runner == journal_identity(run.link.stream_dir):
            facts = await asyncio.to_thread(read_journal, run.link.stream_dir, 0)
            # An older copy of the folder, put in its place, counts again what was taken: all of it is read.
            taken = position.last_seq if facts and facts[-1].seq >= position.last_seq else 0
        run.resume_after(taken)

    async def pass_over(self, run: StreamRun) -> None:
        """Take nothing of what the journal holds: it is of a time before another host had the stream."""
        facts = await asyncio.to_thread(read_journal, run.link.stream_dir, 0)
        run.resume_after(facts[-1].seq if facts else 0)
        identity = journal_identity(run.link.stream_dir)
        await self._storage.journal.advance(run.stream_id, identity, run.seq)

    async def catch_up(self, run: StreamRun) -> None:
        """Take what a runner that is gone wrote last, before another one begins a run of its own."""
        await self._take_rest(run)

    async def close_attempt(self, run: StreamRun) -> None:
        """The runner died: put the end of its last attempt on record, and count on from there."""
        facts = await asyncio.to_thread(read_journal, run.link.stream_dir, 0)
        attempts = [fact for fact in facts if isinstance(fact, AttemptStarted | AttemptEnded)]
        if not attempts or run.record is None:
            return
        last, now = attempts[-1], time.time()
        if isinstance(last, AttemptStarted):
            outcome = "its runner was killed"
            head = run.seq, now, time.monotonic()
            await self._take(run, AttemptEnded(*head, last.attempt, now - last.at, None, outcome))
        run.count_attempts_on(run.record.attempts_before + last.attempt)
        await asyncio.to_thread(write_record, run.link.stream_dir, run.record)

    async def declare_ended(self, run: StreamRun, reason: str) -> None:
        """The runner is gone and left no word of the end: say it in its place, to everybody."""
        head = run.seq, time.time(), time.monotonic()
        await self._take(run, StateEntered(*head, StreamState.STOPPED, reason))

    def follow(self, run: StreamRun) -> None:
        """Follow the runner of `run` from the last line taken."""
        task = keep_running(lambda: self._follow(run), f"follow {run.stream_id}")
        self._tasks[run.stream_id] = task

    async def leave(self, run: StreamRun) -> None:
        """Stop following a runner that is gone; no other is started for it."""
        if (task := self._tasks.pop(run.stream_id, None)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def ended(self, run: StreamRun) -> None:
        """Wait until the runner has ended and its last line is taken."""
        task = self._tasks.get(run.stream_id)
        if task is not None:
            await asyncio.shield(task)

    async def close(self) -> None:
        """Stop following; the runners go on."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        await self._writes.settled()

    async def _follow(self, run: StreamRun) -> None:
        died = 0
        while True:
            before = run.seq
            await run.link.follow(
                run.seq,
                lambda fact: self._take(run, fact),
                lambda sample: self._sample(run, sample),
                lambda why: self._reach(run, why),
            )
            await self._take_rest(run)
            await run.link.reap()
            if run.view.state.is_ended:
                return
            died = died + 1 if run.seq - before < 20 else 1
            if run.is_wanted():
                await asyncio.sleep(RESPAWN_PAUSES_S[min(died, len(RESPAWN_PAUSES_S)) - 1])
            if not run.is_wanted():
                await self.declare_ended(run, "its runner ended")
                return
            try:
                await self._respawn(run)
            except OperatorError as error:
                _log.error("%s: no new runner: %s", run.name, error)

    def _reach(self, run: StreamRun, why: str) -> None:
        if not run.is_ours:
            return
        if why and run.view.state.is_active:
            run.enter(StreamState.UNREACHABLE, why)
        elif not why and run.view.state is StreamState.UNREACHABLE and run.stream_id not in self._reaching:
            self._reaching.add(run.stream_id)
            self._writes.add(self._reached(run), f"{run.stream_id} state")

    async def _reached(self, run: StreamRun) -> None:
        """It answers again: its state is what it says now."""
        try:
            status = await run.link.status()
            if status is not None and status.state is not None and run.view.state is StreamState.UNREACHABLE:
                run.enter_as(status)
        except OperatorError as error:
            _log.warning("%s: its state is not known yet: %s", run.name, error)
        finally:
            self._reaching.discard(run.stream_id)

    async def _take_rest(self, run: StreamRun) -> None:
        for fact in await asyncio.to_thread(read_journal, run.link.stream_dir, run.seq):
            await self._take(run, fact)

    async def _take(self, run: StreamRun, fact: Fact) -> None:
        run.taking(fact.seq, fact.at)
        if not run.is_ours:  # its runner is being ended: what is to be said of it, its owner says
            run.taken()
            return
        # Each for itself: a full disk must not keep a fact from the alarms and the cues.
        for take in (self._apply, *(observer.on_fact for observer in self.observers)):
            try:
                await take(run, fact)
            except StorageError as error:
                _log.error("%s: journal line %s is not on record: %s", run.name, fact.seq, error)
            except Exception:  # noqa: BLE001 - a fault with one line must not blind the console to the next
                _log.exception("%s: journal line %s could not be taken", run.name, fact.seq)
        run.taken()
        if not isinstance(fact, LogLine):
            self._taken[run.stream_id] = (journal_identity(run.link.stream_dir), run.seq)
            if run.stream_id not in self._advancing:
                self._advancing.add(run.stream_id)
                self._writes.add(self._advance(run.stream_id), f"{run.stream_id} journal position")

    async def _advance(self, stream_id: str) -> None:
        """Put on record how far the journal is taken: after its facts, whose writes were begun before."""
        stored = None
        try:
            while stored != self._taken[stream_id]:
                stored = self._taken[stream_id]
                await self._storage.journal.advance(stream_id, *stored)
        except StorageError as error:
            _log.error("%s: that journal line %s is taken is not on record: %s", stream_id, stored, error)
        finally:
            self._advancing.discard(stream_id)

    def _later(self, run: StreamRun, write: Coroutine[object, object, object]) -> None:
        async def told() -> None:
            try:
                await write
            except StorageError as error:
                _log.error("%s: a fact is not on record: %s", run.name, error)

        self._writes.add(told(), f"{run.stream_id} session")

    def _sample(self, run: StreamRun, sample: Sample) -> None:
        if isinstance(sample, InfluxPost):
            sample = run.measure(sample)
        elif isinstance(sample, FirstPackets):
            run.begin_clock(sample)
        elif isinstance(sample, SrtSide) and sample.side == "output":
            run.note_srt_output(sample.link)
        elif isinstance(sample, OutputChanged):
            run.note_output(sample.trouble)
        elif isinstance(sample, PicturesSeen):
            run.see_pictures(sample)
        elif isinstance(sample, FlowChanged):
            run.note_flow(sample.flows, sample.at - sample.quiet_s)
        for observer in self.observers if run.is_ours else ():
            try:
                observer.on_sample(run, sample)
            except Exception:  # noqa: BLE001 - a fault with one sample must not blind the console to the next
                _log.exception("%s: a sample could not be taken", run.name)

    async def _apply(self, run: StreamRun, fact: Fact) -> None:
        match fact:
            case StateEntered():
                self._state(run, fact)
            case LogLine():
                self._logged(run, fact)
            case AttemptStarted():
                run.begin_attempt(_attempt(run, fact), fact.passes)
                self._attempt_started(run, fact)
            case AttemptEnded():
                self._attempt_ended(run, fact)

    def _attempt_started(self, run: StreamRun, fact: AttemptStarted) -> None:
        if (session_id := _session_of(run)) is not None:
            record = AttemptRecord(session_id=session_id, attempt=_attempt(run, fact), started_at=fact.at)
            self._later(run, self._storage.sessions.attempt_started(record))

    def _attempt_ended(self, run: StreamRun, fact: AttemptEnded) -> None:
        if (session_id := _session_of(run)) is not None:
            record = AttemptRecord(
                session_id=session_id,
                attempt=_attempt(run, fact),
                started_at=fact.at - fact.seconds,
                ended_at=fact.at,
                exit_code=fact.exit_code,
                outcome=fact.outcome,
            )
            self._later(run, self._storage.sessions.attempt_ended(record))

    def _state(self, run: StreamRun, fact: StateEntered) -> None:
        state, reason = fact.state, fact.reason
        if (
            state in (StreamState.RETRYING, StreamState.FAILED)
            and run.last_fault
            and run.last_fault not in reason
        ):
            reason = f"{reason}: {run.last_fault}" if reason else run.last_fault
        if state is StreamState.STARTING:
            reason = awaited_peer(run.entry.config) or reason
        reason = plain_reason(reason)
        run.enter(state, reason, input_lost_at=fact.input_lost_at, retry_at=fact.retry_at)
        if state.is_ended and (session_id := _session_of(run)) is not None:
            self._later(run, self._storage.sessions.end(session_id, fact.at, reason or state.value))

    def _logged(self, run: StreamRun, fact: LogLine) -> None:
        text = f"{fact.plugin}: {fact.text}" if fact.plugin else fact.text
        if fact.level == "error":
            run.note_fault(text)
        self._publish(StreamLogged(stream_id=run.stream_id, at=fact.at, level=fact.level, text=text))


def _attempt(run: StreamRun, fact: AttemptStarted | AttemptEnded) -> int:
    """The attempt's number within the session."""
    return fact.attempt + (run.record.attempts_before if run.record is not None else 0)


def _session_of(run: StreamRun) -> int | None:
    return run.record.session_id if run.record is not None else None


def _last_state(stream_dir: Path) -> tuple[StreamState, str]:
    states = [fact for fact in read_journal(stream_dir, 0) if isinstance(fact, StateEntered)]
    return (states[-1].state, states[-1].reason) if states else (StreamState.OFF, "")


def journal_identity(stream_dir: Path) -> str:
    """Identity of a journal: in a folder made anew the sequence numbers start again at 1."""
    try:
        return str(stream_dir.stat().st_ino)
    except OSError:
        return ""
