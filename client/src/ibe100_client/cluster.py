"""Calls about the hosts that work on one database."""

from __future__ import annotations

from typing import Any

from ibe100_client.calls import Call, place
from ibe100_client.values import Stream


def hosts() -> Call[dict[str, Any]]:
    """Hosts with their load and streams, and whether a lost one is made up for by itself."""
    return Call("GET", "/cluster", dict)


def take(stream: str) -> Call[Stream]:
    """Own a stream on the host that is asked, where nobody else runs it any more."""
    return Call("POST", place("cluster", "streams", stream, "take"), Stream)


def release(stream: str) -> Call[Stream]:
    """Stop a stream on the host that is asked, and leave it to whoever takes it next."""
    return Call("POST", place("cluster", "streams", stream, "release"), Stream)


def forget(name: str) -> Call[None]:
    """Take a host off the record that is gone for good."""
    return Call("DELETE", place("cluster", "hosts", name), None)
