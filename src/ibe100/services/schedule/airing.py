"""Turns a planned break into cues: one step at a time, in time or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ibe100.database.stores.cues import CueStore
from ibe100.models.actor import SCHEDULE, Actor, part_of_console
from ibe100.models.cues.schedule import After, BreakState, ReturnPolicy, ScheduledBreak
from ibe100.models.errors import CueRefused, StorageError
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState, Direction
from ibe100.models.stream_config import Scte35Options
from ibe100.models.stream_state import StreamState
from ibe100.services.audit_trail import act_as
from ibe100.services.cues.readiness import send_lead_s
from ibe100.services.ports import CuePort
from ibe100.services.schedule.cache import NEAR_S, ScheduleCache
from ibe100.services.stream_port import StreamPort

MARGIN_S = 3.0
"""A cue is asked for this long before it is too late, so that a refusal that passes can be waited for."""
SAME_MOMENT_S = 0.001

_log = logging.getLogger(__name__)


class BreakAiring:
    """Used on the loop only. Nothing is stored here: each step returns the break as it is after it."""

    def __init__(
        self,
        streams: StreamPort,
        cues: CuePort,
        record: CueStore,
        cache: ScheduleCache,
        options_of: Callable[[str], Scte35Options | None],
        wall: Callable[[], float],
    ) -> None:
        self._streams = streams
        self._cues = cues
        self._record = record
        self._cache = cache
        self._options_of = options_of
        self._wall = wall
        self._opened_at = wall()
        self._hindrances: dict[int, str] = {}
        self._gained: dict[str, tuple[float, str]] = {}
        """Since when streams are this host's, and where they were before."""

    def gained(self, stream_id: str, why: str) -> None:
        """Note that a stream is this host's since now, and why it was off the air before."""
        self._gained[stream_id] = self._wall(), why

    async def step(self, one: ScheduledBreak) -> ScheduledBreak:
        """Take the step that is due of a break; returns the same value where none is."""
        act_as(_actor(one))
        after = await (self._planned(one) if one.state is BreakState.PLANNED else self._armed(one))
        if after.state.is_final:
            self._hindrances.pop(one.break_id, None)
        return after

    async def _planned(self, one: ScheduledBreak) -> ScheduledBreak:
        fate = self._fate_of_leader(one)
        if fate is not None:
            return _moved(one, *fate)
        assert one.planned_at is not None
        view = self._view(one.stream_id)
        latest = self._latest(one.stream_id, one.planned_at)
        if self._wall() < latest - MARGIN_S:
            self._hindrances.pop(one.break_id, None)  # of a time it was planned for before
            return one
        if not one.enabled:
            return one if self._wall() < latest else _moved(one, BreakState.SKIPPED, "it was disabled")
        if view is None:
            return one if self._wall() < latest else _moved(one, BreakState.SKIPPED, "its stream was deleted")
        made = self._made_already(one)
        if made is not None:
            return one.model_copy(update={"state": BreakState.ARMED, "cue_id": made.cue_id})
        if self._wall() > latest:
            return _moved(one, BreakState.MISSED, self._why_missed(one, latest))
        cue = await self._ask(one, view, CueAction.TO_BREAK, one.planned_at)
        if cue is None:
            return one
        return one.model_copy(update={"state": BreakState.ARMED, "cue_id": cue.cue_id, "reason": ""})

    def _latest(self, stream_id: str, splice_at: float) -> float:
        """Until when a cue for `splice_at` may be asked for."""
        options = self._options_of(stream_id)
        return splice_at if options is None else splice_at - send_lead_s(options)

    def _fate_of_leader(self, one: ScheduledBreak) -> tuple[BreakState, str] | None:
        if not isinstance(one.when, After):
            return None
        leader = self._cache.get(one.when.break_id)
        if leader is None or one.planned_at is None:
            return BreakState.SKIPPED, "the break it was to follow is not planned any more"
        if leader.state is BreakState.SKIPPED:
            return BreakState.SKIPPED, f"{leader.title}, which it was to follow, was SKIPPED"
        return None  # one that was missed or failed does not take its followers with it: their time is known

    def _why_missed(self, one: ScheduledBreak, latest: float) -> str:
        if latest < self._opened_at:
            return "no console or server was running when its cue was due; it is not sent late"
        since, why = self._gained.get(one.stream_id, (0.0, ""))
        if latest < since:
            return f"{why}; its cue is not sent late"
        hindrance = self._hindrances.get(one.break_id)
        return hindrance or "the machine was busy or asleep, or its clock was set, when its cue was due"

    def _made_already(self, one: ScheduledBreak) -> Cue | None:
        """The cue of a console that ended before it could note that it had made it."""
        for cue in self._cues.recent(one.stream_id):
            if (
                _asked_for(cue, one)
                and cue.action is CueAction.TO_BREAK
                and cue.state is not CueState.REFUSED
                and _is_for(cue, one.planned_at or 0)
            ):
                return cue
        return None

    async def _ask(
        self, one: ScheduledBreak, view: StreamView, action: CueAction, splice_at: float
    ) -> Cue | None:
        """The cue, or None with what hindered it, to be tried again."""
        hindrance = self._hindrance(view, action)
        if hindrance is None:
            request = CueRequest(
                stream_id=one.stream_id,
                action=action,
                duration_s=one.duration_s if action is CueAction.TO_BREAK else None,
                splice_at=splice_at,
            )
            try:
                if one.break_id in self._hindrances:
                    # It was refused before, which is on record: it is not put there again each second.
                    await self._cues.preview(request)
                return await self._cues.fire(request)
            except (CueRefused, StorageError) as refusal:
                hindrance = str(refusal)
        if self._hindrances.get(one.break_id) != hindrance:
            _log.warning("%s of %s waits: %s", one.title, view.config.name, hindrance)
        self._hindrances[one.break_id] = hindrance
        return None

    def _hindrance(self, view: StreamView, action: CueAction) -> str | None:
        """Hindrance that is known without asking for a cue, which would be refused and put on record."""
        if view.state is not StreamState.RUNNING:
            return f"the stream was {view.state}" + (f": {view.reason}" if view.reason else "")
        ready = self._cues.readiness(view.stream_id, action)
        return None if ready.ready else "; ".join(ready.reasons)

    async def _armed(self, one: ScheduledBreak) -> ScheduledBreak:
        cue = await self._cue(one, one.cue_id)
        if cue is None:
            return _moved(one, BreakState.FAILED, "its cue is not on record")
        match cue.state:
            case CueState.CANCELLED:
                return _moved(one, BreakState.SKIPPED, cue.reason)
            case CueState.FAILED | CueState.REFUSED:
                return _moved(one, BreakState.FAILED, cue.reason)
            case state if state.has_aired and one.returns is ReturnPolicy.AUTO:
                return _moved(one, BreakState.DONE, cue.reason)
            case state if state.has_aired:
                return await self._return(one, cue)
        return one

    async def _return(self, one: ScheduledBreak, out: Cue) -> ScheduledBreak:
        """The break is on air: see it back to the programme at the end of its duration."""
        back = (
            await self._cue(one, one.back_cue_id) if one.back_cue_id is not None else self._back_of(one, out)
        )
        if back is not None:
            one = one.model_copy(update={"back_cue_id": back.cue_id})
            if back.state.has_aired:
                by = "" if _asked_for(back, one) else f"{back.requested_by} went back before its end"
                return _moved(one, BreakState.DONE, by)
            if back.state in (CueState.FAILED, CueState.CANCELLED, CueState.REFUSED):
                return _moved(one, BreakState.FAILED, f"aired, but its return did not: {back.reason}")
            return one
        ends_at = self._cues.announced_end(out)
        assert ends_at is not None, "a planned break announces its duration"
        view = self._view(one.stream_id)
        latest = self._latest(one.stream_id, ends_at)
        if self._wall() < latest - MARGIN_S:
            return one
        if view is None or self._wall() > latest:
            why = "its stream was deleted" if view is None else self._why_missed(one, latest)
            return _moved(one, BreakState.MISSED, f"aired, but BACK TO PROGRAMME was not sent: {why}")
        cue = await self._ask(one, view, CueAction.BACK_TO_PROGRAMME, ends_at)
        return one if cue is None else one.model_copy(update={"back_cue_id": cue.cue_id})

    def _back_of(self, one: ScheduledBreak, out: Cue) -> Cue | None:
        """A return from this very break, whoever asked for it."""
        for cue in self._cues.recent(one.stream_id):
            if (
                cue.direction is Direction.IN
                and cue.cue_id > out.cue_id
                and (cue.state.has_aired or (_asked_for(cue, one) and cue.state is not CueState.REFUSED))
            ):
                return cue
        return None

    async def _cue(self, one: ScheduledBreak, cue_id: int | None) -> Cue | None:
        for cue in self._cues.recent(one.stream_id):
            if cue.cue_id == cue_id:
                return cue
        return await self._record.get(cue_id) if cue_id is not None else None

    def _view(self, stream_id: str) -> StreamView | None:
        return next((view for view in self._streams.streams() if view.stream_id == stream_id), None)


def _actor(one: ScheduledBreak) -> Actor:
    """The name in which the cues of a planned break are made."""
    return part_of_console(f"{SCHEDULE.name} {one.break_id}")


def _asked_for(cue: Cue, one: ScheduledBreak) -> bool:
    return cue.requested_by == _actor(one).name


def _is_for(cue: Cue, planned_at: float) -> bool:
    """True for a cue that was made to splice at this time; one of a lost database knows when it was made."""
    if cue.scheduled_at is None:
        return abs(planned_at - cue.requested_at) < NEAR_S
    return abs(cue.scheduled_at - planned_at) < SAME_MOMENT_S


def _moved(one: ScheduledBreak, state: BreakState, reason: str) -> ScheduledBreak:
    return one.model_copy(update={"state": state, "reason": reason})
