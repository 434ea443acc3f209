"""Times of a pre-rolled cue: its repeats, and the runner that sends them where we do not.

The processor puts out what it is given once. So a cue that is called off has no repeats in anybody's queue,
and the runner can send them in our place (`ibe100.runner.stand_in`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TypeAlias

from ibe100.models.errors import StreamError
from ibe100.models.scte35_marker import Cue
from ibe100.services.cues.readiness import LATE_S, WAY_OUT_S, least_lead_s, send_lead_s
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerSilent

GRACE_S = 1.0
"""The runner waits so much longer than we do, where the pre-roll leaves so much."""
LEAST_GRACE_S = 0.05
STARTING_S = 0.5
"""So much longer the way to the output is through a processor that has just been started."""
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


Times: TypeAlias = tuple[tuple[float, float, float], ...]
"""Of each repeat the wall clock at which the runner sends it, and the latest: unseen so far, and seen."""


@dataclass(frozen=True, slots=True)
class _Told:
    times: Times
    section: str
    at_s: float

    def is_still_so(self, told: _Told, wall: float) -> bool:
        """True where it makes no difference to a runner that was told otherwise."""
        is_alike = len(self.times) == len(told.times) and self.section == told.section
        if not is_alike or self.at_s - told.at_s > TOLD_AGAIN_S:
            return False
        # One that is overdue here waits on purpose: it is put off again before the runner would send it.
        later_s = [new[0] - old[0] for new, old in zip(self.times, told.times, strict=True)]
        left_s = told.times[0][0] - wall if told.times else GRACE_S
        return min(later_s, default=0.0) > -SAME_S and (
            max(later_s, default=0.0) < SAME_S or left_s > GRACE_S / 2
        )


def _stand_in_times(run: StreamRun, cue: Cue, wall: float) -> Times:
    """One that is overdue here is held back on purpose, and put off again before the runner would send it."""
    times: list[tuple[float, float, float]] = []
    for due in repeats_left(run, cue):
        assert cue.splice_at is not None
        last = first = cue.splice_at - LATE_S
        if not cue.seen:
            # What may be the first that anybody gets is early enough for a processor that is just starting.
            least_s = least_lead_s(run, cue) + WAY_OUT_S
            spare_s = max(0.0, send_lead_s(run.cue_options) - least_s)
            first = cue.splice_at - least_s - min(STARTING_S, spare_s / 2)
        grace_s = GRACE_S
        if due > wall and not cue.sent and not times:
            grace_s = min(GRACE_S, max(LEAST_GRACE_S, first - LEAST_GRACE_S - due))
        times.append((max(due, wall) + grace_s, first, last))
    return tuple(times)


class StandIn:
    """Tells each runner which cues to send, and when, where this console does not. Used on the loop only."""

    def __init__(self) -> None:
        self._told: dict[int, _Told] = {}
        self._telling: dict[int, asyncio.Task[None]] = {}

    def follow(self, run: StreamRun, cue: Cue, *, is_held_back: bool = True) -> None:
        """Tell the runner of a cue that is on its way, where what it knows is not so any more.

        One that is due and not held back is just being sent.
        """
        wall = time.time()
        if not is_held_back and (due := repeats_left(run, cue)) and due[0] < wall + SAME_S:
            return
        new = _Told(_stand_in_times(run, cue, wall), cue.section_base64, time.monotonic())
        told = self._told.get(cue.cue_id)
        if cue.cue_id in self._telling or (told is None and not new.times):
            return
        if told is not None and new.is_still_so(told, wall):
            return
        self._told[cue.cue_id] = new
        task = asyncio.create_task(
            self._tell(run, cue, new.times), name=f"cue {cue.cue_id} held by its runner"
        )
        self._telling[cue.cue_id] = task
        task.add_done_callback(lambda _: self._telling.pop(cue.cue_id, None))

    async def hand_over(self, run: StreamRun, cue: Cue) -> None:
        """Tell the runner of a new cue, and wait for a moment until it has it."""
        self.follow(run, cue, is_held_back=False)
        if (telling := self._telling.get(cue.cue_id)) is not None:
            await asyncio.wait([telling], timeout=PROMPT_S)

    async def drop(self, run: StreamRun, cue: Cue) -> str:
        """Take a cue back: the runner does not send it after this. Returns why that is unsure."""
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

    async def close(self) -> None:
        """Say what is still to be said: from now on the runners have the cues that are armed."""
        await asyncio.gather(*self._telling.values(), return_exceptions=True)

    async def _tell(self, run: StreamRun, cue: Cue, times: Times) -> None:
        command: dict[str, object] = {"cmd": "drop", "cue": cue.cue_id}
        if times:
            to_monotonic = time.monotonic() - time.time()
            moments = [[one + to_monotonic for one in repeat] for repeat in times]
            command |= {"cmd": "hold", "base64": cue.section_base64, "times": moments}
        try:
            await run.link.request(command)
        except StreamError as error:
            # Without a runner there is no processor either; one of an earlier version has no such command.
            _log.warning("%s: its runner does not stand in for this console: %s", run.name, error)
