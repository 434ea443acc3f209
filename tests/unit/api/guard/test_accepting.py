"""Connections where no file descriptor is left: they wait, nothing spins, and they are served later."""

from __future__ import annotations

import asyncio
import socket

import pytest

from descriptor_rig import no_descriptor_left
from ibe100.api.guard.accepting import take_connections

RETRY_S = 0.05


class Greeting(asyncio.Protocol):
    """Says that it is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"here")


async def test_connections_wait_without_a_spin_and_are_served_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, tries = asyncio.get_running_loop(), list[float]()
    accept = loop.sock_accept

    async def counted(listening: socket.socket) -> object:
        tries.append(loop.time())
        return await accept(listening)

    monkeypatch.setattr(loop, "sock_accept", counted)
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as client:
        listening.setblocking(False)
        client.setblocking(False)
        taking = asyncio.create_task(take_connections(listening, Greeting, retry_s=RETRY_S))
        with no_descriptor_left():
            await loop.sock_connect(client, listening.getsockname())
            while len(tries) < 5:
                await asyncio.sleep(0.01)
        assert tries[-1] - tries[1] >= 3 * RETRY_S
        assert await asyncio.wait_for(loop.sock_recv(client, 4), 30) == b"here"
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
