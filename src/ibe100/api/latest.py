"""The latest of everything measured, and what has happened since the API is on: for Prometheus."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from ibe100.api.histogram import Histogram
from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.errors import SubscriberFellBehind
from ibe100.models.messages import CueChanged, MachineMeasured, StreamRemoved, TelemetryMeasured
from ibe100.models.scte35_marker import CueState
from ibe100.models.stream_state import Telemetry
from ibe100.services.api_ports import AllServices
from ibe100.utils.tasks import keep_running

CueKey = tuple[str, str, str]
"""stream_id, action, state."""
MOST_OPEN = 1000

_log = logging.getLogger(__name__)


class Latest:
    """Follows the bus. Used on the loop only."""

    def __init__(self, services: AllServices) -> None:
        self._services = services
        self._following: asyncio.Task[None] | None = None
        self._told: dict[int, CueState] = {}
        """The state in which each open cue was counted last."""
        self.telemetry: dict[str, Telemetry] = {}
        self.machine: MachineHealth | None = None
        self.cues: Counter[CueKey] = Counter()
        self.latency_s = Histogram((0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2))
        """Seconds from the datagram of an immediate cue to its first sight on the output."""
        self.pre_roll_s = Histogram((0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 30))
        """Seconds by which a cue was first seen before its splice."""

    def start(self) -> None:
        """Follow the bus from now on."""
        self._following = keep_running(self._follow, "what Prometheus is told")

    async def close(self) -> None:
        """Follow no more."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def _follow(self) -> None:
        while True:
            messages = self._services.messages()
            try:
                async for message in messages:
                    match message:
                        case TelemetryMeasured(telemetry=telemetry):
                            self.telemetry[telemetry.stream_id] = telemetry
                        case MachineMeasured(health=health):
                            self.machine = health
                        case CueChanged():
                            self._count(message)
                        case StreamRemoved(stream_id=stream_id):
                            self.telemetry.pop(stream_id, None)
                return
            except SubscriberFellBehind:
                _log.warning("facts were missed: the numbers of cues for Prometheus are too low")
            finally:
                messages.close()

    def _count(self, message: CueChanged) -> None:
        """A cue counts once in each state, however often it is told in it."""
        cue = message.cue
        if self._told.get(cue.cue_id) is cue.state:
            return
        self.cues[cue.stream_id, cue.action.value, cue.state.value] += 1
        if cue.state is CueState.SPLICED:
            if cue.pre_roll_ms is not None:
                self.pre_roll_s.observe(cue.stream_id, cue.pre_roll_ms / 1000)
            elif cue.latency_ms is not None:
                self.latency_s.observe(cue.stream_id, cue.latency_ms / 1000)
        self._told[cue.cue_id] = cue.state
        while len(self._told) > MOST_OPEN:
            del self._told[next(iter(self._told))]
