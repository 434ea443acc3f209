"""Times as text, at one width: UTC, spans, and PTS as a clock. For window, command line and records alike."""

from __future__ import annotations

from datetime import UTC, datetime

from ibe100.utils.units import UNKNOWN

PTS_HZ = 90_000


def format_utc(at: float | None) -> str:
    """`2026-11-22 14:03:07Z`; a dash if unknown."""
    return UNKNOWN if at is None else f"{format_date(at)}Z"


def format_date(at: float | None) -> str:
    """`2026-11-22 14:03:07`, UTC: for a column that says so."""
    return UNKNOWN if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"


def format_day(at: float | None) -> str:
    """`22 Nov 14:03:07`, UTC."""
    return UNKNOWN if at is None else f"{datetime.fromtimestamp(at, UTC):%d %b %H:%M:%S}"


def format_clock(at: float | None, *, milliseconds: bool = False) -> str:
    """`14:03:07` or `14:03:07.344`, UTC."""
    if at is None:
        return UNKNOWN
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%H:%M:%S}" + (f".{moment.microsecond // 1000:03d}" if milliseconds else "")


def utc_stamp(at: float) -> str:
    """`20261122T140307Z`, for the name of a file."""
    return f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%SZ}"


def format_pts_clock(pts: int | None) -> str:
    """`26:30:43.717` for 90 kHz ticks."""
    if pts is None:
        return UNKNOWN
    seconds, millisecond = divmod(pts * 1000 // PTS_HZ, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{millisecond:03d}"


def format_pts(pts: int | None) -> str:
    """`26:30:43.717 (8589934591)`: the clock and the 90 kHz ticks themselves."""
    return UNKNOWN if pts is None else f"{format_pts_clock(pts)} ({pts})"


def format_span(seconds: float) -> str:
    """`00:42`, `12:07`, `3:04:05`, or `2 d 03 h`: how long something has lasted."""
    whole = max(0, int(seconds))
    if whole >= 86_400:
        return f"{whole // 86_400} d {whole % 86_400 // 3600:02d} h"
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60:02d}:{whole % 60:02d}"


def format_countdown(seconds: float) -> str:
    """`01:12`, and with tenths under 10 s `00:03.4`: how much is left."""
    left = max(0.0, seconds)
    return f"00:0{int(left * 10) / 10:.1f}" if left < 10 else format_span(left)


def format_latency(latency_ms: float | None) -> str:
    """`23 ms`, or `5.93 s` from one second up."""
    if latency_ms is None:
        return UNKNOWN
    return f"{latency_ms:.0f} ms" if latency_ms < 1000 else f"{latency_ms / 1000:.2f} s"
