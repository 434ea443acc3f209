"""Connections taken one by one; where no file descriptor is left it is tried again once a second.

asyncio's own servers try as often as their backlog is long, and log it each time: half a core for nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable

from ibe100.utils.descriptors import NONE_LEFT

RETRY_S = 1.0
MOST_OPENING = 64
"""Connections that shake hands for TLS; the oldest gives way to a new one."""
HANDSHAKE_S = 10.0

_log = logging.getLogger(__name__)


async def take_connections(
    listening: socket.socket,
    protocol: Callable[[], asyncio.Protocol],
    context: ssl.SSLContext | None = None,
    retry_s: float = RETRY_S,
) -> None:
    """Give each connection a protocol, for ever; `listening` does not block and stays open."""
    loop, opening = asyncio.get_running_loop(), dict[asyncio.Task[object], None]()
    is_full = False
    while True:
        try:
            connected, _ = await loop.sock_accept(listening)
        except ConnectionAbortedError:
            continue
        except OSError as error:
            if error.errno not in NONE_LEFT:
                raise
            if not is_full:
                _log.error("connections wait: %s", error.strerror)
            is_full = True
            await asyncio.sleep(retry_s)
            continue
        is_full = False
        task = asyncio.create_task(_open(connected, protocol, context), name="connection")
        opening[task] = None
        task.add_done_callback(lambda ended: opening.pop(ended, None))
        if len(opening) > MOST_OPENING:
            next(iter(opening)).cancel()
        # Where one waits already it is taken at once: others on the loop have their turn in between.
        await asyncio.sleep(0)


async def _open(
    connected: socket.socket, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None
) -> None:
    """Shake hands where it is TLS; one who does not is none of ours to tell."""
    connected.setblocking(False)
    timeout_s = None if context is None else HANDSHAKE_S
    with contextlib.suppress(OSError, ssl.SSLError):
        await asyncio.get_running_loop().connect_accepted_socket(
            protocol, connected, ssl=context, ssl_handshake_timeout=timeout_s
        )
