"""Sound of alarms: heard when they come, priority 1 again until it is acknowledged; muted for a time only."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.models.alarms.alarm import Alarm, Severity
from ibe100.models.settings.sound import SoundPlan
from ibe100.ui.alarms.tone_player import TonePlayer
from ibe100.ui.alarms.tones import tone
from ibe100.ui.qt_models.alarm_table import AWAITING, AlarmTableModel
from ibe100.ui.widgets.timers import repeating

LOOK_MS = 500
MUTE_MINUTES = (5, 15, 60)
"""No longer: a mute outlives nobody's shift."""


class AlarmSound(QObject):
    """Looks at the alarms twice a second; `changed` when it is muted, or heard again."""

    changed = pyqtSignal()

    def __init__(
        self,
        alarms: AlarmTableModel,
        plan: Callable[[], SoundPlan],
        parent: QObject | None = None,
        *,
        player: TonePlayer | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`plan` gives the settings as they are in force."""
        super().__init__(parent)
        self._alarms, self._plan, self._monotonic = alarms, plan, monotonic
        self.player = player or TonePlayer(self)
        self._known: set[int] = set()
        """Alarms that await an acknowledgement, and were heard or need not be."""
        self._last_at = -float("inf")
        self._muted_until: float | None = None
        """Monotonic."""
        self._shown = self.state
        self._timer = repeating(self, LOOK_MS, self.look)
        self._timer.start()

    @property
    def state(self) -> tuple[bool, float | None]:
        """True where priority 1 is heard at all; seconds that the mute still lasts, None without one."""
        left = None if self._muted_until is None else max(0.0, self._muted_until - self._monotonic())
        return 1 in self._plan().priorities, left

    @property
    def is_muted(self) -> bool:
        """True until the mute ends by itself or by hand."""
        return self._muted_until is not None

    def mute(self, minutes: float) -> None:
        """Be silent for so long, whatever comes."""
        self._muted_until = self._monotonic() + minutes * 60
        self.changed.emit()

    def unmute(self) -> None:
        """Be heard again from now on; what still stands of priority 1 sounds at once."""
        self._muted_until, self._last_at = None, -float("inf")
        self.changed.emit()

    def toggle_mute(self) -> None:
        """Mute for a quarter of an hour, or end that."""
        self.unmute() if self.is_muted else self.mute(MUTE_MINUTES[1])

    def test(self, severity: Severity) -> None:
        """Play the tone of a priority, muted or not."""
        self.player.play(tone(severity, self._plan().volume_percent))

    def look(self) -> None:
        """Sound what came since the last look, and what of priority 1 is due again."""
        if self._muted_until is not None and self._monotonic() >= self._muted_until:
            self.unmute()
        plan = self._plan()
        awaiting = [one for one in self._alarms.alarms() if one.is_shown and one.state in AWAITING]
        heard = [one for one in awaiting if int(one.severity) in plan.priorities]
        new = [one for one in heard if one.alarm_id not in self._known]
        self._known = {one.alarm_id for one in awaiting}
        is_on = self.state[0]
        if is_on != self._shown[0]:
            self._shown = self.state
            self.changed.emit()
        if self.is_muted:
            return
        due = new + (self._again(heard) if self._monotonic() - self._last_at >= plan.repeat_s else [])
        if due:
            self._last_at = self._monotonic()
            self.test(min(one.severity for one in due))

    def _again(self, heard: list[Alarm]) -> list[Alarm]:
        return [one for one in heard if one.severity is Severity.CRITICAL]
