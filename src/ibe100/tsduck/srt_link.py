"""SRT connections of a processor: the options that keep and measure them, and what their statistics say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibe100.models.stream_config import (
    SrtInput,
    SrtMode,
    SrtOutput,
    StreamInput,
    StreamOutput,
    SwitchedInput,
)
from ibe100.models.stream_state import SrtLink, SrtStatistics
from ibe100.runner.telemetry.srt_watch import STATISTICS_PREFIX
from ibe100.tsduck.catalogue import option

STATISTICS_INTERVAL_MS = 150
"""The runner makes one a second of them: they also tell of a peer that is not heard any more."""
_NAMES = {
    "input": ("receive", "rate-mbps", "retransmitted-packets", "buffer-ack-ms"),
    "output": ("send", "send-rate-mbps", "retransmit-packets", "snd-buffer-ms"),
}
"""By side: tsp's names for the direction, its rate, what was sent again, and what waits in the buffer."""


def is_relayed(source: StreamInput) -> bool:
    """True for an input that a process of its own receives, the source of the stream's runner.

    A caller's connection cannot move (ADR 15), and a switch is beside the processor.
    """
    return isinstance(source, SwitchedInput) or (
        isinstance(source, SrtInput) and source.mode is SrtMode.LISTENER
    )


def lasting_arguments(edge: StreamInput | StreamOutput, side: str) -> list[str]:
    """Options of an SRT edge on air (not for a probe): wait for the next peer, report statistics."""
    if not isinstance(edge, SrtInput | SrtOutput):
        return []
    return [
        "--multiple",
        option("--statistics-interval", STATISTICS_INTERVAL_MS),
        option("--json-line", f"{STATISTICS_PREFIX}{side}:"),
    ]


def parse_srt_link(sample: Mapping[str, Any], side: str) -> SrtLink | None:
    """The connection of one side as the runner saw it; None where that side is no SRT.

    Raises KeyError on another shape.
    """
    if sample["connected"] is None:
        return None
    document = sample["json"]
    statistics = None if document is None else parse_srt_statistics(document, side)
    return SrtLink(
        connected=sample["connected"],
        peer=sample["peer"],
        silent=sample.get("silent", False),
        refused=sample["refused"],
        statistics=statistics,
        monotonic_s=float(sample["mono"]),
    )


def parse_srt_statistics(document: Mapping[str, Any], side: str) -> SrtStatistics:
    """Counters of tsp's srt plugin in the direction in which the stream goes. Raises KeyError."""
    part, rate, retransmitted, buffer = _NAMES[side]
    counted = document[part]
    interval, total, instant = counted["interval"], counted["total"], counted["instant"]
    return SrtStatistics(
        rtt_ms=float(document["global"]["instant"]["rtt-ms"]),
        rate_bps=_bits(interval[rate]),
        packets=interval["packets"],
        lost_packets=interval["lost-packets"],
        lost_packets_total=total["lost-packets"],
        retransmitted_packets=interval[retransmitted],
        dropped_packets=interval["dropped-packets"],
        dropped_packets_total=total["dropped-packets"],
        buffer_ms=instant[buffer],
        latency_ms=instant["delivery-delay-ms"],
        acknowledgements=None if side == "input" else interval["received-ack-packets"],
    )


def _bits(megabits: float) -> int:
    return round(megabits * 1_000_000)
