"""Choice of one value out of a few: buttons side by side, or a list that drops down."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QComboBox, QDoubleSpinBox, QHBoxLayout, QPushButton, QWidget

from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import choice_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.words.tooltips import set_tooltip

BUTTON_HEIGHT = 30
CAPTION_WIDTH = 68


class ChoiceRow(QWidget):
    """Row of seconds to choose from; `own_up_to` adds a field for any other value."""

    changed = pyqtSignal(float)

    def __init__(
        self,
        title: str,
        accessible_name: str,
        choices: Sequence[int],
        chosen: int,
        *,
        own_up_to: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._own: QDoubleSpinBox | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        caption = label(title, "second")
        scaled(caption.setFixedWidth, CAPTION_WIDTH)
        layout.addWidget(caption)
        for seconds in choices:
            name = f"{accessible_name} {seconds} seconds"
            choice = choice_button(str(seconds), name, kind="choice", chosen=seconds == chosen)
            scaled(choice.setFixedHeight, BUTTON_HEIGHT)
            scaled(choice.setMinimumWidth, 34)
            self._group.addButton(choice, seconds)
            layout.addWidget(choice, 1)
        self._value = float(chosen)
        self._group.idClicked.connect(lambda seconds: self._choose(float(seconds)))
        if own_up_to is not None:
            self._own = QDoubleSpinBox()
            self._own.setRange(0.1, own_up_to)
            self._own.setDecimals(1)
            self._own.setValue(float(chosen))
            self._own.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
            self._own.setAlignment(Qt.AlignmentFlag.AlignRight)
            scaled(self._own.setFixedSize, 66, BUTTON_HEIGHT)
            self._own.setAccessibleName(f"{accessible_name}, own value in seconds")
            set_tooltip(self._own, "Own value in seconds")
            self._own.setKeyboardTracking(False)
            self._own.valueChanged.connect(self._choose)
            layout.addWidget(self._own)

    def value(self) -> float:
        """The chosen seconds."""
        return self._value

    def take_focus(self) -> None:
        """Focus the chosen button: arrows choose another, Tab goes on to the next row."""
        chosen = self._group.checkedButton() or self._own
        if chosen is not None:
            chosen.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def finish_typing(self) -> None:
        """Take a value of which Enter was not pressed yet."""
        if self._own is not None and self._own.hasFocus():
            self._own.interpretText()

    def button(self, seconds: int) -> QPushButton:
        """The button of one choice."""
        button = self._group.button(seconds)
        assert isinstance(button, QPushButton)
        return button

    def set_value(self, seconds: float) -> None:
        """Choose `seconds`; an own value where no button has it."""
        self._choose(seconds)

    def _choose(self, seconds: float) -> None:
        changed = seconds != self._value
        self._value = seconds
        if self._own is not None and self._own.value() != seconds:
            self._own.blockSignals(True)
            self._own.setValue(seconds)
            self._own.blockSignals(False)
        self._group.setExclusive(False)
        for button in self._group.buttons():
            button.setChecked(self._group.id(button) == seconds)
        self._group.setExclusive(True)
        if changed:
            self.changed.emit(seconds)


class Segments(QWidget):
    """Row of joined buttons; `changed` with the value that was chosen."""

    changed = pyqtSignal(object)

    def __init__(
        self,
        accessible_name: str,
        choices: Sequence[tuple[object, str]],
        chosen: object,
        parent: QWidget | None = None,
    ) -> None:
        """Build a button for each (value, words)."""
        super().__init__(parent)
        self.setAccessibleName(accessible_name)
        self._values = [value for value, _words in choices]
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 0, 0, 0)
        scaled(layout.setSpacing, 0)
        for at, (value, words) in enumerate(choices):
            name = f"{accessible_name}: {words}"
            button = choice_button(words, name, kind="segment", chosen=value == chosen)
            self._group.addButton(button, at)
            layout.addWidget(button)
        self._group.idClicked.connect(lambda at: self.changed.emit(self._values[at]))

    def value(self) -> object:
        """The chosen value."""
        return self._values[self._group.checkedId()]

    def choose(self, value: object) -> None:
        """Choose a value as if its button was pressed."""
        button = self._group.button(self._values.index(value))
        if button is not None and not button.isChecked():
            button.click()


def choice_combo(accessible_name: str, choices: tuple[tuple[str, str], ...]) -> QComboBox:
    """A drop-down list of (value, words); the values are its data, in their order."""
    combo = QComboBox()
    combo.setAccessibleName(accessible_name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(9)
    for value, words in choices:
        combo.addItem(words, value)
    return combo


def widen_list(widget: QWidget, _event: QEvent) -> bool:
    """Give the list of a field room for its longest words; called when any widget is shown."""
    field = widget.parentWidget()
    if not isinstance(field, QComboBox) or not widget.isWindow():
        return False
    view, screen = field.view(), widget.screen()
    if view is None or screen is None:
        return False
    bar = view.verticalScrollBar()
    needed = view.sizeHintForColumn(0) + widget.width() - view.width() + 2 * view.frameWidth()
    needed += 0 if bar is None else bar.sizeHint().width()
    room = screen.availableGeometry()
    place = widget.geometry()
    if needed > place.width():
        place.setWidth(min(needed, room.width()))
        place.moveLeft(max(room.left(), min(place.left(), room.right() + 1 - place.width())))
        widget.setGeometry(place)
    return False
