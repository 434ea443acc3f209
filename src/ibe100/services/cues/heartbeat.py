"""The heartbeat: a splice_null now and then, so that a silent cue PID can be told from one that was lost."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

from ibe100.models.scte35_marker import Cue, CueState
from ibe100.scte35.cues import splice_null
from ibe100.scte35.section import encode
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.readiness import WAY_OUT_S, readiness, send_lead_s
from ibe100.services.cues.section import MAX_TIER
from ibe100.services.streams.run import StreamRun
from ibe100.utils.tasks import keep_running

CLEAR_OF_CUES_S = 0.5
POLL_S = 0.1
MOST_WAITING = 100

_log = logging.getLogger(__name__)


class Heartbeat:
    """Used on the loop only. Heartbeats are no cues: they are counted, not stored."""

    def __init__(
        self, cache: CueCache, put_out: Callable[[StreamRun, bytes], None], seen_timeout_s: float
    ) -> None:
        self._cache = cache
        self._put_out = put_out
        self._seen_timeout_s = seen_timeout_s
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, deque[float]] = {}
        """Times (monotonic) of heartbeats that were sent and not seen yet, by stream."""

    def set_seen_timeout(self, seen_timeout_s: float) -> None:
        """Also for those that are waited for."""
        self._seen_timeout_s = seen_timeout_s

    def follow(self, run: StreamRun) -> None:
        """The stream runs: beat until it ends, if its options say so."""
        if run.stream_id in self._tasks or run.cue_options.heartbeat_interval_s is None:
            return
        task = keep_running(lambda: self._beat(run), f"heartbeat {run.stream_id}")
        self._tasks[run.stream_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(run.stream_id, None))

    async def close(self) -> None:
        """Send no more heartbeats."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def seen(self, run: StreamRun, section: bytes) -> bool:
        """True when a section on the output was a heartbeat of ours, which is then no longer waited for."""
        waiting = self._waiting.get(run.stream_id)
        if not waiting or section != _section(run):
            return False
        waiting.popleft()
        run.see_heartbeat()
        return True

    def processor_ended(self, run: StreamRun) -> None:
        """Forget what was in its queue: that it ended is an alarm of its own."""
        self._waiting.pop(run.stream_id, None)

    async def _beat(self, run: StreamRun) -> None:
        last = 0.0
        while run.view.state.is_active and (interval_s := run.cue_options.heartbeat_interval_s) is not None:
            self._count_lost(run)
            now = time.monotonic()
            due = now - last >= interval_s - WAY_OUT_S
            if due and readiness(run).ready and not self._is_near_a_cue(run):
                last = now
                self._send(run)
            await asyncio.sleep(min(POLL_S, interval_s / 5))
        self._waiting.pop(run.stream_id, None)
        run.see_heartbeat()

    def _send(self, run: StreamRun) -> None:
        try:
            self._put_out(run, _section(run))
        except OSError as error:
            _log.warning("%s: a heartbeat could not be sent: %s", run.name, error.strerror)
            return
        self._waiting.setdefault(run.stream_id, deque(maxlen=MOST_WAITING)).append(time.monotonic())

    def _count_lost(self, run: StreamRun) -> None:
        waiting = self._waiting.get(run.stream_id)
        lost = 0
        while waiting and time.monotonic() - waiting[0] > self._seen_timeout_s:
            waiting.popleft()
            lost += 1
        if lost:
            run.miss_heartbeats(lost)

    def _is_near_a_cue(self, run: StreamRun) -> bool:
        """True when a cue is being sent, was just now or will be in a moment."""
        lead_s = send_lead_s(run.cue_options)
        return any(_is_near(cue, lead_s) for cue in self._cache.recent(run.stream_id))


def _is_near(cue: Cue, lead_s: float) -> bool:
    now = time.time()
    if cue.sent_at is not None and abs(now - cue.sent_at) < CLEAR_OF_CUES_S:
        return True
    if cue.state is CueState.ARMED:
        return cue.splice_at is None or abs(cue.splice_at - lead_s - now) < CLEAR_OF_CUES_S
    return cue.state is CueState.SENT and cue.pts_time is None


def _section(run: StreamRun) -> bytes:
    contract = run.contract
    return encode(splice_null(tier=contract.tier if contract is not None else MAX_TIER))
