"""Server of the API: uvicorn within the services' own loop, started and closed with them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from ibe100.api.application import Api
from ibe100.api.guard.protocols import HttpProtocol, ListenerProtocol
from ibe100.api.startup import Listening
from ibe100.core.config import ApiSettings
from ibe100.services.api_ports import AllServices
from ibe100.utils.tasks import keep_running

MOST_MESSAGE = 4 << 10
"""Longest message of a listener, bytes."""
KEEP_ALIVE_S = 30
GRACE_S = 2
"""So long a request that is under way may take when this ends."""
END_S = 6.0
"""After so long it is over, whatever a client does."""

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Leaves the process's signals alone, and has its connections taken by whatever listens."""

    def __init__(self, config: uvicorn.Config, listening: Sequence[Listening]) -> None:
        super().__init__(config)
        self._listening = listening
        self._taking: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.servers: list[asyncio.base_events.Server] = []
        if not self._taking:  # it may be begun again
            self._taking = [
                keep_running(functools.partial(one.take, self._protocol), f"API connections of {one.url}")
                for one in self._listening
            ]
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for task in self._taking:
            task.cancel()
        await asyncio.gather(*self._taking, return_exceptions=True)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        return HttpProtocol(config=self.config, server_state=self.server_state, app_state={})

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def api_server(
    services: AllServices, settings: ApiSettings, listening: Sequence[Listening]
) -> AsyncIterator[Api]:
    """Serve on all that listens, which stays open at the end."""
    api = await asyncio.to_thread(Api, services, settings)
    server = _Server(_config(api), listening)
    api.latest.start()
    running = keep_running(server.serve, "API")
    try:
        yield api
    finally:
        await api.listeners.close()
        await api.viewers.close()
        await api.latest.close()
        await _end(server, running)


def _config(api: Api) -> uvicorn.Config:
    return uvicorn.Config(
        api.asgi,
        http=HttpProtocol,
        ws=ListenerProtocol,
        ws_max_size=MOST_MESSAGE,
        ws_per_message_deflate=False,
        loop="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        reset_contextvars=True,
    )


async def _end(server: _Server, serving: asyncio.Task[None]) -> None:
    """Let requests come to their end for a moment, then cut off what is left."""
    server.should_exit = True
    done, _ = await asyncio.wait([serving], timeout=END_S)
    if not done:
        _log.warning("the API did not end by itself; its connections are cut off")
        serving.cancel()
    for connection in list(server.server_state.connections):
        with contextlib.suppress(AttributeError):
            connection.transport.abort()
    tasks = list(server.server_state.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.wait([serving, *tasks], timeout=END_S)
