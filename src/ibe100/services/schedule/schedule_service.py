"""The schedule: planned breaks kept, watched and made into cues in time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from ibe100.database.database import Database
from ibe100.models.actor import SCHEDULE
from ibe100.models.changes import changes_between
from ibe100.models.cues.recurrence import Weekly
from ibe100.models.cues.schedule import (
    At,
    BreakPlan,
    BreakState,
    Finding,
    ImportPreview,
    PlanCheck,
    ScheduledBreak,
    due_times,
)
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.messages import CueChanged, Message, NoticePosted, ScheduleChanged
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import CueState
from ibe100.models.stored import keep_unknown
from ibe100.models.stream_config import Scte35Options
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.cues.readiness import send_lead_s
from ibe100.services.ports import CuePort
from ibe100.services.rights import demand
from ibe100.services.schedule.airing import BreakAiring
from ibe100.services.schedule.cache import NEAR_S, ScheduleCache, first_step_at
from ibe100.services.schedule.conflicts import TICK_S, conflicts
from ibe100.services.schedule.export_file import day_rows, write_rows
from ibe100.services.schedule.others import OtherBreaks
from ibe100.services.schedule.plan import (
    first_due,
    pending_of,
    refusal_of_change,
    refusal_of_losing,
    refusal_of_plan,
    refusal_of_removal,
    rules_without,
)
from ibe100.services.schedule.plan_check import conflicts_of, preview_file
from ibe100.services.schedule.record import ScheduleRecord
from ibe100.services.schedule.series import turn
from ibe100.services.stream_port import StreamPort
from ibe100.services.streams.which_stream import StreamNames
from ibe100.utils.long_work import Turns, on_thread
from ibe100.utils.tasks import keep_running
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import counted
from ibe100.utils.wall_clock import WallClock

KEPT_S = 2 * 86_400.0
"""So long a break that is over stays in the list; it is on record for ever."""
IDLE_S = 30.0
DRAFT = -1
"""break_id of a plan that is only looked at."""

_log = logging.getLogger(__name__)


class ScheduleService:
    """Owns every planned break. One task on the loop, paced by the monotonic clock; what is due is worked
    out from the wall clock at each look, so that a clock that is set moves the plan with it.
    """

    def __init__(
        self,
        storage: Database,
        streams: StreamPort,
        cues: CuePort,
        options_of: Callable[[str], Scte35Options | None],
        publish: Callable[[Message], None],
        copy: Path | None,
        *,
        refuse_file: Callable[[Path], None] = lambda _path: None,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`copy` is the file of the second copy, None where other hosts plan too; `refuse_file` raises
        StorageError for a path that no export may have.
        """
        self._refuse_file = refuse_file
        self._record = ScheduleRecord(storage.schedule, storage.cues, copy, self._warn)
        self._streams = streams
        self._options_of = options_of
        self._publish = publish
        self._wall = wall
        self._clock = WallClock(self._clock_was_set, wall=wall, monotonic=monotonic)
        self._audit = AuditTrail(storage)
        self._cache = ScheduleCache()
        self.airing = BreakAiring(streams, cues, storage.cues, self._cache, options_of, wall)
        self._busy = asyncio.Lock()
        read = lambda: self._record.read(self._wall() - KEPT_S)  # noqa: E731
        self.others = OtherBreaks(streams, self._cache, self._busy, read, publish)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Take up what is on record; what is past is MISSED, what is to come is watched."""
        self._cache.put(await self._record.load(self._wall() - KEPT_S))
        await self.look()
        self._task = keep_running(self._run, "schedule")

    async def close(self) -> None:
        """Stop watching; what is planned stays on record for the next console."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def list(self) -> tuple[ScheduledBreak, ...]:
        """All breaks by the time they are due, with those over for up to two days; safe from any thread."""
        return self._cache.snapshot

    async def conflicts(self) -> tuple[Finding, ...]:
        """Conflicts within the next day."""
        return await asyncio.to_thread(self._findings, self._cache.snapshot)

    async def check(self, plan: BreakPlan, break_id: int | None = None) -> PlanCheck:
        """Say what stands against `plan`, for a new break or for `break_id`; nothing is stored."""
        one = None if break_id is None else self._existing(break_id)
        refusal = None if one is None else refusal_of_change(one, plan)
        refusal = refusal or self._refusal(plan, DRAFT if break_id is None else break_id)
        options = self._options_of(plan.stream_id)
        if refusal is not None or options is None:
            return PlanCheck(refusal=refusal or "")
        draft, planned = self._new(DRAFT if break_id is None else break_id, plan), self._cache.snapshot
        return PlanCheck(findings=await asyncio.to_thread(conflicts_of, draft, planned, options))

    async def add(self, plan: BreakPlan) -> ScheduledBreak:
        """Raises OperatorError with the reason when it cannot be planned so."""
        demand(Act.PLAN_BREAKS, plan.stream_id)
        async with self._busy:
            (stored,) = await self._store([(0, plan)])
        await self._audit.write("break planned", stored.stream_id, _words(stored))
        return stored

    async def change(self, break_id: int, plan: BreakPlan) -> ScheduledBreak:
        """Plan it otherwise; what a series has made and is not on its way is made anew."""
        async with self._busy:
            one = self._existing(break_id)
            demand(Act.PLAN_BREAKS, one.stream_id, plan.stream_id)
            self._refuse(refusal_of_change(one, plan) or self._refusal(plan, break_id))
            due = first_due(plan, self._wall())
            planned = {name: getattr(plan, name) for name in BreakPlan.model_fields}
            anew = {"planned_at": due, "state": BreakState.PLANNED, "reason": ""}
            changed = keep_unknown(one.model_copy(update={**planned, **anew}), one)
            rules = rules_without([one], self._cache)
            if rules:
                changed = changed.model_copy(update={"series_id": None})
            pending = pending_of(one, self._cache)
            self._refuse(refusal_of_losing(pending, pending, self._cache))
            detail = f"{_words(changed)}: {changes_between(one, changed)}"
            async with self._audit.doing("planned break changed", changed.stream_id, detail):
                await self._drop(pending)
                await self._record.save([*rules, changed])
            self._took(self._cache.put([*rules, changed]))
        return self._existing(break_id)

    async def send_early(self, break_id: int) -> ScheduledBreak:
        """Plan it for the first moment at which its pre-roll is whole. Refused where that is no gain."""
        one = self._existing(break_id)
        demand(Act.FIRE_CUE, one.stream_id)
        options = self._options_of(one.stream_id)
        if options is None:
            raise OperatorError(f"{one.title}: its stream is not in the list")
        soonest = float(math.ceil(self._wall() + send_lead_s(options) + TICK_S))
        if one.planned_at is not None and one.planned_at <= soonest:
            raise OperatorError(f"{one.title}: it goes out as soon as it can already")
        return await self.change(break_id, one.plan.model_copy(update={"when": At(at=soonest)}))

    async def accept_conflict(self, break_id: int, text: str) -> ScheduledBreak:
        """Keep a break in spite of the conflict that `text` tells; another conflict is told again."""
        async with self._busy:
            one = self._existing(break_id)
            demand(Act.PLAN_BREAKS, one.stream_id)
            kept = one.model_copy(update={"accepted": text})
            async with self._audit.doing("conflict kept", one.stream_id, f"{_words(one)}: {text}"):
                await self._record.save([kept])
            self._took(self._cache.put([kept]))
        return kept

    async def export(
        self, path: Path, first: float, end: float, break_ids: Collection[int] | None = None
    ) -> int:
        """Write the breaks due from `first` to before `end` such that an import takes them; returns how many.

        `break_ids` leaves out all others, and stands for what a series is still to make. `.json` by the
        suffix of `path`, else CSV. Raises OperatorError.
        """
        names, snapshot = StreamNames(self._streams.streams()), self._cache.snapshot
        wanted = None if break_ids is None else frozenset(break_ids)
        rows = await asyncio.to_thread(day_rows, snapshot, names, first, end, wanted)
        await asyncio.to_thread(self._refuse_file, path)
        await asyncio.to_thread(write_rows, rows, path)
        return len(rows)

    async def remove(self, break_ids: Sequence[int]) -> None:
        """Raises OperatorError when one of them cannot be; then none is."""
        async with self._busy:
            removed = {break_id: self._existing(break_id) for break_id in break_ids}
            demand(Act.PLAN_BREAKS, *(one.stream_id for one in removed.values()))
            of_series = [
                pending
                for one in removed.values()
                if one.is_series
                for pending in pending_of(one, self._cache)
                if pending not in removed
            ]
            gone = {*removed, *of_series}
            for one in removed.values():
                self._refuse(refusal_of_removal(one))
            self._refuse(refusal_of_losing(gone, gone, self._cache))
            rules = [
                one for one in rules_without(removed.values(), self._cache) if one.break_id not in removed
            ]
            for one in removed.values():
                await self._audit.write("planned break removed", one.stream_id, _words(one))
            if rules:
                await self._record.save(rules)
                self._took(self._cache.put(rules))
            await self._drop([*removed, *of_series])

    async def preview_import(self, path: Path, time_zone: str = "") -> ImportPreview:
        """Read what the file at `path` would plan; nothing is stored."""
        demand(Act.READ_PLANS)
        names = StreamNames(self._streams.streams())
        return await on_thread(
            preview_file, path, time_zone, names, self._cache, self._refusal, self._new, self._findings
        )

    async def import_rows(self, preview: ImportPreview) -> tuple[ScheduledBreak, ...]:
        """Store the good rows of a preview, all or none."""
        plans = [(-row.line, row.plan) for row in preview.good if row.plan is not None]
        demand(Act.PLAN_BREAKS, *(plan.stream_id for _, plan in plans))
        async with self._busy:
            stored = await self._store(plans)
        await self._audit.write("breaks imported", preview.source, counted(len(stored), "break"))
        return stored

    def hear(self, message: Message) -> None:
        """A cue of ours has taken a step: what became of it is seen to at once.

        A refusal is no step of one: to look at once would only have it refused again.
        """
        if (
            isinstance(message, CueChanged)
            and message.cue.requested_by.startswith(f"{SCHEDULE.name} ")
            and message.cue.state is not CueState.REFUSED
        ):
            self._news.set()

    async def look(self) -> float:
        """See to all that is near; returns after how many seconds to look again at the latest."""
        self._clock.now()
        self._cache.forget_before(self._wall() - KEPT_S)
        await self._record.mend()
        async with self._busy:
            await asyncio.gather(*(self._see_to(one) for one in self._cache.near(self._wall())))
            if self._cache.near(self._wall()):
                return TICK_S
            next_near_at = self._cache.next_near_at()
        return IDLE_S if next_near_at is None else min(IDLE_S, next_near_at - self._wall())

    async def _run(self) -> None:
        while True:
            try:
                pause_s = await self.look()
            except Exception:  # noqa: BLE001 - a bug must not end the schedule unheard
                pause_s = TICK_S
                _log.exception("the schedule could not be looked at")
            # Not wait_for: in Python 3.11 it loses a cancellation that comes together with news.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._news.wait()
            self._news.clear()

    async def _see_to(self, one: ScheduledBreak) -> None:
        if self.others.has(one):
            return
        try:
            if one.is_series:
                await self._take_turn(one)
                return
            after = await self.airing.step(one)
        except StorageError as error:
            _log.error("%s is not seen to now: %s", one.title, error)
        except Exception:  # noqa: BLE001 - a bug in one break must not take the others off the air
            _log.exception("%s (%d) could not be seen to", one.title, one.break_id)
        else:
            if after != one:
                await self._keep(after)

    async def _take_turn(self, series: ScheduledBreak) -> None:
        while not series.state.is_final and (first_step_at(series) or 0) <= self._wall() + NEAR_S:
            one, after = turn(series, self._cache.made_by(series.break_id), self._wall())
            if one is None and after == series:
                return
            if one is not None:
                self._took(self._cache.put(await self._record.add([one])))
            await self._keep(after)
            if not isinstance(series.when, Weekly):
                return
            series = after

    async def _keep(self, one: ScheduledBreak) -> None:
        """Store a step; when the disk cannot take it, the operator is told, for it has happened on air."""
        self._took(self._cache.put([one]))
        try:
            await self._record.save([one])
        except StorageError as error:
            text = f"planned break {one.title} is {one.state}, but that is not on record: {error}"
            notice = NoticePosted(at=self._wall(), level="error", text=text, stream_id=one.stream_id)
            self._publish(notice)
            _log.error("%s", text)

    async def _store(self, plans: Sequence[tuple[int, BreakPlan]]) -> tuple[ScheduledBreak, ...]:
        # Thousands of plans are looked through beside the loop.
        drafts = await on_thread(self._drafts, plans)
        stored = self._cache.put(await self._record.add(drafts))
        self._took(stored)
        return stored

    def _drafts(self, turns: Turns, plans: Sequence[tuple[int, BreakPlan]]) -> tuple[ScheduledBreak, ...]:
        own, sound = dict(plans), set[int]()
        for draft_id, plan in turns.each(plans):
            self._refuse(self._refusal(plan, draft_id, own, sound))
        drafts = {draft_id: self._new(draft_id, plan) for draft_id, plan in turns.each(plans)}
        # Worked out here: for thousands that follow each other it would keep the loop waiting.
        due = due_times({one.break_id: one for one in self._cache.snapshot} | drafts)
        return tuple(
            one if one.planned_at is not None else one.model_copy(update={"planned_at": due[draft_id]})
            for draft_id, one in turns.each(drafts.items())
        )

    def _new(self, draft_id: int, plan: BreakPlan) -> ScheduledBreak:
        values = {name: getattr(plan, name) for name in BreakPlan.model_fields}
        return ScheduledBreak(**values, break_id=draft_id, planned_at=first_due(plan, self._wall()))

    def _refusal(
        self,
        plan: BreakPlan,
        break_id: int,
        own: dict[int, BreakPlan] | None = None,
        sound: set[int] | None = None,
    ) -> str | None:
        options = self._options_of(plan.stream_id)
        return refusal_of_plan(plan, break_id, own or {}, self._cache, options, self._wall(), sound)

    def _refuse(self, refusal: str | None) -> None:
        if refusal is not None:
            raise OperatorError(refusal)

    def _existing(self, break_id: int) -> ScheduledBreak:
        one = self._cache.get(break_id)
        if one is None:
            raise OperatorError(f"there is no planned break {break_id}")
        return one

    async def _drop(self, break_ids: Sequence[int]) -> None:
        if break_ids:
            await self._record.remove(break_ids)
            self._cache.drop(break_ids)
            self._publish(ScheduleChanged(removed=tuple(break_ids)))

    def _took(self, changed: tuple[ScheduledBreak, ...]) -> None:
        self._publish(ScheduleChanged(changed=changed))
        self._news.set()

    def _findings(self, breaks: Sequence[ScheduledBreak]) -> tuple[Finding, ...]:
        ids = {one.stream_id for one in breaks}
        options = {stream_id: found for stream_id in ids if (found := self._options_of(stream_id))}
        return conflicts(breaks, options, self._wall())

    def _clock_was_set(self, step_s: float) -> None:
        if all(one.state.is_final for one in self._cache.snapshot):
            return
        text = (
            f"the clock of this machine was set by {step_s:+.1f} s, or it slept: planned breaks "
            "follow the clock, cues that are armed keep their splice"
        )
        self._warn(text)

    def _warn(self, text: str) -> None:
        self._publish(NoticePosted(at=self._wall(), level="warning", text=text))
        _log.warning("%s", text)


def _words(one: ScheduledBreak) -> str:
    return f"{one.title}, {format_utc(one.planned_at)}, {one.duration_s:g} s"
