"""Choice of how the next break ends."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QPushButton, QWidget

from ibe100.models.scte35_marker import BreakEnd
from ibe100.ui.widgets.choices import segment, segment_row
from ibe100.ui.words.tooltips import set_tooltip

WORDS = {
    BreakEnd.AUTO: ("auto", "By itself after {0:g} s: auto_return 1"),
    BreakEnd.CUE: ("by cue", "A BACK TO PROGRAMME is sent for the end of the {0:g} s"),
    BreakEnd.HAND: ("by hand", "Only by BACK TO PROGRAMME or CRASH IN; the {0:g} s are announced"),
}


class BreakEndRow(QWidget):
    """Three segments, one for each way to end a break; `changed` with the way."""

    changed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = BreakEnd.AUTO
        self._group = QButtonGroup(self)
        self._buttons: dict[BreakEnd, QPushButton] = {}
        layout = segment_row(self, "Return")
        for way, (words, _hint) in WORDS.items():
            choice = segment(words, f"Break ends {words}", chosen=way is self._value)
            choice.clicked.connect(lambda _=False, chosen=way: self.set_value(chosen))
            self._group.addButton(choice)
            self._buttons[way] = choice
            layout.addWidget(choice, 1)

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

    def show_break(self, duration_s: float) -> None:
        """Explain the ways for a break of this length."""
        for way, (_words, hint) in WORDS.items():
            set_tooltip(self._buttons[way], hint.format(duration_s))
