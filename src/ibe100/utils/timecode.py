"""Time as text: UTC, and PTS as a clock."""

from __future__ import annotations

from datetime import UTC, datetime

PTS_HZ = 90_000


def format_utc(at: float | None) -> str:
    """`2026-11-22 14:03:07Z`; a dash if unknown."""
    return "–" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}Z"


def format_utc_clock(at: float | None) -> str:
    """`14:03:07Z`; a dash if unknown."""
    return "–" if at is None else f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}Z"


def utc_stamp(at: float) -> str:
    """`20261122T140307Z`, for the name of a file."""
    return f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}"


def format_pts(pts: int | None) -> str:
    """`26:30:43.717 (8589934591)`: 90 kHz ticks as hours, minutes, seconds and the ticks themselves."""
    if pts is None:
        return "–"
    milliseconds = pts * 1000 // PTS_HZ
    seconds, millisecond = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{millisecond:03d} ({pts})"
