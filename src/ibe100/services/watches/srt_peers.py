"""Are the other ends of a stream's SRT connections there? Pure."""

from __future__ import annotations

from ibe100.models.stream_config import SrtInput, SrtOutput, StreamConfig
from ibe100.models.stream_state import SrtLink
from ibe100.runner.telemetry.srt_silence import SILENT_S
from ibe100.services.alarms.board import Judgements

FIRST_CALL_S = 1.0
"""A call takes two round trips until it is answered."""
CONDITIONS = {"input": "srt_sender_gone", "output": "srt_receiver_gone"}
SILENCE = {"input": "sends nothing any more", "output": "acknowledges nothing any more"}
"""What the runner noticed; libsrt itself gives a dead peer five seconds."""


class SrtPeers:
    """The SRT edges of one stream, from one sample to the next."""

    def __init__(self) -> None:
        self._links: dict[str, SrtLink] = {}
        self._met: set[str] = set()
        """Sides that had a peer."""
        self.since: dict[str, float] = {}
        """By condition, monotonic: when a peer that is silent was heard last, or how long a first one has."""

    def observe(self, side: str, link: SrtLink | None) -> None:
        """What the runner says of one side; None where it is no SRT."""
        if link is not None and link.connected:
            self._met.add(side)
        if link is not None and link.silent:
            self.since.setdefault(CONDITIONS[side], link.monotonic_s - SILENT_S)
        elif link is not None and side not in self._met:
            self.since.setdefault(CONDITIONS[side], link.monotonic_s + FIRST_CALL_S)
        else:
            self.since.pop(CONDITIONS[side], None)
        if link is None:
            self._links.pop(side, None)
            return
        self._links[side] = link

    def judge(self, config: StreamConfig) -> Judgements:
        """Who is missing; both conditions, so that one clears when its side is SRT no longer."""
        return {
            condition: self._judge_side(side, config.input if side == "input" else config.output)
            for side, condition in CONDITIONS.items()
        }

    def _judge_side(self, side: str, edge: object) -> tuple[bool, str]:
        link = self._links.get(side)
        if link is None or not isinstance(edge, SrtInput | SrtOutput):
            return False, ""
        place = f"srt {edge.mode} {edge.host or ''}:{edge.port}"
        if not link.connected:
            refused = f"; the last attempt was refused: {link.refused}" if link.refused else ""
            return True, f"nobody is connected to {place}{refused}"
        return link.silent, f"{link.peer or place} {SILENCE[side]}" if link.silent else ""
