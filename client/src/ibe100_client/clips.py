"""Calls about clips of what was on air."""

from __future__ import annotations

from typing import Any

from ibe100_client.calls import Asked, Call

Rows = tuple[dict[str, Any], ...]


def listed(
    stream: str | None = None,
    cue: int | None = None,
    alarm: int | None = None,
    begins_at: float | None = None,
    ends_at: float | None = None,
    limit: int = 500,
) -> Call[Rows]:
    """Clips around cues and alarms, the newest first; those that are gone too, with the reason."""
    query: dict[str, Asked] = {"stream": stream, "cue": cue, "alarm": alarm, "begins_at": begins_at}
    return Call("GET", "/clips", Rows, {**query, "ends_at": ends_at, "limit": limit})


def file(clip_id: int) -> Call[bytes]:
    """The clip itself, a transport stream."""
    return Call("GET", f"/clips/{clip_id}/file", bytes)


def use() -> Call[dict[str, Any]]:
    """Sizes of the clips and of the rings they are cut from."""
    return Call("GET", "/clips/use", dict)


def recording() -> Call[Rows]:
    """How the recording of each stream stands."""
    return Call("GET", "/clips/recording", Rows)
