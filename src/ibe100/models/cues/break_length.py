"""Words about the length of a break."""

from __future__ import annotations

from ibe100.utils.timecode import format_span


def unusual_length(duration_s: float, above_s: float) -> str:
    """Words about a break that is longer than usual; empty for one that is not."""
    return f"longer than {format_span(above_s)}" if duration_s > above_s else ""
