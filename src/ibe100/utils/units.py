"""Quantities and ids as text: constant in width where they change, so that nothing jitters on screen."""

from __future__ import annotations

UNKNOWN = "–"
_PREFIXES = ((1_000_000_000, "Gb/s"), (1_000_000, "Mb/s"), (1_000, "kb/s"))


def format_pid(pid: int) -> str:
    """`0x01F4`."""
    return f"0x{pid:04X}"


def format_event_id(event_id: int | None) -> str:
    """`0x60000001`; a dash for a cue that has none."""
    return UNKNOWN if event_id is None else f"0x{event_id:08X}"


def event_id_hint(event_id: int | None) -> str:
    """`0x60000001 = 1610612737`: the id as others may write it."""
    return UNKNOWN if event_id is None else f"{format_event_id(event_id)} = {event_id}"


def megabits(bitrate_bps: int) -> str:
    """`6.02`, in Mb/s."""
    return f"{bitrate_bps / 1_000_000:.2f}"


def kilobits(bitrate_bps: int) -> str:
    """`1,204`, in kb/s."""
    return f"{bitrate_bps / 1000:,.0f}"


def format_bitrate(bitrate_bps: float) -> str:
    """`5.012 Mb/s`, `128.0 kb/s`, `0 b/s`: four digits, decimal prefixes."""
    for divisor, unit in _PREFIXES:
        if bitrate_bps >= divisor * 0.99995:  # 999.96 kb/s would round to a fifth digit
            value = bitrate_bps / divisor
            decimals = 3 if value < 9.9995 else 2 if value < 99.995 else 1 if value < 999.95 else 0
            return f"{value:.{decimals}f} {unit}"
    return f"{bitrate_bps:.0f} b/s"


def format_bytes(count: int) -> str:
    """`188 B`, `1.5 MB`: decimal prefixes, as disks are sold."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.95:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 conflict`, `2 conflicts`, `1,204 breaks`; `plural` where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
