"""Length of the break on air: whether it is over what its cue announced, and its return is missing."""

from __future__ import annotations

import time
from collections.abc import Callable

from ibe100.services.alarms.break_catalogue import BREAK_OVERRUN, RETURN_MISSING
from ibe100.services.alarms.rule import FALSE, Judgement, Judgements
from ibe100.services.streams.run import StreamRun
from ibe100.services.watches.watch import Watch
from ibe100.utils.timecode import format_utc


class BreakLengthWatch(Watch):
    """Judges a break that does not resume by itself; one that does is over with its announced duration."""

    def __init__(self, run: StreamRun, wall: Callable[[], float] = time.time) -> None:
        self._run = run
        self._wall = wall

    def judge(self, now_s: float) -> Judgements:
        """True from the announced end on, for as long as the break is on air or the return is awaited."""
        to_mono_s = now_s - self._wall()
        end, due = self._run.view.break_announced_end, self._run.return_due
        overrun = missing = FALSE
        if end is not None and end + to_mono_s < now_s:
            overrun = Judgement(True, f"announced until {format_utc(end)}", end + to_mono_s)
        if due is not None:
            missing = Judgement(True, f"due at {format_utc(due[0])}: {due[1]}", due[0] + to_mono_s)
        return {BREAK_OVERRUN: overrun, RETURN_MISSING: missing}
