"""Bytes that are no transport stream: the log or the runner tells of them; no counter does."""

from __future__ import annotations

import re
import time

from ibe100.services.alarms.rule import FALSE, Judgement, Judgements
from ibe100.services.alarms.stream_catalogue import SYNC_LOSS
from ibe100.services.streams.runner_facts import LogLine
from ibe100.services.streams.runner_samples import StrayDatagrams
from ibe100.services.watches.flow import FlowWatch
from ibe100.services.watches.watch import NEWS_S, News, Watch

REMEMBERED_S = 5.0
"""Time for which a line counts: it comes once a second while it lasts, and not while a processor starts."""
LINE_NEWS_S = 5.0
"""Age at which a line is not news any more: it is read after a pause of the console."""
_TOLD = re.compile(r"bytes skipped that are no packets|synchroni[sz]ation lost", re.IGNORECASE)


class SyncWatch(Watch):
    """Says that sync is lost, and while nothing flows, and so nobody counts, that it is not."""

    def __init__(self, flow: FlowWatch) -> None:
        self._flow = flow
        self._told_at: float | None = None
        self._value = ""

    def take(self, news: News, now_s: float) -> Judgements:
        """Note a line of the processor's log, or datagrams from which nothing came out of it."""
        match news:
            case LogLine() if time.time() - news.at < LINE_NEWS_S and _TOLD.search(news.text):
                self._told_at, self._value = now_s, news.text
            case StrayDatagrams() if now_s - news.mono_s < NEWS_S:
                per_s = news.count / news.over_s
                self._told_at = now_s
                self._value = f"{per_s:.0f} datagrams per second arrive that hold no transport packets"
                return self.judge(now_s)
        return {}

    def judge(self, now_s: float) -> Judgements:
        """Judge by what was told lately; while packets flow and the log is silent the counters tell."""
        if self._told_at is not None and now_s - self._told_at < REMEMBERED_S:
            return {SYNC_LOSS: Judgement(True, self._value)}
        was_told, self._told_at = self._told_at is not None, None
        return {SYNC_LOSS: FALSE} if was_told or not self._flow.flows(now_s) else {}
