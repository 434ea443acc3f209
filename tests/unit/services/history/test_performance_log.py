"""A line a minute for each stream and for the console."""

import logging

import pytest

from ibe100.models.alarms.machine_health import MachineHealth, ProcessLoad
from ibe100.services.history.performance_log import PerformanceLog
from ibe100.tsduck.telemetry import InfluxSample


class Clock:
    """Seconds, as the test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_of_a_stream_is_one_line_with_its_mean_and_its_faults(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two streams have a line each; a stream that gives nothing has none."""
    clock = Clock()
    log = PerformanceLog(clock)
    with caplog.at_level(logging.INFO, "ibe100"):
        for second in range(122):
            clock.now = float(second)
            counters = {"continuity_count_error": 2} if second == 30 else {"continuity_count_error": 0}
            log.stream("news", InfluxSample(bitrate_bps=4_000_000 + second % 2 * 2, counters=counters))
            if second < 10:
                log.stream("sport", InfluxSample(bitrate_bps=1))
    first, second_line = (record.__dict__ for record in caplog.records)
    assert (first["stream_id"], first["seconds"]) == ("news", 60)
    assert (first["bitrate_min_bps"], first["bitrate_max_bps"]) == (4_000_000, 4_000_002)
    assert first["tr_101_290"] == {"continuity_count_error": 2}
    assert second_line["tr_101_290"] == {}


def test_the_console_has_its_own_line_with_the_load_of_each_stream(caplog: pytest.LogCaptureFixture) -> None:
    """Looks within a minute write nothing."""
    clock = Clock()
    log = PerformanceLog(clock)
    health = MachineHealth(
        at=0,
        cpu_percent=12.34,
        memory_used_bytes=1,
        memory_total_bytes=4,
        disk_free_bytes=5,
        disk_total_bytes=10,
        network_in_bps=0,
        network_out_bps=0,
        streams=(ProcessLoad(stream_id="news", cpu_percent=5, memory_bytes=7, processes=2),),
    )
    with caplog.at_level(logging.INFO, "ibe100"):
        for second in (10, 59, 60, 61):
            clock.now = float(second)
            log.console(health)
    (line,) = (record.__dict__ for record in caplog.records)
    assert (line["cpu_percent"], line["memory_percent"]) == (12.3, 25.0)
    assert line["streams"] == {"news": {"cpu_percent": 5, "memory_bytes": 7}}
