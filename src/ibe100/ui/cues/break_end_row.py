"""Choice of how the next break ends, and the event id it will have."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from ibe100.models.scte35_marker import BreakEnd
from ibe100.ui.themes.sizes import on_text_size, scaled
from ibe100.ui.widgets.buttons import choice_button
from ibe100.ui.widgets.choices import BUTTON_HEIGHT, CAPTION_WIDTH
from ibe100.ui.widgets.labels import label
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.units import format_event_id

WORDS = {
    BreakEnd.AUTO: ("auto", "By itself after {0:g} s: auto_return 1"),
    BreakEnd.CUE: ("cue", "A BACK TO PROGRAMME is sent for the end of the {0:g} s"),
    BreakEnd.HAND: ("hand", "Only by BACK TO PROGRAMME or CRASH IN; the {0:g} s are announced"),
}


class BreakEndRow(QWidget):
    """Three buttons, one for each way to end a break; `changed` with the way."""

    changed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = BreakEnd.AUTO
        self._group = QButtonGroup(self)
        self._buttons: dict[BreakEnd, QPushButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        caption = label("Ends", "second")
        scaled(caption.setFixedWidth, CAPTION_WIDTH)
        layout.addWidget(caption)
        for way, (words, _hint) in WORDS.items():
            choice = choice_button(words, f"Break ends {words}", kind="choice", chosen=way is self._value)
            scaled(choice.setFixedHeight, BUTTON_HEIGHT)
            choice.clicked.connect(lambda _=False, chosen=way: self.set_value(chosen))
            self._group.addButton(choice)
            self._buttons[way] = choice
            layout.addWidget(choice, 1)
        self.next_id = label("", "small_number")
        on_text_size(
            self.next_id,
            lambda words: words.setMinimumWidth(words.fontMetrics().horizontalAdvance("next 0x60000000")),
        )
        layout.addWidget(self.next_id)

    def value(self) -> BreakEnd:
        """The chosen way."""
        return self._value

    def button(self, way: BreakEnd) -> QPushButton:
        """The button of one way."""
        return self._buttons[way]

    def set_value(self, way: BreakEnd) -> None:
        """Choose a way."""
        changed, self._value = way is not self._value, way
        self._buttons[way].setChecked(True)
        if changed:
            self.changed.emit(way)

    def show_break(self, duration_s: float, next_event_id: int | None) -> None:
        """Explain the ways for a break of this length; show the event id where it is known."""
        for way, (_words, hint) in WORDS.items():
            set_tooltip(self._buttons[way], hint.format(duration_s))
        self.next_id.setText("" if next_event_id is None else f"next {format_event_id(next_event_id)}")
