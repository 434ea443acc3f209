"""Tasks that nobody waits for: their faults go on record, and writes of a slow disk keep their order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

MOST_WAITING = 5000

_log = logging.getLogger(__name__)


def log_fault(task: asyncio.Task[Any]) -> None:
    """Log the bug that ended a task; for `add_done_callback`."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s ended by an error", task.get_name(), exc_info=error)


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
