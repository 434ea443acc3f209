"""Watches the machine below the streams: room to record, memory, clock, the console's own delays, logs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.messages import MachineMeasured, Message
from ibe100.models.stream_config import FileOutput, HlsOutput
from ibe100.services.alarms.alarm_rules import AlarmRules, StreamRules
from ibe100.services.alarms.board import MACHINE, AlarmBoard
from ibe100.services.alarms.catalogue import (
    CLOCK_STEP,
    CONSOLE_FAULT,
    CONSOLE_SLOW,
    DATA_MOVED,
    DATABASE_AWAY,
    DESCRIPTORS_LOW,
    DISK_LOW,
    LOGS_NOT_WRITTEN,
    MEMORY_LOW,
)
from ibe100.services.alarms.rule import Judgements, true_if
from ibe100.services.machine.loop_lag import LoopLag
from ibe100.services.machine.room import why_tight
from ibe100.services.machine.sampler import MachineSampler
from ibe100.services.streams.run import Runs
from ibe100.utils.descriptors import in_use
from ibe100.utils.places import Places
from ibe100.utils.tasks import keep_running, recent_fault
from ibe100.utils.units import format_bytes
from ibe100.utils.wall_clock import WallClock

FAULT_S = 10.0
"""A part of the console that failed is told for so long, and for the off-delay of the alarm."""
INTERVAL_S = 1.0
GLANCES = 4
"""Looks at the clock and the disks in an interval: their alarms are due within a second too."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Depth of the console's own queues, samples lost there, and its last backup."""

    queues: Mapping[str, int] = field(default_factory=dict)
    dropped: int = 0
    last_backup_at: float | None = None
    """Wall clock; None without one."""
    database: str = ""
    """Words for a database that takes no writes now."""


class MemoryWatch:
    """Says that memory is low: below the least, and until there is a little more again."""

    def __init__(self, rules: StreamRules) -> None:
        self._rules = rules
        self._is_low = False

    def observe(self, available_bytes: int, total_bytes: int) -> str:
        """Describe how little is left; empty while there is enough."""
        rule = self._rules.rule(MEMORY_LOW)
        limit = rule.free_percent + (rule.recovered_by_percent if self._is_low else 0.0)
        self._is_low = available_bytes < total_bytes * limit / 100
        return f"less than {limit:g} % of {format_bytes(total_bytes)} left" if self._is_low else ""


class MachineWatch:
    """Runs as one task on the loop, between `start` and `close`; every look is published."""

    def __init__(
        self,
        board: AlarmBoard,
        rules: AlarmRules,
        runs: Runs,
        publish: Callable[[Message], None],
        folder: Path,
        log_problem: Callable[[], str],
        places: Places,
        backlog: Callable[[], Backlog] = Backlog,
    ) -> None:
        """`folder` is that of the data; `log_problem` says why logs cannot be written, or nothing.

        `places` are those that nothing can be kept without.
        """
        self._board = board
        self._runs = runs
        self._publish = publish
        self._rules = rules.of_stream(MACHINE)
        self._sampler = MachineSampler(folder)
        self._log_problem = log_problem
        self._places = places
        self._backlog = backlog
        self._lag = LoopLag()
        self._steps_s: list[float] = []
        """Seconds by which the clock was set since the last look at it."""
        self._clock = WallClock(self._steps_s.append)
        self._memory = MemoryWatch(self._rules)
        self._task: asyncio.Task[None] | None = None
        self._health: MachineHealth | None = None

    def why_tight(self) -> str:
        """Figures that say that one more stream may not fit on this machine; empty where it should."""
        return why_tight(self._health)

    def start(self) -> None:
        """Look now, and then every second."""
        self._lag.start()
        self._task = keep_running(self._run, "machine watch")

    async def close(self) -> None:
        """Look no more."""
        await self._lag.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self.glance()
            await self.look()
            for _ in range(GLANCES - 1):
                await asyncio.sleep(INTERVAL_S / GLANCES)
                await self.glance()
            await asyncio.sleep(INTERVAL_S / GLANCES)

    async def glance(self) -> None:
        """Judge the descriptors, the clock, and the disks on which we and the streams write."""
        used, limit = await asyncio.to_thread(in_use)
        are_few = used >= limit * self._rules.rule(DESCRIPTORS_LOW).used_percent / 100
        few = true_if(f"{used} of {limit} in use" if are_few else "")
        # By itself: where none is left, what follows may fail.
        await self._board.judge_machine({DESCRIPTORS_LOW: few})
        self._clock.now()
        stepped = f"by {sum(self._steps_s):+.1f} s" if self._steps_s else ""
        self._steps_s.clear()
        free_bytes, folder = await asyncio.to_thread(self._sampler.fullest, self._recordings())
        is_low = free_bytes < self._rules.rule(DISK_LOW).free_mb * 1_000_000
        value = f"{format_bytes(free_bytes)} free{f' at {folder}' if folder is not None else ''}"
        judgements = {CLOCK_STEP: true_if(stepped), DISK_LOW: true_if(value if is_low else "")}
        await self._board.judge_machine(judgements)

    async def look(self) -> None:
        """Measure everything, and judge what is measured."""
        seen = await asyncio.to_thread(self._sampler.look, self._stream_dirs())
        problem = await asyncio.to_thread(self._log_problem)
        moved = await asyncio.to_thread(self._places.look)
        backlog = self._backlog()
        own = {
            "loop_lag_ms": self._lag.take_ms(),
            "queues": backlog.queues,
            "dropped": backlog.dropped,
            "last_backup_at": backlog.last_backup_at,
        }
        health = seen.model_copy(update=own)
        self._health = health
        self._publish(MachineMeasured(health=health))
        await self._board.judge_machine(self._judgements(health, problem, moved, backlog.database))

    def _stream_dirs(self) -> dict[str, Path]:
        """The folders of streams that may have a runner, by stream_id."""
        running = (view.stream_id for view in self._runs.streams() if view.state.is_active)
        return {stream_id: self._runs.run_of(stream_id).link.stream_dir for stream_id in running}

    def _recordings(self) -> set[Path]:
        """The folders that streams on air write to."""
        outputs = [view.config.output for view in self._runs.streams() if view.state.is_active]
        files = [one.path for one in outputs if isinstance(one, FileOutput)]
        return {path.parent for path in files + [o.playlist for o in outputs if isinstance(o, HlsOutput)]}

    def _judgements(self, health: MachineHealth, log_problem: str, moved: str, database: str) -> Judgements:
        available = health.memory_total_bytes - health.memory_used_bytes
        lags = health.loop_lag_ms > self._rules.rule(CONSOLE_SLOW).lag_ms
        return {
            MEMORY_LOW: true_if(self._memory.observe(available, health.memory_total_bytes)),
            DATA_MOVED: true_if(moved),
            DATABASE_AWAY: true_if(database),
            LOGS_NOT_WRITTEN: true_if(log_problem),
            CONSOLE_FAULT: true_if(recent_fault(FAULT_S)),
            CONSOLE_SLOW: true_if(f"{health.loop_lag_ms:.0f} ms late" if lags else ""),
        }
