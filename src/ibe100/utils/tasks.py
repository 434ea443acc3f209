"""Tasks that nobody waits for: their faults go on record, and writes of a slow disk keep their order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

MOST_WAITING = 5000
PAUSES_S = (1.0, 1.0, 2.0, 5.0, 15.0)
"""Before a work of the console is begun again; the first after one that had done well."""
SOUND_S = 60.0

_log = logging.getLogger(__name__)


def log_fault(task: asyncio.Task[Any]) -> None:
    """Log the bug that ended a task; for `add_done_callback`."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s ended by an error", task.get_name(), exc_info=error)


def keep_running(work: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[None]:
    """Do a work of the console for as long as it does not return, in a task of its own.

    A bug or a refusal that ends it is logged, told by `recent_fault`, and it is begun again after a pause:
    one error must not end a watch for ever.
    """
    return asyncio.create_task(_again_and_again(work, name), name=name)


def recent_fault(within_s: float) -> str:
    """The work that was begun again last, within so many seconds; empty where there is none."""
    name, at_s = _last_fault
    return name if time.monotonic() - at_s < within_s else ""


async def _again_and_again(work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    global _last_fault
    tries = 0
    while True:
        begun_s = time.monotonic()
        try:
            await work()
            return
        except Exception:  # noqa: BLE001 - whatever ended it, the next round must come
            tries = 0 if time.monotonic() - begun_s > SOUND_S else tries + 1
            pause_s = PAUSES_S[min(tries, len(PAUSES_S) - 1)]
            _log.exception("%s ended by an error; it is begun again in %.0f s", name, pause_s)
            _last_fault = name, time.monotonic()
        await asyncio.sleep(pause_s)


_last_fault = "", float("-inf")


class BackgroundWrites:
    """Writes begun, and so committed by the one writer of the database, in the order they are added."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Task[None]] = set()

    def add(self, write: Coroutine[Any, Any, None], what: str) -> asyncio.Task[None]:
        """Write when the disk can; `what` names it in the log. The write reports its own StorageError."""
        if len(self._waiting) >= MOST_WAITING:
            write.close()
            _log.error("%s is not on record: the disk is %d writes behind", what, len(self._waiting))
            write = _nothing()
        task = asyncio.create_task(write, name=what)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        task.add_done_callback(log_fault)
        return task

    @property
    def count(self) -> int:
        """Number of writes that are not on record yet."""
        return len(self._waiting)

    async def settled(self) -> None:
        """Returns when everything added so far is on record, or has failed and said so."""
        await asyncio.gather(*self._waiting, return_exceptions=True)


async def _nothing() -> None:
    pass
