"""Alarms in memory."""

from __future__ import annotations

import time

from fake_bus import FakeBus
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.messages import AlarmChanged
from ibe100.services.audit_trail import acting


class FakeAlarms:
    """Alarms that can be acknowledged and shelved."""

    def __init__(self, bus: FakeBus) -> None:
        self._bus = bus
        self.open: dict[int, Alarm] = {}

    def standing(self) -> tuple[Alarm, ...]:
        return tuple(sorted(self.open.values(), key=lambda alarm: (alarm.severity, -alarm.raised_at)))

    def raise_alarm(self, alarm: Alarm) -> Alarm:
        self.open[alarm.alarm_id] = alarm
        self._bus.publish(AlarmChanged(alarm=alarm))
        return alarm

    async def acknowledge(self, alarm_id: int) -> Alarm:
        alarm = self.open[alarm_id]
        state = AlarmState.ACKNOWLEDGED if alarm.cleared_at is None else AlarmState.CLOSED
        changed = alarm.model_copy(
            update={"state": state, "acknowledged_by": acting().name, "acknowledged_at": time.time()}
        )
        self.raise_alarm(changed)
        if state is AlarmState.CLOSED:
            del self.open[alarm_id]
        return changed

    async def shelve(self, alarm_id: int, minutes: float, reason: str) -> Alarm:
        changes = {
            "shelved_until": time.time() + 60 * minutes,
            "shelve_reason": reason,
            "shelved_by": acting().name,
        }
        return self.raise_alarm(self.open[alarm_id].model_copy(update=changes))

    async def unshelve(self, alarm_id: int) -> Alarm:
        return self.raise_alarm(self.open[alarm_id].model_copy(update={"shelved_until": None}))

    def rate(self) -> int:
        return len(self.open)


class FakeMonitoring:
    """Counters that can be reset."""

    def __init__(self) -> None:
        self.resets: list[str] = []

    async def reset_counters(self, stream_id: str) -> None:
        self.resets.append(stream_id)
