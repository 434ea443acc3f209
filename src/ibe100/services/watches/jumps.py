"""Jumps of PTS and PCR against the clock of this machine."""

from __future__ import annotations

from ibe100.mpegts.pts_clock import ClockJump, JumpKind, PtsClock
from ibe100.mpegts.timestamps import PTS_MODULO
from ibe100.services.alarms.rule import FALSE, Judgement, Judgements
from ibe100.services.alarms.signal_catalogue import PCR_JUMP, PTS_JUMP
from ibe100.services.streams.runner_samples import Measurement
from ibe100.services.watches.watch import News, Watch
from ibe100.tsduck.plan import StreamPlan

PCR_PER_PTS = 300
SURE_JUMP_S = 3.0
"""Least jump that is sure: less may be a source that lags or a file of variable bitrate that we pace."""
PROVEN_S = 2.5
"""Time after PCR values that are apart within which a smaller jump is proved by them."""


class JumpWatch(Watch):
    """Watches the timestamps of one processor's life."""

    def __init__(self, plan: StreamPlan, *, is_looped: bool) -> None:
        self._plan = plan
        self._is_looped = is_looped
        self._pcr = PtsClock()
        self._pcr_apart_at = float("-inf")

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge by one measurement."""
        if not isinstance(news, Measurement):
            return {}
        if news.influx.counters.get("pcr_discontinuity_indicator_error"):
            self._pcr_apart_at = news.measured_s
        pcr_jump = None
        if news.pcr is not None:
            pcr_jump = self._pcr.observe(news.pcr // PCR_PER_PTS % PTS_MODULO, news.measured_s)
        return {
            PTS_JUMP: self._judged(news.jump, news.measured_s),
            PCR_JUMP: self._judged(pcr_jump, news.measured_s),
        }

    def _judged(self, jump: ClockJump | None, measured_s: float) -> Judgement:
        """Judge a jump: a looped file goes back at its seam; what we pace lags with our machine."""
        if jump is None or (self._is_looped and jump.kind is JumpKind.BACK):
            return FALSE
        if self._plan.regulate and jump.kind is JumpKind.LAG:
            return FALSE
        is_proven = not self._plan.regulate and measured_s - self._pcr_apart_at < PROVEN_S
        if jump.amount_s < SURE_JUMP_S and not is_proven:
            return FALSE
        return Judgement(True, f"{jump.kind} {jump.amount_s:.1f} s")
