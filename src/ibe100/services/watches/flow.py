"""Flow of packets. A processor posts once a second while packets come, and not at all when none do.

Its runner notices sooner, by pulses; that nothing flows is said as soon as either shows it.
"""

from __future__ import annotations

from collections import deque

from ibe100.models.stream_state import StreamState
from ibe100.services.alarms.rule import Judgements, true_if
from ibe100.services.alarms.stream_catalogue import NOTHING_FLOWS
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import AttemptStarted
from ibe100.services.streams.runner_samples import FlowChanged, Measurement
from ibe100.services.watches.watch import News, Watch

MARGIN_S = 0.2
"""Margin on top of the longest gap between posts lately: a busy machine posts unevenly."""
REMEMBERED = 60
MOST_GAP_S = 1.5
"""Gap beyond which it was an interruption, not unevenness."""


class FlowWatch(Watch):
    """Says whether packets flow."""

    def __init__(self, run: StreamRun, now_s: float) -> None:
        self._run = run
        self._begin(now_s)

    def _begin(self, now_s: float) -> None:
        self._posted_at = now_s
        self._gaps: deque[float] = deque(maxlen=REMEMBERED)
        self._has_posted = False
        self._is_dry = False
        self._stopped_at: float | None = None

    def take(self, news: News, now_s: float) -> Judgements:
        """Note posts and pulses; what a pulse shows is judged at once."""
        match news:
            case AttemptStarted():
                self._begin(now_s)
            case Measurement():
                self._posted(news.measured_s, has_packets=news.influx.bitrate_bps > 0)
            case FlowChanged():
                self._stopped_at = None if news.flows else news.mono_s - news.quiet_s
                return self.judge(now_s)
        return {}

    def judge(self, now_s: float) -> Judgements:
        """Judge a stream that is called running: in another state that state's alarm explains this one."""
        if not self._is_running():
            return {}
        return {NOTHING_FLOWS: true_if("no packets any more" if self.is_quiet(now_s) else "")}

    def flows(self, now_s: float) -> bool:
        """Say whether the stream is running and packets come."""
        return self._is_running() and not self.is_quiet(now_s)

    def is_quiet(self, now_s: float) -> bool:
        """Say whether the runner noticed that nothing comes, or a post with packets is overdue."""
        return self._is_dry or self._stopped_at is not None or now_s - self._posted_at > self.patience_s

    @property
    def patience_s(self) -> float:
        """Time after a post, in seconds, at which the next one is overdue."""
        return max(self._gaps, default=MOST_GAP_S) + MARGIN_S

    def _is_running(self) -> bool:
        return self._run.view.state is StreamState.RUNNING

    def _posted(self, measured_s: float, *, has_packets: bool) -> None:
        self._is_dry = not has_packets
        if not has_packets:
            return
        if self._stopped_at is not None and measured_s - MOST_GAP_S > self._stopped_at:
            self._stopped_at = None
        if self._has_posted and measured_s - self._posted_at <= MOST_GAP_S:
            self._gaps.append(measured_s - self._posted_at)
        self._posted_at, self._has_posted = measured_s, True
