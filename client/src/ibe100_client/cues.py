"""Calls about cues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibe100_client.calls import KEY, Call, given, new_key, place
from ibe100_client.values import Cue, CuePreview, Readiness


def readiness(stream: str, action: str | None = None) -> Call[Readiness]:
    """Readiness of a stream for a cue."""
    return Call("GET", place("streams", stream, "cues", "readiness"), Readiness, {"action": action})


def fire(
    stream: str,
    action: str,
    *,
    duration_s: float | None = None,
    pre_roll_s: float | None = None,
    splice_at: float | None = None,
    returns: str | None = None,
    segmentation: Mapping[str, Any] | None = None,
    section: str | None = None,
    key: str = "",
) -> Call[Cue]:
    """Fire a cue, such as `TO BREAK`: the answer is SENT or ARMED.

    The call carries a key, of its own where none is given: done again after a lost answer it fires nothing
    again, for a day.
    """
    wanted = _wanted(action, duration_s, pre_roll_s, splice_at, returns, segmentation, section)
    return Call("POST", place("streams", stream, "cues"), Cue, body=wanted, headers={KEY: key or new_key()})


def preview(
    stream: str,
    action: str,
    *,
    duration_s: float | None = None,
    pre_roll_s: float | None = None,
    splice_at: float | None = None,
    returns: str | None = None,
    segmentation: Mapping[str, Any] | None = None,
    section: str | None = None,
) -> Call[CuePreview]:
    """The section that would go out now; nothing is reserved."""
    wanted = _wanted(action, duration_s, pre_roll_s, splice_at, returns, segmentation, section)
    return Call("POST", place("streams", stream, "cues", "preview"), CuePreview, body=wanted)


def recent(stream: str) -> Call[tuple[Cue, ...]]:
    """Newest cues first, at most 50."""
    return Call("GET", place("streams", stream, "cues"), tuple[Cue, ...])


def one(cue_id: int) -> Call[Cue]:
    """A cue with every step of its life."""
    return Call("GET", place("cues", cue_id), Cue)


def change_length(
    stream: str, *, by_s: float | None = None, length_s: float | None = None, key: str = ""
) -> Call[Cue]:
    """Make the break on air so many seconds longer, or shorter, or name its whole length.

    It is announced again, under its event id, with what is left of it.
    """
    body = given(action="CHANGE LENGTH", by_s=by_s, duration_s=length_s)
    return Call("POST", place("streams", stream, "cues"), Cue, body=body, headers={KEY: key or new_key()})


def cancel(cue_id: int) -> Call[Cue]:
    """Cancel a cue that is ARMED: it never airs."""
    return Call("POST", place("cues", cue_id, "cancel"), Cue)


def _wanted(
    action: str,
    duration_s: float | None,
    pre_roll_s: float | None,
    splice_at: float | None,
    returns: str | None,
    segmentation: Mapping[str, Any] | None,
    section: str | None,
) -> dict[str, Any]:
    return given(
        action=action,
        duration_s=duration_s,
        pre_roll_s=pre_roll_s,
        splice_at=splice_at,
        returns=returns,
        segmentation=None if segmentation is None else dict(segmentation),
        section=section,
    )


def break_warning(duration_s: float) -> Call[dict[str, str]]:
    """`words` about a break that is unusually long, else empty."""
    return Call("GET", "/break-warning", dict, {"duration_s": duration_s})
