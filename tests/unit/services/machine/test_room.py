"""Room for one more stream: told with figures where it may not fit."""

from __future__ import annotations

from ibe100.models.alarms.machine_health import MachineHealth, ProcessLoad
from ibe100.services.machine.room import why_tight

GB = 1 << 30


def health(cpu_percent: float, used: int, streams: int = 2) -> MachineHealth:
    loads = [
        ProcessLoad(stream_id=f"s{n}", cpu_percent=40, memory_bytes=GB // 2, processes=2)
        for n in range(streams)
    ]
    return MachineHealth(
        at=0.0,
        cpu_percent=cpu_percent,
        memory_used_bytes=used,
        memory_total_bytes=8 * GB,
        disk_free_bytes=GB,
        disk_total_bytes=GB,
        network_in_bps=0,
        network_out_bps=0,
        streams=tuple(loads),
    )


def test_there_is_room_while_little_is_taken_or_nothing_is_known() -> None:
    assert why_tight(None, 4) == ""
    assert why_tight(health(95, GB, streams=0), 4) == ""
    assert why_tight(health(50, 4 * GB), 4) == ""


def test_busy_cores_are_told_with_what_a_stream_takes() -> None:
    assert why_tight(health(85, GB), 4) == "3.4 of 4 cores are busy, and a stream here takes 0.40"


def test_memory_is_told_with_what_a_stream_takes() -> None:
    words = why_tight(health(10, 8 * GB - GB // 2), 4)
    assert "of memory are free, and a stream here takes" in words
