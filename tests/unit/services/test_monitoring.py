"""Telemetry of a stream: what the analysis counts an interval at a time is added up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ibe100.models.messages import Message, TelemetryMeasured
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import PidSample
from ibe100.services.monitoring_service import MonitoringService
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.runner_samples import AnalyzeReport
from ibe100.tsduck.telemetry import AnalyzeSample


class Audit:
    """Takes note of nothing."""

    @asynccontextmanager
    async def doing(self, action: str, subject: str, detail: str = "") -> AsyncIterator[None]:
        yield


def pid(number: int, discontinuities: int) -> PidSample:
    return PidSample(pid=number, bitrate_bps=1, packets=1, discontinuities=discontinuities, description="")


async def test_continuity_errors_of_a_pid_are_counted_until_the_counters_are_reset() -> None:
    told: list[Message] = []
    service = MonitoringService(told.append, Audit())  # type: ignore[arg-type]
    entry = StreamEntry(stream_id="one", number=1, config=StreamConfig(name="One"))
    run = StreamRun(entry, RunnerLink(Path("nowhere")), lambda _view: None)

    def totals() -> dict[int, int]:
        message = told[-1]
        assert isinstance(message, TelemetryMeasured)
        return {one.pid: one.discontinuities_total for one in message.telemetry.pids}

    for counts in ((2, 0), (0, 0), (1, 3)):
        pids = tuple(pid(0x100 + at, count) for at, count in enumerate(counts))
        service.on_sample(run, AnalyzeReport(0.0, 0.0, AnalyzeSample(0, (), pids)))
    assert totals() == {0x100: 3, 0x101: 3}
    await service.reset_counters("one")
    assert totals() == {0x100: 0, 0x101: 0}
