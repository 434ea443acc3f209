"""CPU and memory of each stream: its runner and all processes below it."""

from __future__ import annotations

import contextlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from ibe100.models.alarms.machine_health import ProcessLoad


def runner_pid(stream_dir: Path) -> int | None:
    """Read the pid of the runner that keeps its record in that folder; None where there is none."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        return int(json.loads((stream_dir / "runner.json").read_bytes())["pid"])
    return None


class ProcessLoads:
    """Looks through the table of processes once for all streams. Blocks for some ms: used in a thread."""

    def __init__(self) -> None:
        self._times: dict[int, tuple[float, float]] = {}
        """Monotonic time of the last look, and CPU seconds used until then, by pid."""

    def measure(self, runners: Mapping[str, int]) -> tuple[ProcessLoad, ...]:
        """Measure the runners given by stream_id and pid; those that are gone are left out."""
        children: dict[int, list[psutil.Process]] = defaultdict(list)
        roots: dict[int, psutil.Process] = {}
        if runners:
            for process in psutil.process_iter(["ppid"]):
                children[process.info["ppid"]].append(process)
                roots[process.pid] = process
        before, self._times = self._times, {}
        return tuple(
            self._load(stream_id, list(_tree(roots[pid], children)), before)
            for stream_id, pid in runners.items()
            if pid in roots
        )

    def _load(
        self, stream_id: str, tree: list[psutil.Process], before: Mapping[int, tuple[float, float]]
    ) -> ProcessLoad:
        used, memory, count = 0.0, 0, 0
        for process in tree:
            with contextlib.suppress(psutil.Error), process.oneshot():
                now, times = time.monotonic(), process.cpu_times()
                spent_s = times.user + times.system
                memory += process.memory_info().rss
                count += 1
                self._times[process.pid] = now, spent_s
                then, spent_before_s = before.get(process.pid, (now, spent_s))
                if now > then:
                    used += max(0.0, spent_s - spent_before_s) / (now - then)
        return ProcessLoad(stream_id=stream_id, cpu_percent=100 * used, memory_bytes=memory, processes=count)


def _tree(root: psutil.Process, children: Mapping[int, list[psutil.Process]]) -> Iterator[psutil.Process]:
    yield root
    for child in children.get(root.pid, ()):
        yield from _tree(child, children)
