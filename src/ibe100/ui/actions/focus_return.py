"""Return of the focus: when its holder goes, it goes back to where it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QApplication, QDialog, QMainWindow, QWidget

from ibe100.ui.actions.application_events import ApplicationEvents

REMEMBERED = 12


class FocusReturn(QObject):
    """Gives the focus back when its holder is hidden, disabled or behind a tab, and when a dialog closes.

    Qt hands it to the next widget in the order of Tab, which may be a field that eats letters. Where
    everything that had it is gone, `home` gets it.
    """

    def __init__(
        self,
        events: ApplicationEvents,
        window: QMainWindow,
        home: QWidget,
        is_in_sight: Callable[[QWidget], bool],
    ) -> None:
        super().__init__(events)
        self._window, self._home, self._is_in_sight = window, home, is_in_sight
        self._held: deque[QWidget] = deque(maxlen=REMEMBERED)
        """Widgets that had the focus, the latest last."""
        self._openers: dict[QDialog, QWidget | None] = {}
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._moved)
        events.take(self._shown, QEvent.Type.Show)
        events.take(self._hidden, QEvent.Type.Hide)

    def leave_hidden(self) -> None:
        """Give the focus back if its holder has gone behind a tab."""
        if not self._window.isVisible() or self._window.isMinimized():
            return
        holder = self._window.focusWidget()
        if holder is not None and not self._is_in_sight(holder):
            self._give_back(holder)

    def _moved(self, old: QWidget | None, now: QWidget | None) -> None:
        if now is None:
            return
        if old is not None and not sip.isdeleted(old) and self._was_taken_from(old, now):
            self._give_back(old)
            return
        if now in self._held:
            self._held.remove(now)
        self._held.append(now)

    def _was_taken_from(self, old: QWidget, now: QWidget) -> bool:
        """True where Qt moved the focus on within a window because `old` was hidden or disabled."""
        return old.window() is now.window() and not (old.isVisible() and old.isEnabled())

    def _give_back(self, old: QWidget) -> None:
        home = self._home if old.window() is self._window else None
        place = next(self._earlier(old), home)
        if place is not None:
            place.setFocus(Qt.FocusReason.OtherFocusReason)

    def _earlier(self, old: QWidget) -> Iterator[QWidget]:
        window = old.window()
        for widget in reversed(tuple(self._held)):
            if sip.isdeleted(widget):
                self._held.remove(widget)
            elif widget is not old and widget.window() is window and self._can_have_it(widget):
                yield widget

    def _can_have_it(self, widget: QWidget) -> bool:
        return widget.isVisible() and widget.isEnabled() and self._is_in_sight(widget)

    def _shown(self, widget: QWidget, _event: QEvent) -> bool:
        if isinstance(widget, QDialog):
            holder = QApplication.focusWidget()
            self._openers[widget] = None if holder is None or holder.window() is widget else holder
        return False

    def _hidden(self, widget: QWidget, _event: QEvent) -> bool:
        if isinstance(widget, QDialog) and widget in self._openers:
            opener = self._openers.pop(widget)
            if QApplication.activeWindow() in (None, widget) and self._window.isVisible():
                self._return_to(opener)
        return False

    def _return_to(self, opener: QWidget | None) -> None:
        """Put a window in front again, with the focus where it was when the dialog was opened."""
        window = None if opener is None or sip.isdeleted(opener) else opener.window()
        if window is None or not window.isVisible():
            self._window.activateWindow()
            return
        window.activateWindow()
        if opener is not None and self._can_have_it(opener):
            opener.setFocus(Qt.FocusReason.OtherFocusReason)
