"""Calls about streams. A stream is named by number, id or name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibe100_client.calls import Call, place
from ibe100_client.values import Stream


def listed() -> Call[tuple[Stream, ...]]:
    """Streams in the order of their numbers."""
    return Call("GET", "/streams", tuple[Stream, ...])


def one(stream: str) -> Call[Stream]:
    """A stream."""
    return Call("GET", place("streams", stream), Stream)


def add(config: Mapping[str, Any]) -> Call[Stream]:
    """A new stream; it is not started."""
    return Call("POST", "/streams", Stream, body=dict(config))


def change(stream: str, config: Mapping[str, Any]) -> Call[Stream]:
    """Replace the configuration; what is secret and left out stays as it is."""
    return Call("PUT", place("streams", stream), Stream, body=dict(config))


def remove(stream: str) -> Call[None]:
    """Delete a stopped stream."""
    return Call("DELETE", place("streams", stream), None)


def start(stream: str) -> Call[Stream]:
    """Probe the input and run the stream; answers when its runner is up."""
    return Call("POST", place("streams", stream, "start"), Stream)


def stop(stream: str) -> Call[Stream]:
    """Stop a stream; answers when its processor is gone."""
    return Call("POST", place("streams", stream, "stop"), Stream)


def restart(stream: str) -> Call[Stream]:
    """Stop and start, with the configuration as it is now."""
    return Call("POST", place("streams", stream, "restart"), Stream)


def retry(stream: str) -> Call[Stream]:
    """Try now what would be tried later."""
    return Call("POST", place("streams", stream, "retry"), Stream)


def command(stream: str) -> Call[dict[str, Any]]:
    """The command the stream runs, secrets masked."""
    return Call("GET", place("streams", stream, "command"), dict)


def probe(source: Mapping[str, Any]) -> Call[dict[str, Any]]:
    """Read an input for a few seconds and say what is in it."""
    return Call("POST", "/probe", dict, body=dict(source))


def probe_stream(stream: str) -> Call[dict[str, Any]]:
    """Read a stream's own input for a few seconds and say what is in it."""
    return Call("POST", place("streams", stream, "probe"), dict)


def reset_counters(stream: str) -> Call[None]:
    """Count TR 101 290 errors from zero."""
    return Call("POST", place("streams", stream, "reset-counters"), None)


def input_cues(stream: str) -> Call[tuple[dict[str, Any], ...]]:
    """Cues of others on the input, the newest first."""
    return Call("GET", place("streams", stream, "input-cues"), tuple[dict[str, Any], ...])
