"""Peers of a stream's SRT connections: whether they are there. Pure."""

from __future__ import annotations

from ibe100.models.stream_config import SrtInput, SrtOutput, StreamConfig
from ibe100.models.stream_state import SrtLink
from ibe100.runner.telemetry.srt_silence import SILENT_S
from ibe100.services.alarms.rule import Judgement, Judgements
from ibe100.services.alarms.stream_catalogue import SRT_RECEIVER_GONE, SRT_SENDER_GONE
from ibe100.services.streams.runner_samples import SrtSide
from ibe100.services.watches.watch import News, Watch

FIRST_CALL_S = 1.0
"""Time for a first call, which takes two round trips until it is answered."""
RULES = {"input": SRT_SENDER_GONE, "output": SRT_RECEIVER_GONE}
SILENCE = {"input": "sends nothing any more", "output": "acknowledges nothing any more"}
"""Words for what the runner noticed; libsrt itself gives a dead peer five seconds."""


class SrtPeers(Watch):
    """Watches the SRT edges of one stream, from one sample to the next."""

    def __init__(self, config: StreamConfig) -> None:
        self._config = config
        self._links: dict[str, SrtLink] = {}
        self._met: set[str] = set()
        """Sides that have had a peer."""
        self._since: dict[str, float] = {}
        """Monotonic time by side at which a silent peer was heard last, or until which a first one has."""

    def take(self, news: News, now_s: float) -> Judgements:
        """Note what the runner says of one side."""
        if isinstance(news, SrtSide):
            self._note(news.side, news.link)
        return {}

    def _note(self, side: str, link: SrtLink | None) -> None:
        if link is not None and link.connected:
            self._met.add(side)
        if link is not None and link.silent:
            self._since.setdefault(side, link.monotonic_s - SILENT_S)
        elif link is not None and side not in self._met:
            self._since.setdefault(side, link.monotonic_s + FIRST_CALL_S)
        else:
            self._since.pop(side, None)
        if link is None:
            self._links.pop(side, None)
            return
        self._links[side] = link

    def judge(self, now_s: float) -> Judgements:
        """Judge both sides, so that a condition clears when its side is SRT no longer."""
        return {
            rule: self._judge_side(side, self._config.input if side == "input" else self._config.output)
            for side, rule in RULES.items()
        }

    def _judge_side(self, side: str, edge: object) -> Judgement:
        link, since_s = self._links.get(side), self._since.get(side)
        if link is None or not isinstance(edge, SrtInput | SrtOutput):
            return Judgement(False, since_s=since_s)
        place = f"srt {edge.mode} {edge.host or ''}:{edge.port}"
        if not link.connected:
            refused = f"; the last attempt was refused: {link.refused}" if link.refused else ""
            return Judgement(True, f"nobody is connected to {place}{refused}", since_s)
        value = f"{link.peer or place} {SILENCE[side]}" if link.silent else ""
        return Judgement(link.silent, value, since_s)
