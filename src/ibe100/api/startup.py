"""Start-up of the API: it listens at once, and is loaded a moment later on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ibe100.api.local_socket import LocalListening, socket_path
from ibe100.api.tcp_listening import TcpListening, listen_on_tcp
from ibe100.core.config import ApiSettings
from ibe100.models.errors import OperatorError
from ibe100.services.api_ports import AllServices
from ibe100.utils.program import COMMAND
from ibe100.utils.tasks import keep_running

if TYPE_CHECKING:
    from ibe100.api.application import Api

NOBODY = f"; nobody may come in yet: {COMMAND} user add NAME --role admin"
LOAD_AFTER_S = 3.0
"""What the API is made of takes a second of a thread: not while a window paints for the first time."""


class Listening(Protocol):
    """A socket that listens for the API."""

    @property
    def url(self) -> str: ...
    def waiting(self) -> socket.socket | None: ...
    async def take(self, protocol: Callable[[], asyncio.Protocol]) -> None: ...
    def close(self) -> None: ...


async def listen(settings: ApiSettings) -> TcpListening | None:
    """Listen on TCP; None while that is off. Raises OperatorError."""
    return await asyncio.to_thread(listen_on_tcp, settings) if settings.enabled else None


@asynccontextmanager
async def serving(
    services: AllServices,
    settings: ApiSettings,
    data_dir: Path,
    over_tcp: TcpListening | None = None,
    on: Callable[[Api], None] = lambda _api: None,
    load_after_s: float = LOAD_AFTER_S,
) -> AsyncIterator[None]:
    """Serve on the Unix socket of the data folder, and on TCP where that is given. Raises StorageError.

    It is loaded after so many seconds, or as soon as somebody comes, who waits meanwhile. `on` is told then.
    """
    with contextlib.ExitStack() as stack:
        if over_tcp is not None:
            stack.callback(over_tcp.close)
        local = LocalListening(socket_path(data_dir))
        stack.callback(local.close)
        listening: tuple[Listening, ...] = (local,) if over_tcp is None else (local, over_tcp)
        running = keep_running(
            lambda: _serve(services, settings, listening, on, load_after_s), "start of the API"
        )
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def api_beside(
    services: AllServices, settings: ApiSettings, data_dir: Path, tell: Callable[[str], None]
) -> AsyncIterator[None]:
    """Serve beside a window: what is in the way of TCP is told of, and everything else goes on."""
    over_tcp = None
    try:
        over_tcp = await listen(settings)
    except OperatorError as error:
        tell(str(error))
    async with serving(services, settings, data_dir, over_tcp):
        yield


async def _serve(
    services: AllServices,
    settings: ApiSettings,
    listening: Sequence[Listening],
    on: Callable[[Api], None],
    load_after_s: float,
) -> None:
    await _somebody_comes(listening, load_after_s)
    await asyncio.to_thread(_load)
    from ibe100.api.server import api_server

    async with api_server(services, settings, listening) as api:
        on(api)
        await asyncio.Event().wait()


async def _somebody_comes(listening: Sequence[Listening], within_s: float) -> None:
    """Returns when a connection waits to be taken, or after so long."""
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    waiting = [found for one in listening if (found := one.waiting()) is not None]
    for one in waiting:
        loop.add_reader(one, came.set)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await came.wait()
    finally:
        for one in waiting:
            loop.remove_reader(one)


def _load() -> None:
    import ibe100.api.server  # noqa: F401
