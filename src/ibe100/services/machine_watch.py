"""The machine below the streams: is there room to record, do the logs reach the disk?"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from ibe100.services.alarm_board import AlarmBoard
from ibe100.utils.units import format_bytes

INTERVAL_S = 5.0
LEAST_FREE_BYTES = 500_000_000
MACHINE = ""
"""The stream_id of alarms that concern no single stream."""
MACHINE_NAME = "this machine"


class MachineWatch:
    """One task on the loop, between `start` and `close`."""

    def __init__(self, board: AlarmBoard, folder: Path, log_problem: Callable[[], str]) -> None:
        self._board = board
        self._folder = folder
        self._log_problem = log_problem
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look now, and then every few seconds."""
        self._task = asyncio.create_task(self._run(), name="machine watch")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(INTERVAL_S)

    async def look(self) -> None:
        """Judge each condition once."""
        usage = await asyncio.to_thread(shutil.disk_usage, self._folder)
        is_low = usage.free < LEAST_FREE_BYTES
        value = f"{format_bytes(usage.free)} free" if is_low else ""
        await self._board.judge(MACHINE, MACHINE_NAME, "disk_low", is_low, value)
        problem = self._log_problem()
        await self._board.judge(MACHINE, MACHINE_NAME, "logs_not_written", bool(problem), problem)
