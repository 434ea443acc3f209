"""Alarms: their sound with mute and test, and the way to the rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.ui.alarms.alarm_sound import MUTE_MINUTES, AlarmSound
from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.settings.pages import SettingsPage
from ibe100.ui.settings.sections import Section
from ibe100.ui.settings.setting_row import RowFrame
from ibe100.ui.settings.settings_model import SettingsModel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button

HEARD = "The tone was played."


class AlarmPage(SettingsPage):
    """The settings of the sound, then mute, test and rules."""

    def __init__(
        self,
        section: Section,
        model: SettingsModel,
        seat: SeatModel,
        sound: AlarmSound,
        open_rules: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(section, model, seat, parent)
        self._sound = sound
        self.tests = [
            push_button(
                f"Test {int(severity)}", f"Test the tone of priority {int(severity)}", auto_default=False
            )
            for severity in Severity
        ]
        for severity, button in zip(Severity, self.tests, strict=True):
            button.clicked.connect(lambda _checked=False, severity=severity: sound.test(severity))
        self.mutes = [
            push_button(f"{minutes} min", f"Mute for {minutes} minutes", auto_default=False)
            for minutes in MUTE_MINUTES
        ]
        for minutes, button in zip(MUTE_MINUTES, self.mutes, strict=True):
            button.clicked.connect(lambda _checked=False, minutes=minutes: sound.mute(minutes))
        self.unmute = push_button("End the mute", auto_default=False)
        self.unmute.clicked.connect(sound.unmute)
        self.test_row = RowFrame("Test", "Plays the tone of a priority once, muted or not.", _row(self.tests))
        self.mute_row = RowFrame(
            "Mute",
            "Silent for a while, whatever comes; the top bar says until when. Then priority 1 is heard.",
            _row([*self.mutes, self.unmute]),
        )
        rules = push_button("Alarm rules…", "Open the alarm rules", auto_default=False)
        rules.clicked.connect(open_rules)
        self.rules_row = RowFrame("Rules", "When a condition is an alarm, and of which priority.", rules)
        for row in (self.test_row, self.mute_row, self.rules_row):
            row.foot.show()
            self.body.addWidget(row)
        sound.player.played.connect(self._played)
        sound.changed.connect(self._show_mute)
        self._show_mute()

    def _played(self, problem: str) -> None:
        words = f"The system's beep stands in for the tones: {problem}." if problem else HEARD
        self.test_row.foot.setText(words)

    def _show_mute(self) -> None:
        _, left_s = self._sound.state
        self.mute_row.foot.setText(
            "Not muted." if left_s is None else f"Muted for {left_s / 60:.0f} min more."
        )
        self.unmute.setEnabled(self._sound.is_muted)


def _row(widgets: Sequence[QWidget]) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    scaled(layout.setSpacing, 8)
    for widget in widgets:
        layout.addWidget(widget)
    return row
