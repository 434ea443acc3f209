"""Writes that nobody waits for: what has happened on air must not stand still for a slow disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from ibe100.utils.task_faults import log_fault

MOST_WAITING = 5000

_log = logging.getLogger(__name__)


class BackgroundWrites:
    """Begun in the order in which they are added, so the one writer of the database commits them in it."""

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
        """How many are not on record yet."""
        return len(self._waiting)

    async def settled(self) -> None:
        """Returns when everything added so far is on record, or has failed and said so."""
        await asyncio.gather(*self._waiting, return_exceptions=True)


async def _nothing() -> None:
    pass
