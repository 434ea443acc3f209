"""How the machine below the streams is, and the console itself: measured once a second."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ibe100.models.base import Value


class ClockState(StrEnum):
    """What the kernel says about the discipline of its clock."""

    SYNCHRONISED = "synchronised"
    NOT_SYNCHRONISED = "not synchronised"
    NOT_KNOWN = "not known"


class ClockSync(Value):
    """The machine's clock against its reference."""

    state: ClockState = ClockState.NOT_KNOWN
    offset_ms: float | None = None
    """What is left to be slewed; None where nobody says."""
    error_ms: float | None = None
    """The estimated error; None where nobody says."""


class ProcessLoad(Value):
    """A stream's runner with all processes below it."""

    stream_id: str
    cpu_percent: float
    """Of one core."""
    memory_bytes: int
    processes: int


class MachineHealth(Value):
    """One look at everything. Rates are since the look before."""

    stream_id: str = ""
    """Empty: it concerns no single stream."""
    at: float
    """Wall clock."""
    cpu_percent: float
    """Of all cores."""
    memory_used_bytes: int
    memory_total_bytes: int
    disk_free_bytes: int
    """Where the data folder is."""
    disk_total_bytes: int
    network_in_bps: float
    """All interfaces but loopback."""
    network_out_bps: float
    clock: ClockSync = ClockSync()
    loop_lag_ms: float = 0.0
    """The longest time a task of the console's loop had to wait for its turn."""
    queues: Mapping[str, int] = {}
    """What waits, by the name of the queue."""
    dropped: int = 0
    """Samples that were replaced by newer ones before a slow reader took them."""
    last_backup_at: float | None = None
    """Wall clock of the newest good backup; None without one."""
    streams: tuple[ProcessLoad, ...] = ()

    @property
    def memory_percent(self) -> float:
        """In use, of all memory."""
        return 100 * self.memory_used_bytes / max(1, self.memory_total_bytes)

    @property
    def disk_percent(self) -> float:
        """In use, of the data folder's disk."""
        return 100 - 100 * self.disk_free_bytes / max(1, self.disk_total_bytes)
