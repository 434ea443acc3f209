"""Samples the machine: CPU, memory, disk, network, clock, and the processes of each stream."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ibe100.models.alarms.machine_health import MachineHealth, ProcessLoad
from ibe100.services.machine.clock_sync import read_clock_sync
from ibe100.services.machine.process_loads import ProcessLoads, runner_pid

LOOPBACK = ("lo", "lo0")
PROCESSES_EVERY = 2
"""Looks between two readings of the table of processes, which costs more than all the rest."""


class MachineSampler:
    """Blocks on the disk and on /proc for a few ms: used in a thread, one call at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loads = ProcessLoads()
        self._streams: tuple[ProcessLoad, ...] = ()
        self._looks = 0
        self._network: tuple[float, int, int] | None = None
        psutil.cpu_percent(None)

    def look(self, stream_dirs: Mapping[str, Path]) -> MachineHealth:
        """Measure everything; `stream_dirs` has the folder of each runner's record by stream_id."""
        if self._looks % PROCESSES_EVERY == 0:
            pids = {stream_id: runner_pid(folder) for stream_id, folder in stream_dirs.items()}
            runners = {stream_id: pid for stream_id, pid in pids.items() if pid is not None}
            self._streams = self._loads.measure(runners)
        self._looks += 1
        memory, disk = psutil.virtual_memory(), shutil.disk_usage(_there(self._folder))
        in_bps, out_bps = self._rates()
        return MachineHealth(
            at=time.time(),
            cpu_percent=psutil.cpu_percent(None),
            memory_used_bytes=memory.total - memory.available,
            memory_total_bytes=memory.total,
            disk_free_bytes=disk.free,
            disk_total_bytes=disk.total,
            network_in_bps=in_bps,
            network_out_bps=out_bps,
            clock=read_clock_sync(),
            streams=self._streams,
        )

    def fullest(self, folders: Iterable[Path]) -> tuple[int, Path | None]:
        """Bytes free on the disk that has least, and the folder that lies on it; None for our own."""
        free: list[tuple[int, Path | None]] = [(shutil.disk_usage(_there(self._folder)).free, None)]
        for folder in folders:
            with suppress(OSError):  # not there yet, or gone: its stream says so
                free.append((shutil.disk_usage(folder).free, folder))
        return min(free, key=lambda one: one[0])

    def _rates(self) -> tuple[float, float]:
        """Bits per second in and out since the last look."""
        now, counts = time.monotonic(), psutil.net_io_counters(pernic=True)
        received = sum(count.bytes_recv for name, count in counts.items() if name not in LOOPBACK)
        sent = sum(count.bytes_sent for name, count in counts.items() if name not in LOOPBACK)
        before, self._network = self._network, (now, received, sent)
        if before is None or now <= before[0]:
            return 0.0, 0.0
        span_s = now - before[0]
        return max(0, received - before[1]) * 8 / span_s, max(0, sent - before[2]) * 8 / span_s


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there: it may have been moved."""
    return next((one for one in (folder, *folder.parents) if one.is_dir()), folder)
