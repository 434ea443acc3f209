"""Plans messages to one target: late enough to be true, once per alarm, and not too many. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.alarms.notification import NotificationTarget

HOLD_S = 3.0
"""An alarm that is over, seen to or explained by then was nothing to wake anybody for."""
SAME_AGAIN_S = 300.0
"""Time within which the same alarm is not told of again; afterwards it is, if it stands then."""
AGAIN_S = 30.0
"""Pause after a message that could not be delivered: the network may be what broke."""
WINDOW_S = 600.0
MOST_HELD = 200

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """A message."""

    title: str
    body: str
    is_good: bool = False
    key: Key | None = None
    """Stream and condition of the alarm that was raised; None for everything else."""


def words_of(alarm: Alarm) -> Wording:
    """Message about an alarm that was raised."""
    whose = alarm.stream_name or "console"
    value = f" ({alarm.value})" if alarm.value else ""
    body = f"{alarm.title}{value}\nWhat to do: {alarm.what_to_do}"
    title = f"[{int(alarm.severity)}] {whose}: {alarm.title}"
    return Wording(title, body, key=(alarm.stream_id, alarm.condition))


def words_of_clearing(alarm: Alarm) -> Wording:
    """Message about an alarm that is over."""
    whose = alarm.stream_name or "console"
    lasted = f"It lasted {(alarm.cleared_at or alarm.raised_at) - alarm.raised_at:.0f} s."
    return Wording(f"[over] {whose}: {alarm.title}", lasted, is_good=True)


class NotificationPlan:
    """Decides for one target. Times are monotonic seconds."""

    def __init__(self, target: NotificationTarget) -> None:
        self.target = target
        self._held: dict[Key, tuple[float, Alarm]] = {}
        self._told_at: dict[Key, float] = {}
        self._open: dict[Key, Alarm] = {}
        """Alarms that were told of and are not over."""
        self._sent: deque[float] = deque()
        self._left_out = 0

    def hear(self, alarm: Alarm, now_s: float) -> list[Wording]:
        """Take a changed alarm; returns the messages to be sent at once."""
        key = alarm.stream_id, alarm.condition
        if alarm.state is AlarmState.UNACKNOWLEDGED and alarm.is_shown:
            wanted = self.target.enabled and alarm.severity <= self.target.severity
            if wanted and key not in self._open and len(self._held) < MOST_HELD:
                since, _ = self._held.get(key, (now_s, alarm))
                self._held[key] = since, alarm
            return []
        self._held.pop(key, None)
        if alarm.cleared_at is None or self._open.pop(key, None) is None:
            return []
        return self._within_limit(words_of_clearing(alarm), now_s) if self.target.tells_clearing else []

    def due(self, now_s: float) -> list[Wording]:
        """List the messages that are due now; asked every now and then."""
        said: list[Wording] = []
        for key, (since, alarm) in tuple(self._held.items()):
            if now_s - since < HOLD_S:
                continue
            if now_s - self._told_at.get(key, float("-inf")) < SAME_AGAIN_S:
                # It is told of then, if it still stands: the last word was that it is over.
                continue
            del self._held[key]
            told = self._within_limit(words_of(alarm), now_s)
            if told:
                self._open[key], self._told_at[key] = alarm, now_s
            said += told
        self._forget(now_s)
        if self._left_out and len(self._sent) < self.target.most_per_10_min:
            left_out, self._left_out = self._left_out, 0
            self._sent.append(now_s)
            said.append(
                Wording(f"{left_out} more messages were left out", "Look at the console: there are many.")
            )
        return said

    def not_delivered(self, wording: Wording, now_s: float) -> None:
        """Tell of an alarm again after a while, if it still stands."""
        if wording.key is not None and (alarm := self._open.pop(wording.key, None)) is not None:
            self._told_at.pop(wording.key, None)
            self._held[wording.key] = now_s + AGAIN_S - HOLD_S, alarm

    def _within_limit(self, wording: Wording, now_s: float) -> list[Wording]:
        self._forget(now_s)
        if len(self._sent) >= self.target.most_per_10_min:
            self._left_out += 1
            return []
        self._sent.append(now_s)
        return [wording]

    def _forget(self, now_s: float) -> None:
        while self._sent and now_s - self._sent[0] > WINDOW_S:
            self._sent.popleft()
        for key, told_at in tuple(self._told_at.items()):
            if now_s - told_at > SAME_AGAIN_S:
                del self._told_at[key]
