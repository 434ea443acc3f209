"""Mark in the top bar while alarms are not heard: muted and until when, or switched off."""

from __future__ import annotations

import time

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from ibe100.ui.alarms.alarm_sound import MUTE_MINUTES, AlarmSound
from ibe100.ui.themes.icons import icon
from ibe100.ui.widgets.buttons import give_menu
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.timecode import format_clock

OFF = "Sound off"


class SoundMark(QToolButton):
    """Takes no room while all is heard that should be; its menu mutes and ends that."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sound: AlarmSound | None = None
        self.setIcon(icon("volume-off"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        give_menu(self, QMenu(self))
        self.hide()

    def follow(self, sound: AlarmSound) -> None:
        """Show the state of `sound` from now on."""
        self._sound = sound
        menu = self.menu()
        assert menu is not None
        fill_mute_menu(menu, sound)
        sound.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        assert self._sound is not None
        is_on, left_s = self._sound.state
        words = OFF
        if left_s is not None:
            # Whole minutes: HH:MM is said, and the mute never ends before it.
            words = f"Muted until {format_clock(time.time() + left_s + 59)[:5]}"
        self.setVisible(left_s is not None or not is_on)
        self.setText(words)
        meaning = (
            "alarms make no sound until then (UTC)"
            if left_s is not None
            else "no alarm of priority 1 is heard"
        )
        self.setAccessibleName(f"{words}: {meaning}")
        set_tooltip(self, f"{words}: {meaning}")


def fill_mute_menu(menu: QMenu, sound: AlarmSound) -> None:
    """Fill a menu with what can be done about the sound."""
    for minutes in MUTE_MINUTES:
        action = menu.addAction(f"Mute for {minutes} min")
        assert action is not None
        action.triggered.connect(lambda _checked=False, minutes=minutes: sound.mute(minutes))
    menu.addSeparator()
    end = menu.addAction("End the mute")
    assert end is not None
    end.triggered.connect(lambda: sound.unmute())
    menu.aboutToShow.connect(lambda: end.setEnabled(sound.is_muted))
