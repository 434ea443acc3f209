"""Server of the API: uvicorn within the services' own loop, started and closed with them."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn

from ibe100.api.accepting import take_connections
from ibe100.api.application import Api
from ibe100.api.protocols import HttpProtocol, ListenerProtocol
from ibe100.core.config import ApiSettings
from ibe100.models.errors import ConfigurationError, OperatorError
from ibe100.services.ports import Services
from ibe100.utils.tasks import keep_running

MOST_WAITING = 2048
"""Connections that the kernel holds until they are accepted.

Without room TCP asks again after a second: a burst of a stranger's would cost an operator's cue that second.
"""
MOST_MESSAGE = 4 << 10
"""Longest message of a listener, bytes."""
KEEP_ALIVE_S = 30
GRACE_S = 2
"""So long a request that is under way may take when this ends."""
END_S = 6.0
"""After so long it is over, whatever a client does."""

_log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """Leaves the process's signals alone, and takes its connections by `take_connections`."""

    def __init__(
        self, config: uvicorn.Config, listening: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        super().__init__(config)
        self._listening = listening
        self._context = context
        self._taking: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.servers: list[asyncio.base_events.Server] = []
        if self._taking is None:  # it may be begun again
            self._taking = keep_running(
                lambda: take_connections(self._listening, self._protocol, self._context), "API connections"
            )
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.gather(self._taking, return_exceptions=True)
        self._listening.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        return HttpProtocol(config=self.config, server_state=self.server_state, app_state={})

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Serving:
    """The API while it is on."""

    url: str
    api: Api


@asynccontextmanager
async def api_server(
    services: Services, settings: ApiSettings, listening: socket.socket
) -> AsyncIterator[Serving]:
    """Serve on `listening`, and close it at the end. Raises ConfigurationError."""
    with contextlib.closing(listening):
        context = await asyncio.to_thread(_tls, settings)
        api = await asyncio.to_thread(Api, services, settings)
        server = _Server(_config(api), listening, context)
        api.latest.start()
        serving = keep_running(server.serve, "API")
        try:
            yield Serving(f"{'http' if context is None else 'https'}://{_place(listening)}", api)
        finally:
            await api.listeners.close()
            await api.latest.close()
            await _end(server, serving)


def listen(settings: ApiSettings) -> socket.socket:
    """Listen: what is in the way is known before anything else begins. Blocks; raises OperatorError."""
    _tls(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((settings.host, settings.port))
            listening.listen(MOST_WAITING)
            listening.setblocking(False)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        what = f"the API cannot listen on {settings.host} port {settings.port}"
        if error.errno == errno.EADDRINUSE:
            advice = "another program does; choose another with api.port or --api-port"
            raise OperatorError(f"{what}: {advice}") from error
        raise OperatorError(f"{what}: {error.strerror or error}") from error
    return listening


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


def _tls(settings: ApiSettings) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, settings.private_key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"api.certificate {settings.certificate} and api.private_key {settings.private_key} cannot be "
            f"used: {error.strerror or error}. Both are PEM files, the key without a passphrase"
        ) from error
    return context


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


def _place(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
