"""Alarms and counters in memory."""

from __future__ import annotations

import time

from fake_bus import FakeBus
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.alarms.settings import RuleChange, RuleView
from ibe100.models.messages import AlarmChanged
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.audit_trail import acting


class FakeMonitoring:
    """Alarms that can be acknowledged; counters that can be reset."""

    def __init__(self, bus: FakeBus) -> None:
        self._bus = bus
        self.open: dict[int, Alarm] = {}
        self.resets: list[str] = []
        self.rules = AlarmRules()

    def alarms(self) -> tuple[Alarm, ...]:
        return tuple(sorted(self.open.values(), key=lambda alarm: (alarm.severity, -alarm.raised_at)))

    def raise_alarm(self, alarm: Alarm) -> None:
        self.open[alarm.alarm_id] = alarm
        self._bus.publish(AlarmChanged(alarm=alarm))

    async def acknowledge(self, alarm_id: int) -> None:
        alarm = self.open[alarm_id]
        state = AlarmState.ACKNOWLEDGED if alarm.cleared_at is None else AlarmState.CLOSED
        changed = alarm.model_copy(
            update={"state": state, "acknowledged_by": acting().name, "acknowledged_at": time.time()}
        )
        self.raise_alarm(changed)
        if state is AlarmState.CLOSED:
            del self.open[alarm_id]

    async def shelve(self, alarm_id: int, minutes: float, reason: str) -> None:
        changes = {
            "shelved_until": time.time() + 60 * minutes,
            "shelve_reason": reason,
            "shelved_by": acting().name,
        }
        self.raise_alarm(self.open[alarm_id].model_copy(update=changes))

    async def unshelve(self, alarm_id: int) -> None:
        self.raise_alarm(self.open[alarm_id].model_copy(update={"shelved_until": None}))

    def alarm_rate(self) -> int:
        return len(self.open)

    def alarm_rules(self, stream_id: str = "") -> tuple[RuleView, ...]:
        return self.rules.views(stream_id)

    async def set_alarm_rule(self, stream_id: str, condition: str, change: RuleChange) -> RuleView:
        return await self.rules.set(stream_id, condition, change)

    async def reset_counters(self, stream_id: str) -> None:
        self.resets.append(stream_id)
