"""Loopback ports for a stream: free now, in no other stream's spec, outside the kernel's ephemeral range."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection
from dataclasses import dataclass

from ibe100.models.errors import StreamError

LOOPBACK = "127.0.0.1"
FIRST_PORT = 20000
LAST_PORT = 31999
TRIES = 400


@dataclass(frozen=True)  # without slots: a record of a newer version has fields that are not known
class LoopbackPorts:
    """Claimed for one stream; all on 127.0.0.1."""

    cue: int
    splice_json: int
    influx: int
    analyze_json: int
    source: int = 0
    """Receives the test pattern, or what an SRT caller sends; 0 where there is neither."""
    tap: int = 0
    """Receives a copy of the output, for a preview; 0 in runs of versions that had none."""
    input_splice: int = 0
    """Receives the cues of the input; 0 in runs of versions that did not look at them."""
    pulse: int = 0
    """Receives a datagram every so many packets; 0 in runs of versions that had none."""
    look: int = 0
    """Receives a copy of the input, to be probed while it is passed on without cues; 0 in earlier runs."""


def claim_ports(taken: Collection[int], *, with_source: bool) -> LoopbackPorts:
    """Nine ports (eight without a source) that nobody uses.

    `taken` holds the ports in the specs of other streams: those may be between two attempts just now.
    Raises StreamError when none can be found.
    """
    found = free_ports(taken, 9 if with_source else 8)
    cue, splice, influx, analyze, tap, input_splice, pulse, look, *source = found
    first = source[0] if source else 0
    return LoopbackPorts(cue, splice, influx, analyze, first, tap, input_splice, pulse, look)


def free_ports(taken: Collection[int], wanted: int) -> list[int]:
    """Find so many unused ports. Raises StreamError when there are not enough."""
    found: list[int] = []
    for _ in range(TRIES):
        port = random.randint(FIRST_PORT, LAST_PORT)
        if port not in taken and port not in found and is_free(port):
            found.append(port)
        if len(found) == wanted:
            return found
    raise StreamError(f"no free loopback ports between {FIRST_PORT} and {LAST_PORT}")


def is_free(port: int) -> bool:
    """Neither UDP nor TCP is bound on loopback; a bind without address reuse tells."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return False
    return True
