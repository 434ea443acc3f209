"""A task that nobody waits for must not fail unseen."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

_log = logging.getLogger(__name__)


def log_fault(task: asyncio.Task[Any]) -> None:
    """For `add_done_callback`: a bug that ended the task goes on record."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s ended by an error", task.get_name(), exc_info=error)
