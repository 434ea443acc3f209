"""The API switched on or not; what it is made of is loaded only when it is."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from ibe100.core.config import ApiSettings
from ibe100.models.errors import OperatorError
from ibe100.services.ports import Services

if TYPE_CHECKING:
    from ibe100.api.server import Serving

NOBODY = "; nobody may come in yet: ./run user add NAME --role admin"


async def knock(settings: ApiSettings) -> socket.socket | None:
    """The socket to serve on, listening; None while the API is off. Raises OperatorError."""
    if not settings.enabled:
        return None
    return await asyncio.to_thread(_open, settings)


def serve_api(
    services: Services, settings: ApiSettings, door: socket.socket
) -> AbstractAsyncContextManager[Serving]:
    """Serve on what `knock` gave."""
    from ibe100.api.server import api_server

    return api_server(services, settings, door)


@asynccontextmanager
async def api_beside(
    services: Services, settings: ApiSettings, tell: Callable[[str], None]
) -> AsyncIterator[None]:
    """Serve where it is switched on; what is in its way is told of, and everything else goes on."""
    async with AsyncExitStack() as stack:
        try:
            door = await knock(settings)
            if door is not None:
                stack.callback(door.close)
                await stack.enter_async_context(serve_api(services, settings, door))
        except OperatorError as error:
            tell(str(error))
        yield


def _open(settings: ApiSettings) -> socket.socket:
    """On another thread: to load all of it takes a second."""
    from ibe100.api.server import open_door

    return open_door(settings)
