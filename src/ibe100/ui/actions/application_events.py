"""Events of the whole application: filtered once, handed to those who ask for their kind."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QApplication, QWidget

Handler = Callable[[QWidget, QEvent], bool]
"""Returns True for an event that is used up."""


class ApplicationEvents(QObject):
    """The filter of the window, its docks, dialogs and popups.

    One for all who ask: each event of a filter crosses from Qt into Python.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._handlers: dict[QEvent.Type, list[Handler]] = {}
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        # What Qt still delivers while the interpreter goes must not come here.
        application.aboutToQuit.connect(self._leave)

    def take(self, handler: Handler, *kinds: QEvent.Type) -> None:
        """Hand events of these kinds to `handler`, after those who asked before."""
        for kind in kinds:
            self._handlers.setdefault(kind, []).append(handler)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """True for an event that somebody used up."""
        if event is None:
            return False
        handlers = self._handlers.get(event.type())
        if handlers is None or not isinstance(watched, QWidget):
            return False
        return any(handler(watched, event) for handler in handlers)

    def _leave(self) -> None:
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
