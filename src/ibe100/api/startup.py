"""Start-up of the API: what it is made of is loaded only where it is switched on."""

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


async def listen(settings: ApiSettings) -> socket.socket | None:
    """The socket to serve on, listening; None while the API is off. Raises OperatorError."""
    if not settings.enabled:
        return None
    return await asyncio.to_thread(_open, settings)


def serve_api(
    services: Services, settings: ApiSettings, listening: socket.socket
) -> AbstractAsyncContextManager[Serving]:
    """Serve on what `listen` gave."""
    from ibe100.api.server import api_server

    return api_server(services, settings, listening)


@asynccontextmanager
async def api_beside(
    services: Services, settings: ApiSettings, tell: Callable[[str], None]
) -> AsyncIterator[None]:
    """Serve where it is switched on; what is in its way is told of, and everything else goes on."""
    async with AsyncExitStack() as stack:
        try:
            listening = await listen(settings)
            if listening is not None:
                stack.callback(listening.close)
                await stack.enter_async_context(serve_api(services, settings, listening))
        except OperatorError as error:
            tell(str(error))
        yield


def _open(settings: ApiSettings) -> socket.socket:
    """Load the API and listen, on another thread: loading takes a second."""
    from ibe100.api.server import listen

    return listen(settings)
