"""Button to listen to the selected stream; beside it level, mute and stay while it is heard."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QEnterEvent
from PyQt6.QtWidgets import QHBoxLayout, QSlider, QWidget

from ibe100.ui.pictures.listening import Listening
from ibe100.ui.themes.sizes import TIGHT, px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.words.tooltips import set_tooltip

NAME_WIDTH = 160
SLIDER_WIDTH, NAME_WIDTH = 72, 160


class ListenBar(QWidget):
    """One button while nothing is heard. Where this machine has no sound it is grey and says why."""

    def __init__(
        self, listening: Listening, words_of: Callable[[str], str], parent: QWidget | None = None
    ) -> None:
        """`words_of` gives number and name of a stream."""
        super().__init__(parent)
        self._listening, self._words_of = listening, words_of
        self.button = push_button("Listen", icon_name="volume-high", kind="flat")
        self.button.setCheckable(True)
        self.mute = push_button("Mute", "Mute the sound of the stream", kind="flat")
        self.mute.setCheckable(True)
        self.stay = push_button("Stay", "Stay with this stream when another is selected", kind="flat")
        self.stay.setCheckable(True)
        self.level = QSlider(Qt.Orientation.Horizontal)
        self.level.setRange(0, 100)
        scaled(self.level.setFixedWidth, SLIDER_WIDTH)
        self.level.setAccessibleName("Level of the sound, per cent")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, TIGHT)
        for widget in (self.button, self.level, self.mute, self.stay):
            layout.addWidget(widget)
        self.button.clicked.connect(listening.toggle)
        self.level.valueChanged.connect(listening.set_level)
        self.mute.clicked.connect(listening.set_muted)
        self.stay.clicked.connect(listening.set_stays)
        listening.changed.connect(self._show)
        self._show()

    def enterEvent(self, event: QEnterEvent | None) -> None:
        """Look for a sound device when somebody is about to press: not before, it may take long."""
        super().enterEvent(event)
        self._listening.check()

    def _show(self) -> None:
        listening = self._listening
        for widget in (self.level, self.mute, self.stay):
            widget.setVisible(listening.is_on)
        self.button.setEnabled(not listening.refusal)
        self.button.setChecked(listening.is_on)
        heard = self._words_of(listening.stream_id) if listening.is_on else ""
        metrics = self.button.fontMetrics()
        short = metrics.elidedText(heard, Qt.TextElideMode.ElideRight, px(NAME_WIDTH))
        self.button.setText(f"Listening: {short}" if heard else "No sound" if listening.refusal else "Listen")
        words = listening.refusal or (
            f"Stop listening to {heard}" if heard else "Listen to the selected stream"
        )
        self.button.setAccessibleName(words)
        set_tooltip(self.button, f"{words} (Ctrl+M)" if not listening.refusal else words)
        self.level.blockSignals(True)
        self.level.setValue(listening.level)
        self.level.blockSignals(False)
        self.mute.setChecked(listening.is_muted)
        self.stay.setChecked(listening.stays)
