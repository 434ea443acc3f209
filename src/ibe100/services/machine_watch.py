"""The machine below the streams: room to record, memory, an even clock; and do the logs reach the disk?"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ibe100.services.alarm_board import AlarmBoard, Judgements
from ibe100.services.task_faults import log_fault
from ibe100.utils.units import format_bytes

INTERVAL_S = 1.0
LEAST_FREE_BYTES = 500_000_000
LEAST_MEMORY = 0.05
"""Of all memory, available to a process that asks for it."""
ENOUGH_MEMORY = 0.08
LEAST_STEP_S = 0.5
"""Between two looks; what synchronisation slews is a thousand times less."""
MACHINE = ""
"""The stream_id of alarms that concern no single stream."""
MACHINE_NAME = "this machine"


class ClockWatch:
    """Holds the wall clock against the monotonic one."""

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def observe(self, wall_s: float, monotonic_s: float) -> str:
        """In words by how much the clock was stepped since the last look; empty when it was not."""
        before_s, self._offset_s = self._offset_s, wall_s - monotonic_s
        if before_s is None or abs(self._offset_s - before_s) <= LEAST_STEP_S:
            return ""
        return f"by {self._offset_s - before_s:+.1f} s"


class MemoryWatch:
    """Low below 5 %, and until there are 8 % again."""

    def __init__(self) -> None:
        self._is_low = False

    def observe(self, available_bytes: int, total_bytes: int) -> str:
        """In words how little is left; empty while there is enough."""
        limit = ENOUGH_MEMORY if self._is_low else LEAST_MEMORY
        self._is_low = available_bytes < total_bytes * limit
        return f"less than {limit:.0%} of {format_bytes(total_bytes)} left" if self._is_low else ""


class MachineWatch:
    """One task on the loop, between `start` and `close`."""

    def __init__(self, board: AlarmBoard, folder: Path, log_problem: Callable[[], str]) -> None:
        self._board = board
        self._folder = folder
        self._log_problem = log_problem
        self._clock = ClockWatch()
        self._memory = MemoryWatch()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look now, and then every second."""
        self._task = asyncio.create_task(self._run(), name="machine watch")
        self._task.add_done_callback(log_fault)

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
        stepped = self._clock.observe(time.time(), time.monotonic())
        disk = await asyncio.to_thread(shutil.disk_usage, self._folder)
        memory = psutil.virtual_memory()
        low_memory = self._memory.observe(memory.available, memory.total)
        problem = self._log_problem()
        is_low = disk.free < LEAST_FREE_BYTES
        judgements: Judgements = {
            "disk_low": (is_low, f"{format_bytes(disk.free)} free" if is_low else ""),
            "memory_low": (bool(low_memory), low_memory),
            "clock_step": (bool(stepped), stepped),
            "logs_not_written": (bool(problem), problem),
        }
        await self._board.judge_all(MACHINE, MACHINE_NAME, judgements)
