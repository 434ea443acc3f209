"""Ports of loopback that a test gives to what it starts."""

import contextlib
import itertools
import os
import socket

# Below the ephemeral range, where an outgoing connection may take a port between the look and its use, and
# below the range that streams claim (`tsduck.loopback_ports`). Each process begins elsewhere, so that tests
# in parallel do not meet.
_LOWEST_PORT, _PORTS = 12000, 8000
_port_numbers = itertools.count(os.getpid() * 1009)


def free_ports(count: int) -> list[int]:
    """Different ports that nobody has now, for UDP and TCP alike."""
    ports: list[int] = []
    while len(ports) < count:
        port = _LOWEST_PORT + next(_port_numbers) % _PORTS
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            contextlib.suppress(OSError),
        ):
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            ports.append(port)
    return ports


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]
