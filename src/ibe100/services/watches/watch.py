"""The protocol of everything that watches a stream."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from ibe100.services.alarms.rule import Judgements
from ibe100.services.streams.runner_facts import Fact
from ibe100.services.streams.runner_samples import Sample

News: TypeAlias = Sample | Fact
"""From a runner; posts of `-P influx` come as `Measurement`."""
NEWS_S = 2.0
"""Age at which a sample is not news any more: a console that comes later is told again."""


class Watch(Protocol):
    """Watches one thing on one stream. `now_s` and other times are monotonic unless they say otherwise."""

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge by what the runner says; nothing where it concerns other watches."""
        return {}

    def judge(self, now_s: float) -> Judgements:
        """Judge what only time tells; asked ten times a second while the stream is on."""
        return {}
