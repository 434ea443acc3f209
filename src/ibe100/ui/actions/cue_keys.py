"""Keys of cues: taken wherever the keyboard is in the console, but never while text is typed."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

SHORTCUTS = {Qt.Key.Key_F9: "F9", Qt.Key.Key_F10: "F10"}
HELD = {Qt.Key.Key_F11: "F11", Qt.Key.Key_F12: "F12"}
NOT_TAKEN = "ignored while a text field has the keyboard: leave it with Esc, then press again"
COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
KEY_EVENTS = frozenset({QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease})


class CueKeys(QObject):
    """Filter of the keys of the window and of its floating docks.

    F9, F10 and Esc are shortcuts, which a text field is let have. F11 and F12 are held, and a shortcut knows
    no release: they go to `take_held`. A key that is not taken is told by `refused`, with its name and why.
    """

    refused = pyqtSignal(str, str)

    def __init__(self, window: QMainWindow, take_held: Callable[[QKeyEvent], bool]) -> None:
        super().__init__(window)
        self._window, self._take_held = window, take_held
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        # What Qt still delivers while the interpreter goes must not come here.
        application.aboutToQuit.connect(self._leave)

    def _leave(self) -> None:
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """True for a key that is used up here."""
        if event is None or event.type() not in KEY_EVENTS:
            return False
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget) or not self._is_ours(watched):
            return False
        field = _text_field()
        if event.key() in HELD and not event.modifiers() and event.type() != QEvent.Type.ShortcutOverride:
            return self._held(event, field)
        if field is None:
            return self._chosen_by_letter(event)
        return self._typed(event, field)

    def _chosen_by_letter(self, event: QKeyEvent) -> bool:
        """Leave letters to a list that drops down, which they search; True if it was such a key."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(
            QApplication.focusWidget(), QComboBox
        ):
            return False
        if event.modifiers() & COMMANDS or not event.text().isprintable() or not event.text():
            return False
        event.accept()
        return True

    def _held(self, event: QKeyEvent, field: QWidget | None) -> bool:
        if field is None or event.type() == QEvent.Type.KeyRelease:
            return self._take_held(event)
        if not event.isAutoRepeat():
            self.refused.emit(HELD[Qt.Key(event.key())], NOT_TAKEN)
        return True

    def _typed(self, event: QKeyEvent, field: QWidget) -> bool:
        """Take F9, F10 and Esc within a text field: no cue is fired, Esc leaves the field."""
        if event.key() not in SHORTCUTS and event.key() != Qt.Key.Key_Escape:
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
            if event.key() == Qt.Key.Key_Escape:
                field.clearFocus()
            else:
                self.refused.emit(SHORTCUTS[Qt.Key(event.key())], NOT_TAKEN)
        return True

    def _is_ours(self, widget: QWidget) -> bool:
        """True in the window or a floating dock of it; dialogs and drop-down lists have their own keys."""
        place = widget.window()
        return place is self._window or (
            isinstance(place, QDockWidget) and place.parentWidget() is self._window
        )


def _text_field() -> QWidget | None:
    """Field that text is being typed into; a number in a spin box is no text."""
    field = QApplication.focusWidget()
    match field:
        case QLineEdit() | QPlainTextEdit() | QTextEdit():
            return None if field.isReadOnly() else field
        case QComboBox():
            return field if field.isEditable() else None
    return None
