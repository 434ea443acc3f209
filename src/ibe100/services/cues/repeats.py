"""Times of a pre-rolled cue: when it goes to the processor, each of its repeats, and who sends them if we do not.

The processor puts out what it is given once. So a cue that is called off has no repeats in anybody's queue,
and the runner can send them in our place (`ibe100.runner.stand_in`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from ibe100.models.errors import StreamError
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.services.cues.readiness import LATE_S, WAY_OUT_S, least_lead_s, send_lead_s
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerSilent

GRACE_S = 0.3
"""The runner waits so much longer than we do: less than the processor holds a first repeat back."""
HELD_BACK_S = 1.0
"""A cue that we hold back on purpose is not sent by the runner before so long."""
TOLD_AGAIN_S = 2.0
"""A runner that was started anew knows of the cues again after so long."""
SAME_S = 0.05
PROMPT_S = 0.5
"""So long an operator is kept waiting for a runner that does not answer."""

_log = logging.getLogger(__name__)


def repeats_left(run: StreamRun, cue: Cue) -> tuple[float, ...]:
    """Wall clock of the repeats still to be sent, the next first; none of an immediate or foreign cue."""
    if cue.pts_time is None or cue.splice_at is None or cue.is_foreign or cue.state.is_final:
        return ()
    options, splice_at = run.cue_options, cue.splice_at
    first = splice_at - options.start_delay_ms / 1000
    times = (first + repeat * options.inject_interval_ms / 1000 for repeat in range(1, cue.sent_expected))
    return (splice_at - send_lead_s(options), *times)[cue.sent :]


@dataclass(slots=True)
class _Told:
    times: tuple[float, ...]
    section: str
    at_s: float


class StandIn:
    """Tells each runner which cues to send, and when, where this console should not. Used on the loop only."""

    def __init__(self) -> None:
        self._told: dict[int, _Told] = {}
        self._telling: dict[int, asyncio.Task[None]] = {}

    def follow(self, run: StreamRun, cue: Cue, *, is_held_back: bool = False) -> None:
        """Tell the runner of a cue that is on its way, where what it knows is not so any more."""
        now, wall = time.monotonic(), time.time()
        times = tuple(at + GRACE_S for at in repeats_left(run, cue))
        if is_held_back:
            times = tuple(max(at, wall + HELD_BACK_S) for at in times)
        told = self._told.get(cue.cue_id)
        if cue.cue_id in self._telling or (told is None and not times):
            return
        if told is not None and now - told.at_s < TOLD_AGAIN_S and told.section == cue.section_base64:
            moved = max(
                (abs(one - other) for one, other in zip(times, told.times, strict=False)), default=0.0
            )
            still_far = is_held_back and told.times[:1] > (wall + HELD_BACK_S / 2,)
            if len(times) == len(told.times) and (moved < SAME_S or still_far):
                return
        self._told[cue.cue_id] = _Told(times, cue.section_base64, now)
        task = asyncio.create_task(self._tell(run, cue, times), name=f"cue {cue.cue_id} held by its runner")
        self._telling[cue.cue_id] = task
        task.add_done_callback(lambda _: self._telling.pop(cue.cue_id, None))

    async def drop(self, run: StreamRun, cue: Cue) -> str:
        """Take a cue back: the runner does not send it after this. Returns why that is unsure, else nothing."""
        if (telling := self._telling.get(cue.cue_id)) is not None:
            await asyncio.wait([telling])
        if self._told.pop(cue.cue_id, None) is None:
            return ""
        dropping = asyncio.create_task(self._drop(run, cue), name=f"cue {cue.cue_id} taken back")
        self._telling[cue.cue_id] = dropping
        dropping.add_done_callback(lambda _: self._telling.pop(cue.cue_id, None))
        await asyncio.wait([dropping], timeout=PROMPT_S)
        return "" if dropping.done() else "its runner does not answer and may still send it"

    async def _drop(self, run: StreamRun, cue: Cue) -> None:
        """Tried for as long as the runner could send it."""
        while cue.splice_at is None or time.time() < cue.splice_at:
            try:
                await run.link.request({"cmd": "drop", "cue": cue.cue_id})
                return
            except RunnerSilent:
                await asyncio.sleep(PROMPT_S)
            except StreamError:  # no runner, or one of an earlier version, which holds nothing
                return

    def forget(self, cue: Cue) -> None:
        """Think of a cue that is over no more; the runner has sent, or been told, all of it."""
        self._told.pop(cue.cue_id, None)

    async def close(self) -> None:
        """Say what is still to be said: from now on the runners have the cues that are armed."""
        await asyncio.gather(*self._telling.values(), return_exceptions=True)

    async def _tell(self, run: StreamRun, cue: Cue, times: tuple[float, ...]) -> None:
        if not times:
            await _request(run, {"cmd": "drop", "cue": cue.cue_id})
            return
        assert cue.splice_at is not None
        to_monotonic = time.monotonic() - time.time()
        latest = cue.splice_at - LATE_S
        if cue.state is CueState.ARMED:
            latest = cue.splice_at - least_lead_s(run, cue) - WAY_OUT_S
        await _request(
            run,
            {
                "cmd": "hold",
                "cue": cue.cue_id,
                "base64": cue.section_base64,
                "at": [at + to_monotonic for at in times],
                "until": latest + to_monotonic,
            },
        )


async def _request(run: StreamRun, command: dict[str, object]) -> None:
    try:
        await run.link.request(command)
    except StreamError as error:
        # Without a runner there is no processor either; one of an earlier version has no such command.
        _log.warning("%s: its runner does not stand in for this console: %s", run.name, error)
