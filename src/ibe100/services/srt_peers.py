"""Are the other ends of a stream's SRT connections there? Pure."""

from __future__ import annotations

from ibe100.models.stream_config import SrtInput, SrtOutput, StreamConfig
from ibe100.models.stream_state import SrtLink
from ibe100.services.alarm_board import Judgements

CONDITIONS = {"input": "srt_sender_gone", "output": "srt_receiver_gone"}
SILENT_SAMPLES = 2
"""Statistics come once a second; libsrt itself gives a dead peer five seconds."""


class SrtPeers:
    """The SRT edges of one stream, from one sample to the next."""

    def __init__(self) -> None:
        self._links: dict[str, SrtLink] = {}
        self._silent: dict[str, int] = {}

    def observe(self, side: str, link: SrtLink | None) -> None:
        """What the runner says of one side; None where it is no SRT."""
        if link is None:
            self._links.pop(side, None)
            return
        self._links[side] = link
        self._silent[side] = self._silent.get(side, 0) + 1 if _is_silent(link) else 0

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
        if self._silent.get(side, 0) >= SILENT_SAMPLES:
            return True, f"{link.peer or place} acknowledges nothing any more"
        return False, ""


def _is_silent(link: SrtLink) -> bool:
    """A sender whose packets are not acknowledged: its receiver has gone without a word."""
    statistics = link.statistics
    return statistics is not None and statistics.packets > 0 and statistics.acknowledgements == 0
