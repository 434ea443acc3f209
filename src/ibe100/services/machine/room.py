"""Room on this machine for one more stream, by what those that run were measured to take."""

from __future__ import annotations

import os

from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.utils.units import format_bytes

MOST_CORES, MOST_MEMORY = 0.9, 0.95
"""Parts of the machine beyond which a stream more would be short of time or memory."""


def why_tight(health: MachineHealth | None, cores: int = os.cpu_count() or 1) -> str:
    """Figures that say that another stream like those that run may not fit; empty where it should."""
    if health is None or not health.streams:
        return ""
    count = len(health.streams)
    each_cores = sum(one.cpu_percent for one in health.streams) / 100 / count
    each_bytes = sum(one.memory_bytes for one in health.streams) // count
    busy_cores = health.cpu_percent / 100 * cores
    found = []
    if busy_cores + each_cores > MOST_CORES * cores:
        found.append(f"{busy_cores:.1f} of {cores} cores are busy, and a stream here takes {each_cores:.2f}")
    if health.memory_used_bytes + each_bytes > MOST_MEMORY * health.memory_total_bytes:
        free = health.memory_total_bytes - health.memory_used_bytes
        found.append(
            f"{format_bytes(free)} of memory are free, and a stream here takes {format_bytes(each_bytes)}"
        )
    return "; ".join(found)
