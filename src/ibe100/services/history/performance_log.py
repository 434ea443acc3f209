"""Performance in the log: a line a minute for each stream and one for the console."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.tsduck.telemetry import InfluxSample

INTERVAL_S = 60.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Minute:
    """Measurements of a stream since its last line."""

    since: float
    bitrates: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


class PerformanceLog:
    """Sums up what is measured, and writes a line when a minute is over; nothing measured writes nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._streams: dict[str, _Minute] = {}
        self._console_s = clock()

    def stream(self, stream_id: str, sample: InfluxSample) -> None:
        """Take about a second of measurements of a stream."""
        now = self._clock()
        minute = self._streams.setdefault(stream_id, _Minute(now))
        minute.bitrates.append(sample.bitrate_bps)
        minute.faults.update({name: count for name, count in sample.counters.items() if count})
        if now - minute.since < INTERVAL_S:
            return
        del self._streams[stream_id]
        _log.info(
            "stream performance",
            extra={
                "stream_id": stream_id,
                "seconds": round(now - minute.since),
                "bitrate_bps": round(sum(minute.bitrates) / len(minute.bitrates)),
                "bitrate_min_bps": min(minute.bitrates),
                "bitrate_max_bps": max(minute.bitrates),
                "tr_101_290": dict(minute.faults),
            },
        )

    def console(self, health: MachineHealth) -> None:
        """Take a look at the machine, the console and the processes of each stream."""
        now = self._clock()
        if now - self._console_s < INTERVAL_S:
            return
        self._console_s = now
        _log.info(
            "console performance",
            extra={
                "cpu_percent": round(health.cpu_percent, 1),
                "memory_percent": round(health.memory_percent, 1),
                "disk_free_bytes": health.disk_free_bytes,
                "loop_lag_ms": round(health.loop_lag_ms, 1),
                "queued": sum(health.queues.values()),
                "dropped": health.dropped,
                "streams": {
                    one.stream_id: {
                        "cpu_percent": round(one.cpu_percent, 1),
                        "memory_bytes": one.memory_bytes,
                    }
                    for one in health.streams
                },
            },
        )
