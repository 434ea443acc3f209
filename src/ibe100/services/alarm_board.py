"""The alarms that stand: raised after a delay, cleared after another, closed when acknowledged as well."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection

from ibe100.models.alarm import Alarm, AlarmState
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.messages import AlarmChanged, Message
from ibe100.services.alarm_rules import RULES
from ibe100.services.storage import Storage

_log = logging.getLogger(__name__)

Key = tuple[str, str]


class AlarmBoard:
    """One alarm per stream and condition. Used on the loop; `alarms` may be read from any thread."""

    def __init__(self, storage: Storage, publish: Callable[[Message], None]) -> None:
        self._storage = storage
        self._publish = publish
        self._standing: dict[Key, Alarm] = {}
        self._true_since: dict[Key, float] = {}
        self._false_since: dict[Key, float] = {}
        self._snapshot: tuple[Alarm, ...] = ()
        self._one_at_a_time = asyncio.Lock()

    async def open(self) -> None:
        """Take up the alarms on record; those of a run that nobody watched count as cleared."""
        for alarm in await self._storage.alarms.open():
            if RULES.get(alarm.condition) is None:
                continue
            self._standing[alarm.stream_id, alarm.condition] = alarm
        self._remember()

    def alarms(self) -> tuple[Alarm, ...]:
        """All that are not closed, most severe and newest first."""
        return self._snapshot

    async def judge(
        self, stream_id: str, stream_name: str, condition: str, is_true: bool, value: str = ""
    ) -> None:
        """The condition is (not) true now: raise or clear, after the rule's delays."""
        async with self._one_at_a_time:
            await self._judge(stream_id, stream_name, condition, is_true, value)

    async def clear_now(self, stream_id: str, conditions: Collection[str]) -> None:
        """These conditions are not looked at any more: clear them without a delay."""
        async with self._one_at_a_time:
            for key in [(stream_id, condition) for condition in conditions]:
                self._true_since.pop(key, None)
                self._false_since.pop(key, None)
                standing = self._standing.get(key)
                if standing is not None and standing.cleared_at is None:
                    await self._clear(key, standing)

    async def _judge(
        self, stream_id: str, stream_name: str, condition: str, is_true: bool, value: str
    ) -> None:
        rule, key, now = RULES[condition], (stream_id, condition), time.monotonic()
        standing = self._standing.get(key)
        if is_true:
            self._false_since.pop(key, None)
            since = self._true_since.setdefault(key, now)
            raised = standing is not None and standing.cleared_at is None
            if now - since < rule.on_delay_s or (raised and standing is not None and standing.value == value):
                return
            if raised and standing is not None:
                await self._keep(key, standing.model_copy(update={"value": value}))
            else:
                await self._raise(key, stream_name, value, standing)
            return
        self._true_since.pop(key, None)
        if standing is None or standing.cleared_at is not None or not rule.clears_itself:
            return
        since = self._false_since.setdefault(key, now)
        if now - since >= rule.off_delay_s:
            self._false_since.pop(key, None)
            await self._clear(key, standing)

    async def _raise(self, key: Key, stream_name: str, value: str, cleared: Alarm | None) -> None:
        """A condition that comes back before its alarm was acknowledged is the same alarm again."""
        rule = RULES[key[1]]
        alarm = Alarm(
            alarm_id=cleared.alarm_id if cleared is not None else 0,
            stream_id=key[0],
            stream_name=stream_name,
            condition=rule.condition,
            severity=rule.severity,
            title=rule.title,
            value=value,
            what_to_do=rule.what_to_do,
            state=AlarmState.UNACKNOWLEDGED,
            raised_at=time.time(),
        )
        await self._keep(key, alarm)

    async def _clear(self, key: Key, alarm: Alarm) -> None:
        acknowledged = alarm.state is AlarmState.ACKNOWLEDGED
        state = AlarmState.CLOSED if acknowledged else AlarmState.CLEARED_UNACKNOWLEDGED
        await self._keep(key, alarm.model_copy(update={"state": state, "cleared_at": time.time()}))

    async def acknowledge(self, alarm_id: int, who: str) -> Alarm:
        """Seen by the operator; an alarm whose condition is over is closed by it."""
        async with self._one_at_a_time:
            for key, alarm in self._standing.items():
                if alarm.alarm_id == alarm_id:
                    over = alarm.cleared_at is not None or not RULES[alarm.condition].clears_itself
                    state = AlarmState.CLOSED if over else AlarmState.ACKNOWLEDGED
                    changes = {"state": state, "acknowledged_at": time.time(), "acknowledged_by": who}
                    acknowledged = alarm.model_copy(update=changes)
                    await self._keep(key, acknowledged)
                    return acknowledged
        raise OperatorError(f"alarm {alarm_id} is closed already")

    async def _keep(self, key: Key, alarm: Alarm) -> None:
        """On screen in any case; on record when the disk lets us."""
        if alarm.state is not AlarmState.CLOSED:
            self._standing[key] = alarm
        try:
            alarm = await self._storage.alarms.save(alarm)
        except StorageError as error:
            _log.error("alarm %s of %s is not on record: %s", alarm.condition, alarm.stream_name, error)
            if alarm.alarm_id == 0:
                alarm = alarm.model_copy(update={"alarm_id": -int(time.monotonic() * 1000)})
        if alarm.state is AlarmState.CLOSED:
            self._standing.pop(key, None)
        else:
            self._standing[key] = alarm
        self._remember()
        self._publish(AlarmChanged(alarm=alarm))

    def _remember(self) -> None:
        order = sorted(self._standing.values(), key=lambda alarm: (alarm.severity, -alarm.raised_at))
        self._snapshot = tuple(order)
