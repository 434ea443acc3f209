"""Ports for one stream: free, its own, and not those of a stream that waits for its next attempt."""

import socket
from dataclasses import astuple
from pathlib import Path

import pytest

from ibe100.models.errors import StreamError
from ibe100.tsduck import stream_ports
from ibe100.tsduck.stream_ports import (
    FIRST_PORT,
    LAST_PORT,
    LOOPBACK,
    address,
    claim_ports,
    is_free,
    local_sockets,
    within,
)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_that_is_bound_is_not_free(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as bound:
        bound.bind((LOOPBACK, 0))
        assert not is_free(bound.getsockname()[1])


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_port_is_free_again_once_its_socket_is_closed(kind: socket.SocketKind) -> None:
    """Asked of eight ports: any one of them may be given to another program between the two calls."""
    sockets = [socket.socket(socket.AF_INET, kind) for _ in range(8)]
    for one in sockets:
        one.bind((LOOPBACK, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    assert any(is_free(port) for port in ports)


def test_different_ports_below_the_ephemeral_range() -> None:
    ports = claim_ports((), with_source=True, with_clip_input=True)
    claimed = set(astuple(ports))
    assert len(claimed) == len(astuple(ports))
    assert all(FIRST_PORT <= port <= LAST_PORT for port in claimed)


def test_without_a_source_there_is_no_port_for_it() -> None:
    assert claim_ports((), with_source=False).source == 0


def test_the_built_in_processor_has_sockets_in_the_streams_folder() -> None:
    ports = local_sockets(with_source=True, with_clip_input=True)
    assert len(set(astuple(ports))) == len(astuple(ports))
    assert address(ports.cue) == "unix:cue.sock"
    assert within(ports.cue, Path("/data/streams/news")) == "/data/streams/news/cue.sock"
    assert (local_sockets(with_source=False).source, local_sockets(with_source=False).clip_input) == (0, 0)
    assert address(20001) == "127.0.0.1:20001"
    assert within(20001, Path("/data/streams/news")) == 20001


def test_ports_of_other_streams_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_ports, "LAST_PORT", FIRST_PORT + 30)
    taken = range(FIRST_PORT, FIRST_PORT + 15)
    ports = claim_ports(taken, with_source=False)
    assert not set(astuple(ports)) & set(taken)


def test_when_every_port_is_taken_that_is_said() -> None:
    with pytest.raises(StreamError, match=f"no free loopback ports between {FIRST_PORT} and {LAST_PORT}"):
        claim_ports(range(FIRST_PORT, LAST_PORT + 1), with_source=False)
