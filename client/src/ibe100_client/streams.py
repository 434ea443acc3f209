"""Calls about streams. A stream is named by number, id or name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ibe100_client.calls import Call, place
from ibe100_client.values import ReturnReceipt, Stream


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


def go_to_input(stream: str, number: int, *, hold: bool = False, for_s: float | None = None) -> Call[None]:
    """Put input `number` (from 1) on air until it is lost; `hold`: also then; `for_s`: for so long."""
    body = {"number": number, "hold": hold, "for_s": for_s}
    return Call("POST", place("streams", stream, "input"), None, body=body)


def follow_input_rules(stream: str) -> Call[None]:
    """Have the stream's rules choose its input again."""
    return Call("DELETE", place("streams", stream, "input"), None)


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


def clashes(config: Mapping[str, Any], stream: str | None = None) -> Call[tuple[dict[str, Any], ...]]:
    """Ports, addresses and files that another stream has; `stream` is the one that is edited."""
    return Call("POST", "/streams/clashes", tuple[dict[str, Any], ...], {"stream": stream}, dict(config))


def preview_command(
    config: Mapping[str, Any], report: Mapping[str, Any] | None = None
) -> Call[dict[str, Any]]:
    """The command that a configuration would run on an input like `report`."""
    body = {"config": dict(config), "report": None if report is None else dict(report)}
    return Call("POST", "/streams/command", dict, body=body)


def do_to_many(act: str, streams: Sequence[str]) -> Call[tuple[dict[str, Any], ...]]:
    """`start`, `stop`, `restart` or `delete` several; the answer is those that refused."""
    body = {"act": act, "streams": list(streams)}
    return Call("POST", "/streams/many", tuple[dict[str, Any], ...], body=body)


def group(streams: Sequence[str], name: str) -> Call[None]:
    """Put streams into a group, or with an empty name into none."""
    return Call("POST", "/streams/group", None, body={"streams": list(streams), "group": name})


def duplicate(stream: str) -> Call[Stream]:
    """A copy under a free name, with free ports and files; it is off."""
    return Call("POST", place("streams", stream, "duplicate"), Stream)


def restart_after_break(stream: str) -> Call[Stream]:
    """Restart it once it is in no break."""
    return Call("POST", place("streams", stream, "restart-after-break"), Stream)


def call_off_restart(stream: str) -> Call[None]:
    """Leave a stream running that would be restarted after its break."""
    return Call("DELETE", place("streams", stream, "restart-after-break"), None)


def restart_time(stream: str) -> Call[dict[str, float]]:
    """`seconds` without output that a restart takes."""
    return Call("GET", place("streams", stream, "restart-time"), dict)


def deleted() -> Call[tuple[dict[str, Any], ...]]:
    """Deleted streams that can be brought back."""
    return Call("GET", "/deleted-streams", tuple[dict[str, Any], ...])


def restore(deleted_id: int) -> Call[Stream]:
    """Bring a deleted stream back, off."""
    return Call("POST", place("deleted-streams", deleted_id, "restore"), Stream)


def forget(deleted_id: int) -> Call[None]:
    """Delete it for good, with its passphrases."""
    return Call("DELETE", place("deleted-streams", deleted_id), None)


def look(streams: Sequence[str], size: str = "small") -> Call[None]:
    """Keep previews running for 15 s: pictures and levels come as events."""
    return Call("POST", "/previews", None, body={"streams": list(streams), "size": size})


def preview(stream: str) -> Call[dict[str, Any]]:
    """State of a preview, and how loud the output is."""
    return Call("GET", place("streams", stream, "preview"), dict)


def picture(stream: str, size: str = "small", format: str = "png") -> Call[bytes]:
    """The newest picture of the output, `png` or `jpeg`; refused with 409 until the first one is there."""
    return Call("GET", place("streams", stream, "picture"), bytes, {"size": size, "format": format})


def return_receipts(stream: str) -> Call[tuple[ReturnReceipt, ...]]:
    """Receipts of the return feed, the newest first."""
    return Call("GET", place("streams", stream, "return-receipts"), tuple[ReturnReceipt, ...])
