"""Watch over key and mouse: a console that nobody touches is locked."""

from __future__ import annotations

import time

from PyQt6.QtCore import QCoreApplication, QEvent, QObject, pyqtSignal

from ibe100.ui.widgets.timers import repeating

TOUCHES = frozenset(
    {QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.Wheel}
)
LOOK_MS = 1000


class IdleWatch(QObject):
    """Emits `idle` once when nothing was touched for `limit_s`; 0 never."""

    idle = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.limit_s = 0.0
        self._touched_at = time.monotonic()
        self._is_told = False
        application = QCoreApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        application.aboutToQuit.connect(lambda: application.removeEventFilter(self))
        self._timer = repeating(self, LOOK_MS, self.look)
        self._timer.start()

    def touch(self) -> None:
        """Begin to count anew."""
        self._touched_at, self._is_told = time.monotonic(), False

    def look(self) -> None:
        """Tell when the time is over."""
        if self.limit_s and not self._is_told and time.monotonic() - self._touched_at >= self.limit_s:
            self._is_told = True
            self.idle.emit()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Note each touch, and pass it on."""
        if event is not None and event.type() in TOUCHES:
            self.touch()
        return False
