"""Calls about what is on record, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ibe100_client.calls import Asked, Call

Rows = tuple[dict[str, Any], ...]


def sessions(offset: int = 0, limit: int = 200) -> Call[Rows]:
    """Sessions, the newest first."""
    return Call("GET", "/history/sessions", Rows, {"offset": offset, "limit": limit})


def cue_log(
    stream: str | None = None,
    actions: Sequence[str] = (),
    states: Sequence[str] = (),
    since: float | None = None,
    text: str = "",
    limit: int = 500,
) -> Call[dict[str, Any]]:
    """Cues on record, the newest first."""
    query: dict[str, Asked] = {"stream": stream, "action": actions, "state": states, "since": since}
    return Call("GET", "/history/cues", dict, {**query, "text": text, "limit": limit})


def events(stream: str, begins_at: float, ends_at: float) -> Call[Rows]:
    """Sessions, restarts, cues, alarms and changes of a stream in a range, the oldest first."""
    query: dict[str, Asked] = {"stream": stream, "begins_at": begins_at, "ends_at": ends_at}
    return Call("GET", "/history/events", Rows, query)


def audit(offset: int = 0, limit: int = 500) -> Call[Rows]:
    """Audit lines, the newest first."""
    return Call("GET", "/history/audit", Rows, {"offset": offset, "limit": limit})


def as_run_streams() -> Call[Rows]:
    """Streams that may have cues on record."""
    return Call("GET", "/as-run/streams", Rows)


def as_run(day: date, format: str = "json", time_zone: str = "UTC", stream: str | None = None) -> Call[bytes]:
    """The as-run log of a day as a file: csv, json or pdf."""
    return Call(
        "GET", "/as-run", bytes, {"day": day, "format": format, "time_zone": time_zone, "stream": stream}
    )


def as_run_log(day: date, time_zone: str = "UTC", stream: str | None = None) -> Call[dict[str, Any]]:
    """The as-run log of a day as values, unsigned."""
    return Call("GET", "/as-run/log", dict, {"day": day, "time_zone": time_zone, "stream": stream})


def breaks(
    day: date, days: int = 1, time_zone: str = "channel", stream: str | None = None
) -> Call[dict[str, Any]]:
    """Breaks of some days from `day` on as planned, announced and aired, with sums."""
    query: dict[str, Asked] = {"day": day, "days": days, "time_zone": time_zone, "stream": stream}
    return Call("GET", "/as-run/breaks", dict, query)


def breaks_file(
    day: date, days: int = 1, format: str = "json", time_zone: str = "channel", stream: str | None = None
) -> Call[bytes]:
    """The as-run log by break as a signed file: csv, json or pdf."""
    query: dict[str, Asked] = {"day": day, "days": days, "time_zone": time_zone, "stream": stream}
    return Call("GET", "/as-run/breaks/file", bytes, {**query, "format": format})


def series(begins_at: float, ends_at: float, stream: str | None = None) -> Call[Rows]:
    """Series measured in that time; without a stream of the machine itself."""
    return Call("GET", "/metrics/series", Rows, _range(begins_at, ends_at, stream))


def curves(
    names: Sequence[str], begins_at: float, ends_at: float, stream: str | None = None, points: int = 800
) -> Call[Rows]:
    """Series by their names, with at most about so many points."""
    query = {**_range(begins_at, ends_at, stream), "series": names, "points": points}
    return Call("GET", "/metrics/curves", Rows, query)


def measurements(
    names: Sequence[str], begins_at: float, ends_at: float, stream: str | None = None
) -> Call[bytes]:
    """Series by their names as CSV, as fine as they are kept."""
    return Call("GET", "/metrics/file", bytes, {**_range(begins_at, ends_at, stream), "series": names})


def changes(begins_at: float, ends_at: float, stream: str | None = None) -> Call[Rows]:
    """Changes of a stream's tables and PIDs, the newest last."""
    return Call("GET", "/metrics/changes", Rows, _range(begins_at, ends_at, stream))


def metrics_health() -> Call[dict[str, Any]]:
    """Values recorded and dropped."""
    return Call("GET", "/metrics/health", dict)


def _range(begins_at: float, ends_at: float, stream: str | None) -> dict[str, Asked]:
    return {"stream": stream, "begins_at": begins_at, "ends_at": ends_at}
