"""SRT connections as text, for the monitoring page and the cards."""

from __future__ import annotations

from ibe100.models.stream_state import SrtLink, SrtStatistics, Telemetry

NOT_GIVEN = "figures not given by this edge"
FIRST_FIGURES_S = 3.0
"""Seconds to wait for the first figures: they come once a second."""
_PEERS = {"in": "sender", "out": "receiver"}


def srt_words(telemetry: Telemetry | None, monotonic_s: float) -> tuple[str, str]:
    """Line for both sides, and its kind of label; empty where no side is SRT."""
    links = () if telemetry is None else (("in", telemetry.srt_input), ("out", telemetry.srt_output))
    present = [(side, link) for side, link in links if link is not None]
    kind = "muted" if all(link.connected for _, link in present) else "magenta"
    return "    ".join(_side_words(side, link, monotonic_s) for side, link in present), kind


def route_words(telemetry: Telemetry | None) -> str:
    """Few words before the route on a card; empty where no side is SRT."""
    links = () if telemetry is None else (("in", telemetry.srt_input), ("out", telemetry.srt_output))
    words = []
    for side, link in links:
        if link is None:
            continue
        if not link.connected:
            words.append(f"no {_PEERS[side]}")
        elif link.statistics is not None:
            words.append(f"RTT {_rtt(link.statistics)}, {link.statistics.lost_packets_total:,} lost")
    return " · ".join(words)


def _side_words(side: str, link: SrtLink, monotonic_s: float) -> str:
    if not link.connected:
        refused = f", refused: {link.refused}" if link.refused else ""
        return f"SRT {side}: no {_PEERS[side]} is connected{refused}"
    head = f"SRT {side}: {link.peer}" if link.peer else f"SRT {side}: connected"
    figures = link.statistics
    if figures is None:
        return f"{head} · {NOT_GIVEN}" if monotonic_s - link.monotonic_s > FIRST_FIGURES_S else head
    return (
        f"{head} · RTT {_rtt(figures)} · lost {figures.lost_packets_total:,}"
        f" · resent {figures.retransmitted_packets:,}/s · given up {figures.dropped_packets_total:,}"
        f" · buffer {figures.buffer_ms:,} of {figures.latency_ms:,} ms"
    )


def _rtt(figures: SrtStatistics) -> str:
    return f"{figures.rtt_ms:.1f} ms" if figures.rtt_ms < 10 else f"{figures.rtt_ms:.0f} ms"
