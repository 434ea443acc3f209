"""Measures how long a task of the console's loop has to wait for its turn."""

from __future__ import annotations

import asyncio

from ibe100.utils.tasks import keep_running

INTERVAL_S = 0.1


class LoopLag:
    """Runs as one task on the loop, between `start` and `close`."""

    def __init__(self) -> None:
        self._longest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to measure."""
        self._task = keep_running(self._run, "loop lag")

    async def close(self) -> None:
        """Measure no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def take_ms(self) -> float:
        """Return the longest wait since this was called last, in ms."""
        longest_s, self._longest_s = self._longest_s, 0.0
        return longest_s * 1000

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + INTERVAL_S
            await asyncio.sleep(INTERVAL_S)
            self._longest_s = max(self._longest_s, loop.time() - due)
