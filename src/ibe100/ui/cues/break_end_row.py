"""Choice of how the next break ends; while one is on air, of another length for it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QPushButton, QStackedWidget, QWidget

from ibe100.models.scte35_marker import BreakEnd, CueAction, CueRequest
from ibe100.models.stream_state import Tally
from ibe100.ui.cues.cue_trigger import CueTrigger
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.choices import segment, segment_row
from ibe100.ui.words.tooltips import set_tooltip

WORDS = {
    BreakEnd.AUTO: ("auto", "By itself after {0:g} s: auto_return 1"),
    BreakEnd.CUE: ("by cue", "A BACK TO PROGRAMME is sent for the end of the {0:g} s"),
    BreakEnd.HAND: ("by hand", "Only by BACK TO PROGRAMME or CRASH IN; the {0:g} s are announced"),
}


STEP_S = 10.0
"""Seconds by which a press makes the break on air longer or shorter."""


class BreakEndRow(QStackedWidget):
    """Three segments, one for each way to end a break; `changed` with the way.

    While a break is on air the row is about that one: buttons that give it another length.
    """

    changed = pyqtSignal(object)

    def __init__(
        self,
        trigger: CueTrigger,
        target: Callable[[], StreamRow | None],
        length_s: Callable[[], float],
        parent: QWidget | None = None,
    ) -> None:
        """`target` is the stream that cues go to, `length_s` the length of a break that is chosen."""
        super().__init__(parent)
        self._trigger, self._target, self._length_s = trigger, target, length_s
        self._value = BreakEnd.AUTO
        self._group = QButtonGroup(self)
        self._buttons: dict[BreakEnd, QPushButton] = {}
        self._next, self._on_air = QWidget(), QWidget()
        layout = segment_row(self._next, "Return")
        for way, (words, _hint) in WORDS.items():
            choice = segment(words, f"Break ends {words}", chosen=way is self._value)
            choice.clicked.connect(lambda _=False, chosen=way: self.set_value(chosen))
            self._group.addButton(choice)
            self._buttons[way] = choice
            layout.addWidget(choice, 1)
        row = segment_row(self._on_air, "On air")
        self.shorter = self._change_button(-STEP_S)
        self.longer = self._change_button(STEP_S)
        self.whole = push_button("", "Give the break on air the chosen length")
        self.whole.clicked.connect(lambda: self.change(None))
        for button in (self.shorter, self.longer, self.whole):
            row.addWidget(button, 1)
        self.addWidget(self._next)
        self.addWidget(self._on_air)

    def _change_button(self, by_s: float) -> QPushButton:
        words, how = f"{by_s:+g} s".replace("-", "−"), "longer" if by_s > 0 else "shorter"
        button = push_button(words, f"Make the break on air {abs(by_s):g} s {how}")
        button.clicked.connect(lambda: self.change(by_s))
        return button

    def change(self, by_s: float | None) -> None:
        """Make the break on air so much longer; None gives it the length that is chosen."""
        row = self._target()
        request = None
        if row is not None:
            length_s = self._length_s() if by_s is None else None
            request = CueRequest(
                stream_id=row.stream_id, action=CueAction.CHANGE_LENGTH, by_s=by_s, duration_s=length_s
            )
        self._trigger.fire(row, CueAction.CHANGE_LENGTH, request)

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
        """Explain the ways for a break of this length, or offer it to the break on air."""
        row = self._target()
        is_on_air = row is not None and row.view.tally is Tally.IN_BREAK
        self.setCurrentWidget(self._on_air if is_on_air else self._next)
        why = "; ".join(self._trigger.ready[CueAction.CHANGE_LENGTH].reasons)
        has_end = row is not None and bool(row.view.break_ends_at or row.view.break_announced_end)
        self.whole.setText(f"{duration_s:g} s in all")
        for button, words in (
            (self.shorter, why or ("" if has_end else "no end was announced")),
            (self.longer, why or ("" if has_end else "no end was announced")),
            (self.whole, why),
        ):
            button.setEnabled(not words)
            set_tooltip(button, words or button.accessibleName())
        for way, (_words, hint) in WORDS.items():
            set_tooltip(self._buttons[way], hint.format(duration_s))
