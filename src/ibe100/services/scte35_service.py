"""Cues: checked, committed, sent, looked for on the output, and answered for."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.database.stores.cues import NOT_KEPT
from ibe100.models.actor import EMERGENCY
from ibe100.models.cues.break_length import unusual_length
from ibe100.models.errors import CueRefused, StorageError, StreamError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.rights import Act, act_of
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, CueState, Direction, Readiness
from ibe100.models.stream_state import StreamState
from ibe100.scte35.comparison import is_splice_null
from ibe100.services.audit_trail import AuditTrail, acting
from ibe100.services.cues.breaks import BreakLedger
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.calling_off import CallingOff
from ibe100.services.cues.clock import move_with_clock, open_breaks
from ibe100.services.cues.custody import CueCustody
from ibe100.services.cues.cuts.cut_receipts import CutReceipts
from ibe100.services.cues.dispatch import CueDispatch
from ibe100.services.cues.draft import (
    REPLACED,
    Draft,
    is_waiting_return,
    make_draft,
    pending_breaks,
    requested,
)
from ibe100.services.cues.foreign import ForeignCues
from ibe100.services.cues.heartbeat import Heartbeat
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.on_air.automatic_resume import AutomaticResume
from ibe100.services.cues.on_air.break_change import changes_of
from ibe100.services.cues.passing.tag_cues import TagCues
from ibe100.services.cues.readiness import least_lead_s, readiness
from ibe100.services.cues.receipts import CueReceipts
from ibe100.services.cues.retiming import audit_detail
from ibe100.services.cues.section import describe
from ibe100.services.rights import demand
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.runner_facts import (
    AttemptEnded,
    CueOnInput,
    CueOnOutput,
    Fact,
    SpliceMonitored,
    StateEntered,
)
from ibe100.services.streams.runner_samples import PicturesSeen, Sample
from ibe100.utils.places import Places
from ibe100.utils.timecode import format_span
from ibe100.utils.units import format_event_id
from ibe100.utils.wall_clock import WallClock

PROMPT_S = 0.25
LATEST_AT_ONCE_S = 10.0
"""A disk that hangs may give way long after the break that was asked for at once is wanted no more."""
REMEMBERED_CUES = 500


class SCTE35Service:
    """Owns every cue from the request to its end. All coroutines run on the loop."""

    def __init__(
        self,
        storage: Database,
        runs: Runs,
        publish: Callable[[Message], None],
        places: Places,
        *,
        seen_timeout_s: float = 2.0,
    ) -> None:
        """`places` are those that the record of a cue cannot be kept without."""
        self._places = places
        self._storage = storage
        self._runs = runs
        self._cache = CueCache()
        self._breaks = BreakLedger()
        self._ledger = CueLedger(storage, runs, self._cache, publish)
        self._clock = WallClock(self._clock_was_set)
        self._resumes = AutomaticResume(
            self._cache, self._breaks, self.fire, self.preview, publish, self._clock
        )
        self._receipts = CueReceipts(
            self._cache, self._ledger, self._breaks, publish, self._resumes.follow, self._announced_again
        )
        self._audit = AuditTrail(storage)
        self._cuts = CutReceipts(self._cache, self._ledger, publish)
        self._dispatch = CueDispatch(
            runs, self._cache, self._ledger, self._receipts, self._clock, self._audit, seen_timeout_s
        )
        self._foreign = ForeignCues(storage, self._cache, self._ledger, publish, self._dispatch.watch)
        self._calling_off = CallingOff(self._cache, self._ledger, self._dispatch, self._fire)
        self._heartbeat = Heartbeat(self._cache, self._dispatch.put_out, seen_timeout_s)
        self.custody = CueCustody(
            storage, self._cache, self._breaks, self._ledger, self._receipts, self._dispatch, publish
        )
        self._tag_cues = TagCues(self.fire, self.preview, publish)
        self._publish = publish
        self.unusual_break_s = 900.0
        """Seconds from which a break is unusually long."""
        self._locks: dict[str, asyncio.Lock] = {}

    def set_seen_timeout(self, seen_timeout_s: float) -> None:
        """Set the time that a cue may take to be seen, from now on."""
        self._dispatch.set_seen_timeout(seen_timeout_s)
        self._heartbeat.set_seen_timeout(seen_timeout_s)

    async def open(self) -> None:
        """Take up the cues on record; before the streams are opened, for their journals may tell of them."""
        for cue in reversed(await self._storage.cues.recent(limit=REMEMBERED_CUES)):
            self._cache.put(cue)
        for cue in await self._storage.cues.unfinished():
            self._cache.put(cue)

    async def settle(self) -> None:
        """After the streams are opened: watch cues that are in time, fail the others, restore open breaks."""
        self._calling_off.settle()
        for cue in self._cache.unfinished():
            if self._is_elsewhere(cue.stream_id):
                continue
            if not self._exists(cue.stream_id):
                self._ledger.move(cue, CueState.FAILED, reason="its stream was deleted")
            elif cue.state is CueState.ARMED and self._latest(cue) < time.time():
                reason = "the console was down when it was due; it is not sent late"
                self._ledger.move(cue, CueState.FAILED, reason=reason)
            else:
                self._dispatch.watch(cue)
        for view in self._runs.streams():
            run = self._runs.run_of(view.stream_id)
            if not run.is_ours:
                continue
            run.arm(self._cache.is_armed(view.stream_id))
            for cue in self._cache.recent(view.stream_id):
                if cue.seen_at is not None:
                    run.see_cue(cue.seen_at)
            await self._restore_break(run)

    async def _restore_break(self, run: StreamRun) -> None:
        # What the journals told a moment ago may be in memory only.
        cached = (
            cue
            for cue in self._cache.recent(run.stream_id)
            if cue.state.has_aired and cue.direction is not Direction.NONE
        )
        on_record = await self._storage.cues.newest_splice(run.stream_id)
        known = [cue for cue in (on_record, next(cached, None)) if cue is not None]
        if known:
            newest = max(known, key=lambda cue: cue.cue_id)
            session_id = run.view.session_id if run.view.state.is_active else None
            changes = changes_of(newest, self._cache.recent(run.stream_id))
            self._breaks.restore(newest, session_id, run.cue_options, changes)
        self._receipts.show_break(run)

    async def close(self) -> None:
        """Stop watching; what is ARMED stays on record for the next console."""
        await self._tag_cues.close()
        await self._resumes.close()
        await self._heartbeat.close()
        await self._dispatch.close()
        await self._ledger.writes.settled()

    async def settled(self) -> None:
        """Returns when all that has happened to cues so far is on record."""
        await self._ledger.writes.settled()

    def readiness(self, stream_id: str, action: CueAction | None = None) -> Readiness:
        """Readiness for any cue, or for one with this `action`; safe from any thread."""
        run = self._runs.run_of(stream_id)
        ready = self._readiness(run)
        if action is None or not run.is_ours:
            return ready
        pending = pending_breaks(self._cache.open_of(stream_id), action)
        direction = action.traits.direction
        refusal = self._breaks.refusal(stream_id, action, direction, pending, time.time())
        if refusal is None:
            return ready
        return Readiness(ready=False, reasons=(*ready.reasons, refusal))

    def _readiness(self, run: StreamRun) -> Readiness:
        if not run.is_ours:
            return self.custody.readiness(run)
        ready = readiness(run)
        if lost := self._places.fault or self._storage.problem():
            return Readiness(ready=False, reasons=(f"{NOT_KEPT}: {lost}", *ready.reasons))
        return ready

    def break_warning(self, duration_s: float) -> str:
        """Words about a break that is unusually long, else empty."""
        return unusual_length(duration_s, self.unusual_break_s)

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        """The newest cues first, at most 50; safe from any thread."""
        return self._cache.recent(stream_id)

    def announced_end(self, out: Cue) -> float | None:
        """Wall clock at which the break that `out` began is over as announced; None without a duration."""
        current = self._breaks.open_break(out.stream_id)
        is_open = current is not None and current.splice_event_id == out.splice_event_id
        if current is not None and is_open:
            return current.announced_end
        return [out, *changes_of(out, self._cache.recent(out.stream_id))][-1].announced_end

    async def preview(self, request: CueRequest) -> CuePreview:
        """Preview of what would go out now; nothing is reserved. Raises CueRefused when it could not."""
        demand(act_of(request.action), request.stream_id)
        run = self._runs.run_of(request.stream_id)
        if not run.is_ours:
            return await self.custody.owner_of(run).preview(run, request)
        draft = await self._draft(run, request)
        options = run.cue_options
        next_id = self._cache.next_event_id(run.stream_id, options.event_id_first, options.event_id_last)
        cue = draft.sealed(draft.numbered(next_id))
        return CuePreview(
            splice_event_id=cue.splice_event_id,
            section_base64=cue.section_base64,
            pts_time=cue.pts_time,
            splice_at=cue.splice_at,
            fields=describe(draft.section(cue)),
            warnings=(*draft.warnings, *self._length_warnings(cue)),
            cut=draft.cut,
        )

    def _length_warnings(self, cue: Cue) -> tuple[str, ...]:
        words = self.break_warning(cue.duration_s or 0.0) if cue.direction is Direction.OUT else ""
        return (f"a break of {format_span(cue.duration_s or 0.0)} is {words}",) if words else ()

    async def fire(self, request: CueRequest) -> Cue:
        """Committed, then sent; returns it SENT (immediate) or ARMED. Raises CueRefused, StorageError."""
        if request.action is CueAction.CALL_OFF:
            raise CueRefused("a cue is called off by its number")
        demand(act_of(request.action), request.stream_id)
        if request.action is CueAction.CHANGE_LENGTH:
            with contextlib.suppress(CueRefused):  # put on record and said where it is fired
                await self._draft(self._runs.run_of(request.stream_id), request)
                await self._calling_off.make_way(request)
        return await self._fire(request)

    async def _fire(self, request: CueRequest) -> Cue:
        run = self._runs.run_of(request.stream_id)
        if not run.is_ours:
            return await self.custody.owner_of(run).fire(run, request)
        began_s = time.monotonic()
        async with self._locks.setdefault(request.stream_id, asyncio.Lock()):
            try:
                cue, draft = await self._commit(run, request)
            except CueRefused as refusal:
                # On record before it is said, as a rule: a slow disk keeps no words from the operator.
                refused = self._ledger.refuse(requested(run, request), str(refusal))
                recording = self._ledger.writes.add(refused, "a refused cue")
                await asyncio.wait([recording], timeout=PROMPT_S)
                raise
            took_s = time.monotonic() - began_s
            if cue.pts_time is None and took_s > LATEST_AT_ONCE_S and acting().name != EMERGENCY.name:
                reason = (
                    f"not sent: it took {took_s:.0f} s to record it; what is asked at once is not sent late"
                )
                return self._ledger.move(cue, CueState.FAILED, reason=reason)
            if cue.pts_time is None:
                cue = self._dispatch.send(cue)
            else:
                await self._dispatch.hand_over(cue)
            self._dispatch.watch(cue)
            if request.action.traits.during == "a break":
                self._drop_waiting_return(cue)
        for warning in draft.warnings:
            self._notice(run, f"{cue.action} went out all the same: {warning}")
        done = self._audit.write(request.action.value, request.stream_id, audit_detail(cue))
        self._ledger.writes.add(done, f"audit of {request.action}")
        return self._ledger.now(cue)

    async def _commit(self, run: StreamRun, request: CueRequest) -> tuple[Cue, Draft]:
        # The emergency key is for the hour in which nothing can be recorded.
        is_emergency = acting().name == EMERGENCY.name
        ready = readiness(run) if is_emergency else self._readiness(run)
        if not ready.ready:
            raise CueRefused("; ".join(ready.reasons))
        draft = await self._draft(run, request)
        options = run.cue_options
        ids = EventIdRange(first=options.event_id_first, last=options.event_id_last)
        return await self._ledger.create(draft, ids), draft

    async def _draft(self, run: StreamRun, request: CueRequest) -> Draft:
        newest = await self._newest(request)
        return make_draft(run, request, self._breaks, newest, self._ledger.commit_s)

    async def _newest(self, request: CueRequest) -> tuple[Cue, ...]:
        """The stream's cues, newest first: far back where the request speaks of an event of long ago."""
        recent = self._cache.recent(request.stream_id)
        asked = request.segmentation
        if request.action is not CueAction.SEND_SECTION and (asked is None or asked.type.is_start):
            return recent
        known = {cue.cue_id for cue in recent}
        older = await self._storage.cues.recent(request.stream_id, REMEMBERED_CUES)
        return (*recent, *(cue for cue in older if cue.cue_id not in known))

    def _drop_waiting_return(self, replacing: Cue) -> None:
        for cue in self._cache.open_of(replacing.stream_id):
            if cue.cue_id != replacing.cue_id and is_waiting_return(cue):
                self._ledger.move(cue, CueState.CANCELLED, reason=f"{REPLACED} {replacing.action}")

    async def cancel(self, cue_id: int) -> Cue:
        """Call off a cue: disarmed while it is ARMED, withdrawn once it is announced. Raises CueRefused."""
        cue = self._cache.get(cue_id)
        if cue is None:
            raise CueRefused(f"there is no cue {cue_id}")
        demand(Act.DISARM_CUE, cue.stream_id)
        if self._is_elsewhere(cue.stream_id):
            run = self._runs.run_of(cue.stream_id)
            return await self.custody.owner_of(run).cancel(run, cue_id)
        cancelled = await self._calling_off.call_off(cue)
        await self._ledger.writes.settled()
        done = "cue called off" if cancelled.sent_at is not None else "cue disarmed"
        await self._audit.write(done, cue.stream_id, f"event {cue.splice_event_id}")
        return cancelled

    def _announced_again(self, cue: Cue) -> None:
        self._ledger.writes.add(self._withdraw_again(cue), f"cue {cue.cue_id} withdrawn again")

    async def _withdraw_again(self, cue: Cue) -> None:
        try:
            await self._calling_off.announced_again(cue)
        except (CueRefused, StorageError) as error:
            event = format_event_id(cue.splice_event_id)
            text = f"event {event} was called off and is announced again; it cannot be withdrawn: {error}"
            self._publish(NoticePosted(at=time.time(), level="error", text=text, stream_id=cue.stream_id))

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Follow what the runner wrote down; cues are matched by their bytes."""
        self._tag_cues.take(run, fact)
        match fact:
            case CueOnOutput():
                if not is_splice_null(fact.section_base64):
                    run.see_cue(fact.at)
                if _is_passed_on(run, fact):
                    return
                cue = self._cache.waiting_for(run.stream_id, fact.section)
                is_heartbeat = cue is None and self._heartbeat.seen(run, fact.section)
                if not is_heartbeat and not self._receipts.seen(run, fact):
                    await self._foreign.take(run, fact)
            case CueOnInput():
                self._foreign.note_input(run, fact)
            case SpliceMonitored():
                self._receipts.monitored(run, fact.event)
                self._cuts.follow(run)
            case AttemptEnded():
                self._heartbeat.processor_ended(run)
                self._dispatch.processor_ended(run, fact)
            case StateEntered() if run.view.state.is_ended:
                self._receipts.stream_ended(run)
            case StateEntered() if run.view.state is StreamState.RUNNING:
                self._receipts.stream_began(run)
                self._receipts.show_break(run)

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Each second while packets flow: also of a stream that ran before this console did."""
        self._clock.now()
        self._heartbeat.follow(run)
        if isinstance(sample, PicturesSeen):
            self._cuts.follow(run)

    def _clock_was_set(self, step_s: float) -> None:
        move_with_clock(step_s, self._runs, self._cache, self._ledger, self._breaks)
        for run in open_breaks(self._runs, self._breaks):
            self._receipts.show_break(run)

    def _is_elsewhere(self, stream_id: str) -> bool:
        return self._exists(stream_id) and not self._runs.run_of(stream_id).is_ours

    def _exists(self, stream_id: str) -> bool:
        try:
            self._runs.run_of(stream_id)
        except StreamError:
            return False
        return True

    def _latest(self, cue: Cue) -> float:
        """Wall clock from which an ARMED cue is too late to be sent."""
        return (
            0.0
            if cue.splice_at is None
            else cue.splice_at - least_lead_s(self._runs.run_of(cue.stream_id), cue)
        )

    def _notice(self, run: StreamRun, text: str) -> None:
        self._publish(NoticePosted(at=time.time(), level="warning", text=text, stream_id=run.stream_id))


def _is_passed_on(run: StreamRun, fact: CueOnOutput) -> bool:
    """True for a section on a PID of the input's that goes out beside ours."""
    plan = None if run.record is None else run.record.plan
    return plan is not None and fact.splice_pid in plan.passing_pids and fact.splice_pid != plan.splice_pid
