"""Alarms grouped by cause: each cause once, what follows from it below, hidden ones apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.alarms.remedy import Remedy


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """Row of the list of active alarms."""

    alarm: Alarm
    followers: int = 0
    """Number of alarms that this one explains."""
    is_expanded: bool = False
    cause: str = ""
    """Title of the alarm above that explains this one; empty for a cause."""

    @property
    def remedy(self) -> Remedy | None:
        """What its button begins; an alarm that another explains has none."""
        return None if self.cause else self.alarm.remedy


def rank(alarm: Alarm) -> tuple[int, bool, float, int]:
    """Sort key: the most severe first, then those that still stand, then the newest."""
    return int(alarm.severity), alarm.cleared_at is not None, -alarm.raised_at, -alarm.alarm_id


def root_of(alarm: Alarm, by_condition: Mapping[tuple[str, str], Alarm]) -> Alarm | None:
    """Alarm at the top of the chain that explains this one; None when it is no longer open."""
    seen = {alarm.condition}
    while alarm.suppressed_by and alarm.suppressed_by not in seen:
        seen.add(alarm.suppressed_by)
        above = by_condition.get((alarm.stream_id, alarm.suppressed_by))
        if above is None:
            return None
        alarm = above
    return None if alarm.suppressed_by else alarm


def grouped(alarms: Iterable[Alarm], expanded: Collection[int]) -> list[AlarmRow]:
    """Rows of the active list: causes in order, and below each one that is expanded what follows from it."""
    still_open = [alarm for alarm in alarms if alarm.state is not AlarmState.CLOSED]
    by_condition = {(alarm.stream_id, alarm.condition): alarm for alarm in still_open}
    followers: dict[int, list[Alarm]] = defaultdict(list)
    for alarm in still_open:
        root = root_of(alarm, by_condition) if alarm.suppressed_by else None
        if root is not None:
            followers[root.alarm_id].append(alarm)
    rows = []
    for root in sorted((alarm for alarm in still_open if alarm.is_shown), key=rank):
        below = sorted(followers[root.alarm_id], key=rank)
        is_expanded = root.alarm_id in expanded and bool(below)
        rows.append(AlarmRow(root, len(below), is_expanded))
        if is_expanded:
            rows += [AlarmRow(alarm, cause=root.title) for alarm in below]
    return rows


@dataclass(frozen=True, slots=True)
class HiddenAlarm:
    """Open alarm that is not in the active list, and why."""

    alarm: Alarm
    cause: str = ""
    """Title of the alarm that explains it; empty where it is shelved."""

    @property
    def is_shelved(self) -> bool:
        """True when it is shelved; otherwise it follows from another."""
        return self.alarm.shelved_until is not None


def hidden_alarms(alarms: Iterable[Alarm]) -> list[HiddenAlarm]:
    """Hidden alarms: shelved ones, the first to come back first; then those that follow from another."""
    still_open = [alarm for alarm in alarms if alarm.state is not AlarmState.CLOSED and not alarm.is_shown]
    titles = {(alarm.stream_id, alarm.condition): alarm.title for alarm in alarms}
    found = [
        HiddenAlarm(alarm, titles.get((alarm.stream_id, alarm.suppressed_by), alarm.suppressed_by))
        if alarm.shelved_until is None
        else HiddenAlarm(alarm)
        for alarm in still_open
    ]
    return sorted(found, key=lambda one: (not one.is_shelved, one.alarm.shelved_until or 0, rank(one.alarm)))
