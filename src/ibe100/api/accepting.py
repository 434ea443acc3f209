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

_log = logging.getLogger(__name__)


async def take_connections(
    listening: socket.socket,
    protocol: Callable[[], asyncio.Protocol],
    context: ssl.SSLContext | None = None,
    retry_s: float = RETRY_S,
) -> None:
    """Give each connection a protocol, for ever; `listening` does not block and stays open."""
    loop, opening = asyncio.get_running_loop(), set[asyncio.Task[object]]()
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
        opening.add(task)
        task.add_done_callback(opening.discard)


async def _open(
    connected: socket.socket, protocol: Callable[[], asyncio.Protocol], context: ssl.SSLContext | None
) -> None:
    """Shake hands where it is TLS; one who does not is none of ours to tell."""
    connected.setblocking(False)
    with contextlib.suppress(OSError, ssl.SSLError):
        await asyncio.get_running_loop().connect_accepted_socket(protocol, connected, ssl=context)
