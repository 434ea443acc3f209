"""Calls about presets and rundowns: cues made ready beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ibe100_client.calls import KEY, Call, new_key, place
from ibe100_client.values import Cue

Presets = tuple[dict[str, Any], ...]


def own(stream: str | None = None) -> Call[Presets]:
    """Presets of one stream alone, or of the installation."""
    return Call("GET", "/cue-presets", Presets, {"stream": stream})


def set_own(presets: Sequence[Mapping[str, Any]], stream: str | None = None) -> Call[None]:
    """Replace the presets of a stream, or of the installation."""
    return Call("PUT", "/cue-presets", None, {"stream": stream}, [dict(one) for one in presets])


def offered(stream: str) -> Call[Presets]:
    """Presets that a stream is offered."""
    return Call("GET", place("streams", stream, "cue-presets"), Presets)


def fire(stream: str, name: str, *, key: str = "") -> Call[Cue]:
    """Fire a preset by its name; as `cues.fire` it carries a key."""
    path = place("streams", stream, "cue-presets", name, "fire")
    return Call("POST", path, Cue, headers={KEY: key or new_key()})


def rundown(stream: str) -> Call[dict[str, Any]]:
    """Cues of a stream in the order in which they are fired."""
    return Call("GET", place("streams", stream, "rundown"), dict)


def set_rundown(stream: str, rundown: Mapping[str, Any]) -> Call[dict[str, Any]]:
    """Replace the rundown, or move to another of its steps."""
    return Call("PUT", place("streams", stream, "rundown"), dict, body=dict(rundown))


def fire_step(stream: str, step: int) -> Call[Cue]:
    """Fire a step and move on; refused where it is not the next one."""
    return Call("POST", place("streams", stream, "rundown", step, "fire"), Cue)
