"""Numbers and times as the console writes them, always at the same width."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

PTS_HZ = 90_000
UNKNOWN = "–"


def megabits(bitrate_bps: int) -> str:
    """`6.02`, in Mb/s."""
    return f"{bitrate_bps / 1_000_000:.2f}"


def kilobits(bitrate_bps: int) -> str:
    """`1,204`, in kb/s."""
    return f"{bitrate_bps / 1000:,.0f}"


def pid_text(pid: int) -> str:
    """`0x01F4`."""
    return f"0x{pid:04X}"


def event_id_text(event_id: int | None) -> str:
    """`0x60000001`."""
    return UNKNOWN if event_id is None else f"0x{event_id:08X}"


def utc_text(at: float | None, *, milliseconds: bool = False) -> str:
    """`14:32:07` or `14:32:07.344`, UTC."""
    if at is None:
        return UNKNOWN
    moment = datetime.fromtimestamp(at, UTC)
    return moment.strftime("%H:%M:%S") + (f".{moment.microsecond // 1000:03d}" if milliseconds else "")


def date_text(at: float | None) -> str:
    """`2026-11-22 14:32:07`, UTC."""
    return UNKNOWN if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def day_time_text(at: float | None) -> str:
    """`22 Nov 14:32:07`, UTC."""
    return UNKNOWN if at is None else datetime.fromtimestamp(at, UTC).strftime("%d %b %H:%M:%S")


def pts_text(pts: int | None) -> str:
    """`02:11:09.480` for 90 kHz ticks."""
    if pts is None:
        return UNKNOWN
    milliseconds = pts * 1000 // PTS_HZ
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"


def span_text(seconds: float) -> str:
    """How long: `00:42`, `12:07`, `3:04:05`, or `2 d 03 h`."""
    whole = max(0, int(seconds))
    if whole >= 86_400:
        return f"{whole // 86_400} d {whole % 86_400 // 3600:02d} h"
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60:02d}:{whole % 60:02d}"


def countdown_text(seconds: float) -> str:
    """What is left: `01:12`, and with tenths under 10 s: `00:03.4`."""
    left = max(0.0, seconds)
    if left < 10:
        return f"00:0{int(left * 10) / 10:.1f}"
    return span_text(left)


def latency_text(latency_ms: float | None) -> str:
    """`23 ms`, or `5.93 s` from one second up."""
    if latency_ms is None:
        return UNKNOWN
    return f"{latency_ms:.0f} ms" if latency_ms < 1000 else f"{latency_ms / 1000:.2f} s"


def section_length(section_base64: str) -> int:
    """Bytes of a section given as base64."""
    return len(base64.b64decode(section_base64)) if section_base64 else 0


def now() -> float:
    """Wall clock, seconds since the epoch."""
    return time.time()
