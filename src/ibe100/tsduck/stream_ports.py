"""Ports by which the processes of one stream reach each other: Unix sockets, or, with tsp, loopback ports.

Loopback ports are free now, in no other stream's spec, and outside the kernel's ephemeral range. Anybody on
the machine can send to them; a Unix socket lies in the stream's folder, which is open to its user alone.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeAlias

from ibe100.models.errors import StreamError
from ibe100.runner.local_socket import SCHEME

LOOPBACK = "127.0.0.1"
FIRST_PORT = 20000
LAST_PORT = 31999
TRIES = 400

Port: TypeAlias = int | str
"""A port on 127.0.0.1 (0: none), or the name of a Unix socket in the stream's folder."""


@dataclass(frozen=True)  # without slots: a record of a newer version has fields that are not known
class StreamPorts:
    """Ports of one stream, or sockets in its folder where the built-in processor runs it."""

    cue: Port
    splice_json: Port
    influx: Port
    analyze_json: Port
    source: Port = 0
    """Receives the test pattern, or what an SRT caller sends; 0 where there is neither."""
    tap: Port = 0
    """Receives a copy of the output, for a preview; 0 in runs of versions that had none."""
    input_splice: Port = 0
    """Receives the cues of the input; 0 in runs of versions that did not look at them."""
    pulse: Port = 0
    """Receives a datagram every so many packets; 0 in runs of versions that had none."""
    look: Port = 0
    """Receives a copy of the input, to be probed while it is passed on without cues; 0 in earlier runs."""
    clip: Port = 0
    """Receives a copy of the output, for clips; 0 in runs of versions that had none."""
    clip_input: Port = 0
    """Receives a copy of the input, for clips; 0 in runs of versions that had none."""


def local_sockets(*, with_source: bool, with_clip_input: bool = False) -> StreamPorts:
    """Sockets of a stream that the built-in processor runs."""
    return StreamPorts(
        cue="cue.sock",
        splice_json="splice.sock",
        influx="influx.sock",
        analyze_json="analyze.sock",
        source="source.sock" if with_source else 0,
        tap="tap.sock",
        input_splice="input.sock",
        pulse="pulse.sock",
        look="look.sock",
        clip="clip.sock",
        clip_input="clip_input.sock" if with_clip_input else 0,
    )


def address(port: Port) -> str:
    """A port as it stands in a command line: `127.0.0.1:20001`, or `unix:cue.sock`."""
    return f"{LOOPBACK}:{port}" if isinstance(port, int) else f"{SCHEME}{port}"


def within(port: Port, stream_dir: Path) -> Port:
    """The port for a process that does not work in the stream's folder: a socket by its whole path."""
    return port if isinstance(port, int) else str(stream_dir.absolute() / port)


def claim_ports(taken: Collection[int], *, with_source: bool, with_clip_input: bool = False) -> StreamPorts:
    """Eleven ports (one less without a source, or without a copy of the input for clips) that nobody uses.

    `taken` holds the ports in the specs of other streams: those may be between two attempts just now.
    Raises StreamError when none can be found.
    """
    left_out = {"source": not with_source, "clip_input": not with_clip_input}
    names = [field.name for field in fields(StreamPorts) if not left_out.get(field.name)]
    return StreamPorts(**dict(zip(names, free_ports(taken, len(names)), strict=True)))


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
