"""Bitrate held against what the stream had in the last minute: whether it has collapsed."""

from __future__ import annotations

from collections import deque
from statistics import median

from ibe100.services.alarms.alarm_rules import StreamRules
from ibe100.services.alarms.rule import Judgement, Judgements
from ibe100.services.alarms.signal_catalogue import BITRATE_COLLAPSE
from ibe100.services.streams.runner_samples import Measurement
from ibe100.services.watches.watch import News, Watch

WINDOW_S = 60.0
LEAST_SAMPLES = 10
NEW_NORMAL_S = 600.0
"""Time after which a bitrate that stays low is the usual one."""


class BitrateWatch(Watch):
    """Watches the bitrate by one measurement a second, each the mean since the last."""

    def __init__(self, rules: StreamRules) -> None:
        self._rules = rules
        self._usual: deque[tuple[float, int]] = deque(maxlen=600)
        self._low_since: float | None = None
        self._began_s = float("-inf")
        """Time at which the bitrate collapsed, within the interval that held both."""
        self._value = ""
        """Collapse by the last measurement; empty without one."""

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge by how much the bitrate collapsed, and since when."""
        if not isinstance(news, Measurement):
            return {}
        self._value = self._hold(news.influx.bitrate_bps, news.measured_s)
        return {BITRATE_COLLAPSE: Judgement(bool(self._value), self._value, self._began_s)}

    def judge(self, now_s: float) -> Judgements:
        """Repeat a collapse until a measurement says otherwise."""
        return {BITRATE_COLLAPSE: Judgement(True, self._value, self._began_s)} if self._value else {}

    def _hold(self, bitrate_bps: int, monotonic_s: float) -> str:
        usual_bps, rule = self._usual_bps(), self._rules.rule(BITRATE_COLLAPSE)
        recovered_by = 0.0 if self._low_since is None else rule.recovered_by_percent
        if usual_bps is None or bitrate_bps >= usual_bps * (rule.below_percent + recovered_by) / 100:
            self._low_since = None
            self._take(bitrate_bps, monotonic_s)
            return ""
        if self._low_since is None:
            self._low_since = monotonic_s
            self._began_s = self._began(bitrate_bps, usual_bps, monotonic_s)
        if monotonic_s - self._low_since > NEW_NORMAL_S:
            self._usual.clear()
            return ""
        return f"{round(100 * bitrate_bps / usual_bps, -1):.0f} % of {usual_bps / 1e6:.2f} Mb/s"

    def _began(self, bitrate_bps: int, usual_bps: float, monotonic_s: float) -> float:
        """Find the beginning: all of this interval was low if a part of the last one was."""
        if len(self._usual) < 2:
            return monotonic_s
        (before_s, _), (last_s, last_bps) = self._usual[-2], self._usual[-1]
        low_share = (usual_bps - last_bps) / (usual_bps - bitrate_bps)
        return last_s - min(max(low_share, 0.0), 1.0) * (last_s - before_s)

    def _usual_bps(self) -> float | None:
        if len(self._usual) < LEAST_SAMPLES:
            return None
        return median(bitrate_bps for _, bitrate_bps in self._usual)

    def _take(self, bitrate_bps: int, monotonic_s: float) -> None:
        self._usual.append((monotonic_s, bitrate_bps))
        while monotonic_s - self._usual[0][0] > WINDOW_S:
            self._usual.popleft()
