"""Words to the service manager that has started this process (sd_notify(3)); nothing happens without one."""

from __future__ import annotations

import asyncio
import logging
import os
import socket

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"
PARTS = 3
"""So often in the time that the manager waits is it told that the loop comes round."""

_log = logging.getLogger(__name__)


def tell_manager(*states: str) -> None:
    """Tell the manager; one that does not listen is logged, for nothing of ours depends on it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto("\n".join(states).encode(), address)
    except OSError as error:
        _log.warning("the service manager was not told %s: %s", states[0], error.strerror)


def watchdog_s() -> float | None:
    """Seconds within which the manager wants to be told that we live; None where it does not ask."""
    asked, of = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not asked.isdecimal() or int(asked) == 0 or of not in ("", f"{os.getpid()}"):
        return None
    return int(asked) / 1e6


async def tell_that_we_live(within_s: float) -> None:
    """Tell the manager for ever that the loop comes round."""
    while True:
        tell_manager(ALIVE)
        await asyncio.sleep(within_s / PARTS)
