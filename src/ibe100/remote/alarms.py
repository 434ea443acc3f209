"""Alarms of a server on another machine, their rules, and who is told of them."""

from __future__ import annotations

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.notification import NotificationTarget, TargetView
from ibe100.models.alarms.settings import RuleChange, RuleView
from ibe100.remote.connection import Connection
from ibe100.remote.following import Following
from ibe100.remote.mirror import Mirror
from ibe100.remote.prefetched import Prefetched
from ibe100_client import alarms


class RemoteAlarms:
    """Alarms that stand, as the events told them."""

    def __init__(self, connection: Connection, mirror: Mirror, following: Following) -> None:
        self._connection, self._mirror, self._following = connection, mirror, following

    def standing(self) -> tuple[Alarm, ...]:
        """Alarms that are not closed, most severe and newest first."""
        return self._mirror.alarms

    def rate(self) -> int:
        """Alarms within the last 10 minutes, as last read."""
        window = self._following.window
        return 0 if window is None else window.alarm_rate

    async def acknowledge(self, alarm_id: int) -> Alarm:
        """Acknowledge an alarm."""
        return await self._connection.one(alarms.acknowledge(alarm_id), Alarm)

    async def shelve(self, alarm_id: int, minutes: float, reason: str) -> Alarm:
        """Shelve an alarm for up to a day."""
        return await self._connection.one(alarms.shelve(alarm_id, minutes, reason), Alarm)

    async def unshelve(self, alarm_id: int) -> Alarm:
        """Put it before the operator again."""
        return await self._connection.one(alarms.unshelve(alarm_id), Alarm)


class RemoteAlarmRules:
    """Rules of alarms."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def views(self, stream_id: str = "") -> tuple[RuleView, ...]:
        """Rules as they hold for a stream, or in general."""
        return await self._connection.many(alarms.rules(stream_id or None), RuleView)

    async def set(self, stream_id: str, condition: str, change: RuleChange) -> RuleView:
        """Change a rule for a stream, or for all."""
        call = alarms.set_rule(condition, change.model_dump(mode="json"), stream_id or None)
        return await self._connection.one(call, RuleView)


class RemoteNotifications:
    """Targets of notifications."""

    def __init__(self, connection: Connection, targets: Prefetched[TargetView]) -> None:
        self._connection, self._targets = connection, targets

    def targets(self) -> tuple[TargetView, ...]:
        """Targets by name, as last read."""
        return self._targets.values

    async def save(self, target: NotificationTarget, url: str) -> TargetView:
        """Add or change a target."""
        call = alarms.save_target(target.model_dump(mode="json"), url)
        view = await self._connection.one(call, TargetView)
        await self._targets.read()
        return view

    async def remove(self, target_id: str) -> None:
        """Remove a target."""
        await self._connection.do(alarms.remove_target(target_id))
        await self._targets.read()

    async def test(self, target_id: str) -> None:
        """Send a message now."""
        await self._connection.do(alarms.test_target(target_id))
        await self._targets.read()
