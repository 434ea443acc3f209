"""Choice of one value out of a few: segments side by side, or a list that drops down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QEvent, QRegularExpression, Qt, pyqtSignal
from PyQt6.QtGui import QRegularExpressionValidator
from PyQt6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import choice_button
from ibe100.ui.widgets.labels import label, restyle
from ibe100.ui.words.tooltips import set_tooltip

SEGMENT_HEIGHT = 32
CAPTION_WIDTH = 72
OWN_WIDTH = 68
LEAST_S = 0.1
SECONDS = QRegularExpression(r"\d{0,6}([.,]\d{0,2})?")
"""What can be typed as seconds: a letter that is meant as a command does not change them."""


def segment_row(owner: QWidget, title: str) -> QHBoxLayout:
    """The layout of a row of segments behind its caption."""
    layout = QHBoxLayout(owner)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    caption = label(title, "second")
    scaled(caption.setFixedWidth, CAPTION_WIDTH)
    layout.addWidget(caption)
    return layout


def segment(words: str, accessible_name: str, *, chosen: bool) -> QPushButton:
    """One segment of a row."""
    built = choice_button(words, accessible_name, kind="narrow_segment", chosen=chosen)
    scaled(built.setFixedHeight, SEGMENT_HEIGHT)
    return built


OFF_ON = ((False, "Off"), (True, "On"))
"""Choices of a switch."""


class ChoiceRow(QWidget):
    """Row of seconds to choose from; `own_up_to` adds a field for any other value.

    What is typed there holds at once. What cannot be taken is not changed into something else: `fault` says
    what is wrong with it, and the value stays what it was.
    """

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
        self._value = self._before = float(chosen)
        self._most = own_up_to or 0.0
        self.fault = ""
        """Reason for which what is typed cannot be taken; empty where it can."""
        layout = segment_row(self, title)
        for seconds in choices:
            choice = segment(str(seconds), f"{accessible_name} {seconds} seconds", chosen=seconds == chosen)
            scaled(choice.setMinimumWidth, 36)
            self._group.addButton(choice, seconds)
            layout.addWidget(choice, 1)
        self._group.idClicked.connect(lambda seconds: self.set_value(float(seconds)))
        self.own = QLineEdit()
        self.own.setVisible(own_up_to is not None)
        if own_up_to is not None:
            self.own.setProperty("kind", "narrow_segment")
            self.own.setPlaceholderText("other")
            self.own.setAlignment(Qt.AlignmentFlag.AlignCenter)
            scaled(self.own.setFixedSize, OWN_WIDTH, SEGMENT_HEIGHT)
            self.own.setAccessibleName(f"{accessible_name}, own value in seconds")
            set_tooltip(self.own, "Own value in seconds")
            self.own.setValidator(QRegularExpressionValidator(SECONDS, self.own))
            self.own.textEdited.connect(self._typed)
            self.own.returnPressed.connect(self.leave)
            self.own.editingFinished.connect(self._typed_to_the_end)
            layout.addWidget(self.own)

    def value(self) -> float:
        """The chosen seconds."""
        return self._value

    def take_focus(self) -> None:
        """Focus the chosen button: arrows choose another, Tab goes on to the next row."""
        chosen = self._group.checkedButton() or self.own
        chosen.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def leave(self) -> None:
        """Give the keyboard back where an own value was typed: it is taken, and the next key is a command."""
        self.own.clearFocus()

    def button(self, seconds: int) -> QPushButton:
        """The button of one choice."""
        button = self._group.button(seconds)
        assert isinstance(button, QPushButton)
        return button

    def set_value(self, seconds: float) -> None:
        """Choose `seconds`; an own value where no button has it."""
        has_button = any(self._group.id(button) == seconds for button in self._group.buttons())
        self.own.setText("" if has_button else f"{seconds:g}")
        self._before = seconds
        self._take(seconds, "")

    def _typed_to_the_end(self) -> None:
        self._before = self._value

    def _typed(self, text: str) -> None:
        try:
            seconds = float(text.replace(",", ".")) if text.strip() else self._before
        except ValueError:
            self._take(self._before, f"“{text}” is not a number of seconds")
            return
        if LEAST_S <= seconds <= self._most:
            self._take(seconds, "")
        else:
            allowed = f"{LEAST_S:g} to {self._most:g} s can"
            self._take(self._before, f"{text.strip()} s cannot be announced: {allowed}")

    def _take(self, seconds: float, fault: str) -> None:
        changed = (seconds, fault) != (self._value, self.fault)
        self._value, self.fault = seconds, fault
        self._group.setExclusive(False)
        is_own = bool(self.own.text().strip())
        for button in self._group.buttons():
            button.setChecked(self._group.id(button) == seconds and not is_own)
        self._group.setExclusive(True)
        self.own.setProperty("wrong", bool(fault))
        self.own.setProperty("chosen", is_own)
        restyle(self.own)
        set_tooltip(self.own, fault or "Own value in seconds")
        self.own.setAccessibleDescription(fault)
        if changed:
            self.changed.emit(seconds)


class Segments(QWidget):
    """Row of joined buttons; `changed` with the value that was chosen."""

    changed = pyqtSignal(object)

    def __init__(
        self,
        accessible_name: str,
        choices: Sequence[tuple[Any, str]],
        chosen: object = None,
        parent: QWidget | None = None,
    ) -> None:
        """Build a button for each (value, words); none is pressed where `chosen` is no choice."""
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
            button.setAutoDefault(False)
            button.setProperty("first", at == 0)
            self._group.addButton(button, at)
            layout.addWidget(button)
        self._group.idClicked.connect(lambda at: self.changed.emit(self._values[at]))

    def value(self) -> Any:
        """The chosen value; None while there is none."""
        at = self._group.checkedId()
        return None if at < 0 else self._values[at]

    def set_value(self, value: object) -> None:
        """Show a value as chosen, without `changed`; one that is no choice leaves all open."""
        self._group.setExclusive(False)
        for at, button in enumerate(self._group.buttons()):
            button.setChecked(self._values[at] == value)
        self._group.setExclusive(True)

    def button(self, value: object) -> QPushButton:
        """The button of one value."""
        button = self._group.button(self._values.index(value))
        assert isinstance(button, QPushButton)
        return button

    def choose(self, value: object) -> None:
        """Choose a value as if its button was pressed."""
        if not self.button(value).isChecked():
            self.button(value).click()


def choice_combo(accessible_name: str, choices: tuple[tuple[str, str], ...]) -> QComboBox:
    """A drop-down list of (value, words); the values are its data, in their order."""
    combo = QComboBox()
    combo.setAccessibleName(accessible_name)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(9)
    for value, words in choices:
        combo.addItem(words, value)
    return combo


def describe_choice(widget: QWidget, _event: QEvent) -> bool:
    """Let a screen reader say what a field chooses; called when any widget is shown.

    Under Linux Qt gives what is chosen as the name of the field, and its own name nowhere.
    """
    if isinstance(widget, QComboBox) and not widget.accessibleDescription():
        widget.setAccessibleDescription(widget.accessibleName())
    return False


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
