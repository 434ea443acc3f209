"""Keys typed ahead: those of a dialog that is open already and has not got the focus yet."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QDialog, QWidget

from ibe100.ui.actions.application_events import ApplicationEvents
from ibe100.ui.actions.cue_keys import KEY_EVENTS


class TypedAhead(QObject):
    """Hands keys to the dialog that was opened last until the window system gives it the keyboard.

    On a loaded machine that takes a while, and in the window behind letters are commands. A click into
    another window ends it. Before a dialog can open at all, `expect` drops what is typed.
    """

    def __init__(self, events: ApplicationEvents) -> None:
        super().__init__(events)
        self._awaited: QDialog | None = None
        self._opening = 0
        events.take(self._take_key, *KEY_EVENTS)
        events.take(self._shown, QEvent.Type.Show)
        events.take(self._settled, QEvent.Type.WindowActivate, QEvent.Type.Hide)
        events.take(self._clicked, QEvent.Type.MouseButtonPress)

    def expect(self) -> None:
        """Drop keys from now on: a dialog opens once the services have answered."""
        self._opening += 1

    def opened(self) -> None:
        """Keys count again: the answer is there, with a dialog or without."""
        self._opening -= 1

    def _shown(self, widget: QWidget, _event: QEvent) -> bool:
        if isinstance(widget, QDialog):
            self._awaited = widget
        return False

    def _settled(self, widget: QWidget, _event: QEvent) -> bool:
        if widget is self._awaited:
            self._awaited = None
        return False

    def _clicked(self, widget: QWidget, _event: QEvent) -> bool:
        if self._awaited is not None and widget.window() is not self._awaited:
            self._awaited = None
        return False

    def _take_key(self, watched: QWidget, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        dialog = self._awaited
        if dialog is None or sip.isdeleted(dialog) or not dialog.isVisible():
            self._awaited = None
            return self._drop(watched, event)
        if watched.window() is dialog:
            return False
        event.accept()
        if event.type() != QEvent.Type.ShortcutOverride:
            QApplication.sendEvent(_first_field(dialog), event.clone())
        return True

    def _drop(self, watched: QWidget, event: QKeyEvent) -> bool:
        """Drop a key while a dialog is on its way; True if there is one."""
        if not self._opening or isinstance(watched.window(), QDialog):
            return False
        event.accept()
        return True


def _first_field(dialog: QDialog) -> QWidget:
    """Widget of a dialog that has the focus, or will have it when the dialog gets the keyboard."""
    start = dialog.focusWidget()
    if start is not None:
        return start
    place = dialog.nextInFocusChain()
    while place is not None and place is not dialog:
        takes_tab = bool(place.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if takes_tab and place.isVisible() and place.isEnabled():
            place.setFocus(Qt.FocusReason.TabFocusReason)
            return place
        place = place.nextInFocusChain()
    return dialog
