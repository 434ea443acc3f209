"""State of the machine below the streams and of the console itself, measured once a second."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ibe100.models.base import Value


class ClockState(StrEnum):
    """Discipline of the clock, as the kernel knows it."""

    SYNCHRONISED = "synchronised"
    NOT_SYNCHRONISED = "not synchronised"
    NOT_KNOWN = "not known"


class ClockSync(Value):
    """The machine's clock against its reference."""

    state: ClockState = ClockState.NOT_KNOWN
    offset_ms: float | None = None
    """Offset left to be slewed; None where it is not known."""
    error_ms: float | None = None
    """Estimated error; None where it is not known."""


class ProcessLoad(Value):
    """A stream's runner with all processes below it."""

    stream_id: str
    cpu_percent: float
    """Percent of one core."""
    memory_bytes: int
    processes: int


class MachineHealth(Value):
    """Measurements of one look. Rates are since the look before."""

    stream_id: str = ""
    """Always empty: it concerns no single stream."""
    at: float
    """Wall clock."""
    cpu_percent: float
    """Percent of all cores."""
    memory_used_bytes: int
    memory_total_bytes: int
    disk_free_bytes: int
    """Bytes free on the disk of the data folder."""
    disk_total_bytes: int
    network_in_bps: float
    """Bits per second of all interfaces but loopback."""
    network_out_bps: float
    clock: ClockSync = ClockSync()
    loop_lag_ms: float = 0.0
    """The longest time a task of the console's loop had to wait for its turn."""
    queues: Mapping[str, int] = {}
    """Messages and writes that wait, by the name of the queue."""
    dropped: int = 0
    """Samples that were replaced by newer ones before a slow reader took them."""
    last_backup_at: float | None = None
    """Wall clock of the newest good backup; None without one."""
    streams: tuple[ProcessLoad, ...] = ()

    @property
    def memory_percent(self) -> float:
        """Percent of all memory that is in use."""
        return 100 * self.memory_used_bytes / max(1, self.memory_total_bytes)

    @property
    def disk_percent(self) -> float:
        """Percent of the data folder's disk that is in use."""
        return 100 - 100 * self.disk_free_bytes / max(1, self.disk_total_bytes)
