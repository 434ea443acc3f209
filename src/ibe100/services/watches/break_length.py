"""Length of the break on air: whether it is over what its cue announced."""

from __future__ import annotations

import time
from collections.abc import Callable

from ibe100.services.alarms.catalogue import BREAK_OVERRUN
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
        """True from the announced end on, for as long as the break is on air."""
        end = self._run.view.break_announced_end
        if end is None or (over_s := self._wall() - end) <= 0:
            return {BREAK_OVERRUN: FALSE}
        return {BREAK_OVERRUN: Judgement(True, f"announced until {format_utc(end)}", now_s - over_s)}
