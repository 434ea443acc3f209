"""Keys in fields and on buttons: Esc leaves a field, letters search a list, Enter presses a button."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QWidget,
)

from ibe100.ui.actions.application_events import ApplicationEvents

COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


class TypingKeys(QObject):
    """Keeps keys of fields in the window and its floating docks from the shortcuts of the same keys.

    Enter presses the button that has the focus there, as it does in a dialog. A preset of a cue is pressed
    by Space alone: an Enter that was meant for a field that is gone fires nothing.
    """

    def __init__(self, events: ApplicationEvents, window: QMainWindow) -> None:
        super().__init__(events)
        self._window = window
        events.take(self._take, QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)

    def takes_escape(self) -> bool:
        """True where Esc leaves a field or closes a dialog, menu or list, and so disarms no cue."""
        active = QApplication.activeWindow()
        return (
            QApplication.activePopupWidget() is not None
            or QApplication.activeModalWidget() is not None
            or (active is not None and not self._is_ours(active))
            or _text_field() is not None
        )

    def _take(self, watched: QWidget, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent) or not self._is_ours(watched):
            return False
        field = _text_field()
        if field is None:
            return _press(event) or _is_letter_for_a_list(event)
        if event.key() != Qt.Key.Key_Escape:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif not event.isAutoRepeat():
            field.clearFocus()
        return True

    def _is_ours(self, widget: QWidget) -> bool:
        """True in the window or a floating dock of it; dialogs and drop-down lists have their own keys."""
        place = widget.window()
        return place is self._window or (
            isinstance(place, QDockWidget) and place.parentWidget() is self._window
        )


def _press(event: QKeyEvent) -> bool:
    button = QApplication.focusWidget()
    is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & COMMANDS
    is_press = event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat()
    if not is_enter or not is_press or not isinstance(button, QPushButton):
        return False
    if button.property("kind") == "preset":
        return False
    button.click()
    return True


def _is_letter_for_a_list(event: QKeyEvent) -> bool:
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(QApplication.focusWidget(), QComboBox):
        return False
    if event.modifiers() & COMMANDS or not event.text().isprintable() or not event.text():
        return False
    event.accept()
    return True


def _text_field() -> QWidget | None:
    """Field that text is being typed into; a number in a spin box is no text."""
    field = QApplication.focusWidget()
    match field:
        case QLineEdit() | QPlainTextEdit() | QTextEdit():
            return None if field.isReadOnly() else field
        case QComboBox():
            return field if field.isEditable() else None
    return None
