"""BACK TO PROGRAMME at the end of an announced duration: pre-rolled like its OUT, else at that moment."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from ibe100.models.actor import AUTOMATIC_RETURN
from ibe100.models.errors import CueRefused, StorageError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState, Direction
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.services.audit_trail import act_as
from ibe100.services.cues.breaks import BreakLedger, OpenBreak
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.draft import REPLACED, pending_breaks
from ibe100.services.cues.readiness import readiness, send_lead_s
from ibe100.services.streams.run import StreamRun
from ibe100.utils.tasks import keep_running
from ibe100.utils.units import format_event_id
from ibe100.utils.wall_clock import WallClock

ASK_AHEAD_S = 1.0
"""The return is asked for this long before its pre-roll begins, so that a restart can be waited for."""
LATEST_S = 1.0
"""An immediate return is tried this long after the break should have ended, then it is given up loudly."""
SAME_END_S = 0.5
"""A return whose splice is so near to the announced end was meant for it."""
POLL_S = 0.1

_log = logging.getLogger(__name__)


class AutomaticResume:
    """Used on the loop only."""

    def __init__(
        self,
        cache: CueCache,
        breaks: BreakLedger,
        fire: Callable[[CueRequest], Awaitable[Cue]],
        preview: Callable[[CueRequest], Awaitable[object]],
        publish: Callable[[Message], None],
        clock: WallClock,
    ) -> None:
        self._cache = cache
        self._breaks = breaks
        self._fire = fire
        self._preview = preview
        self._publish = publish
        self._clock = clock
        self._tasks: dict[str, tuple[OpenBreak, asyncio.Task[None]]] = {}
        self._refused: dict[str, str] = {}
        """Reason by stream for which the return of its break was refused: on record once, not at each try."""

    def follow(self, run: StreamRun) -> None:
        """The break of `run` has begun or ended."""
        current = self._breaks.open_break(run.stream_id)
        known = self._tasks.get(run.stream_id)
        if known is not None and known[0] is current:
            return
        run.await_return(None)
        if current is None or current.announced_end is None or not current.resumes_by_cue:
            return
        if not current.is_running(self._clock.now()):
            return  # it has returned by itself while nobody was here
        task = keep_running(lambda: self._see_back(run, current), f"return {run.stream_id}")
        self._tasks[run.stream_id] = (current, task)
        task.add_done_callback(lambda done: self._forget(run.stream_id, done))

    def _forget(self, stream_id: str, done: asyncio.Task[None]) -> None:
        if stream_id in self._tasks and self._tasks[stream_id][1] is done:
            del self._tasks[stream_id]

    async def close(self) -> None:
        """Break off; the next console takes it up again."""
        tasks = [task for _, task in self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _see_back(self, run: StreamRun, current: OpenBreak) -> None:
        assert current.announced_end is not None
        act_as(AUTOMATIC_RETURN)
        self._refused.pop(run.stream_id, None)
        end = current.announced_end
        asked: Cue | None = None
        lead_s = send_lead_s(run.cue_options)
        if current.end_pts is not None:
            await self._stay(run, current, end - lead_s - ASK_AHEAD_S)
            while asked is None and self._is_open(run, current) and self._clock.now() < end - lead_s:
                if self._was_taken_back(run, end):
                    return
                splice_at = _wall_of(run, current.end_pts)
                if splice_at is not None and not self._pending(run):
                    asked = await self._ask(run, splice_at)
                await asyncio.sleep(POLL_S)
        await self._stay(run, current, end)
        why = "the stream was not ready"
        while self._is_open(run, current):
            if self._was_taken_back(run, end):
                return
            is_pending = self._pending(run)
            if not (is_pending and _lies_ahead(run, current)):
                run.await_return((end, why))
            if not is_pending:
                if self._clock.now() > max(end + LATEST_S, current.returns_until or 0.0):
                    self._give_up(run, current, why)
                    return
                if (ready := readiness(run)).ready:
                    asked = await self._ask(run, None)
                    why = self._refused.get(run.stream_id, why)
                else:
                    why = "; ".join(ready.reasons)
            await asyncio.sleep(POLL_S)

    async def _ask(self, run: StreamRun, splice_at: float | None) -> Cue | None:
        if not readiness(run).ready:
            return None
        action = CueAction.BACK_TO_PROGRAMME
        request = CueRequest(stream_id=run.stream_id, action=action, splice_at=splice_at)
        try:
            if run.stream_id in self._refused:
                await self._preview(request)
            return await self._fire(request)
        except (CueRefused, StorageError) as error:
            if self._refused.get(run.stream_id) != str(error):
                _log.warning("%s: the automatic return waits: %s", run.name, error)
            self._refused[run.stream_id] = str(error)
            return None

    def _give_up(self, run: StreamRun, current: OpenBreak, why: str) -> None:
        text = (
            f"the return of event {format_event_id(current.splice_event_id)} was not sent at the end of its "
            f"duration: {why}. Go BACK TO PROGRAMME by hand"
        )
        self._publish(NoticePosted(at=time.time(), level="error", text=text, stream_id=run.stream_id))

    async def _stay(self, run: StreamRun, current: OpenBreak, until: float) -> None:
        while (left_s := until - self._clock.now()) > 0 and self._is_open(run, current):
            await asyncio.sleep(min(left_s, POLL_S))

    def _is_open(self, run: StreamRun, current: OpenBreak) -> bool:
        self._clock.now()  # a clock that was just set has moved the break's end: another task sees to it
        return self._breaks.open_break(run.stream_id) is current

    def _pending(self, run: StreamRun) -> bool:
        """True while a cue of a break is on its way: one more would only be refused."""
        open_cues = self._cache.open_of(run.stream_id)
        return bool(pending_breaks(open_cues, CueAction.TO_BREAK))

    def _was_taken_back(self, run: StreamRun, end: float) -> bool:
        """True when somebody disarmed the return at the end of this break, whoever had asked for it."""
        return any(
            cue.direction is Direction.IN
            and cue.state is CueState.CANCELLED
            and not cue.reason.startswith(REPLACED)
            and cue.splice_at is not None
            and abs(cue.splice_at - end) < SAME_END_S
            for cue in self._cache.recent(run.stream_id)
        )


def _lies_ahead(run: StreamRun, current: OpenBreak) -> bool:
    """True when a stream that was held up has not come to the end of its break, whatever the time is."""
    now = time.monotonic()
    if current.end_pts is None or run.clock is None or not run.clock.is_known(now):
        return False
    return run.clock.ms_until(current.end_pts, now) > 0


def _wall_of(run: StreamRun, end_pts: int) -> float | None:
    """Wall clock to ask the splice for, so that the first frame from then on is the one of `end_pts`."""
    now = time.monotonic()
    if run.clock is None or run.record is None or not run.clock.is_known(now):
        return None
    frame_ms = run.record.plan.frame_pts * 1000 / PTS_HZ
    return time.time() + (run.clock.ms_until(end_pts, now) - frame_ms / 2) / 1000
