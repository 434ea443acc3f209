"""Faults nobody caught, and Qt's own messages: logged, and the console goes on."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PyQt6.QtCore import QMessageLogContext, QObject, QtMsgType, pyqtSignal, qInstallMessageHandler

log = logging.getLogger(__name__)
qt_log = logging.getLogger("qt")
LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
OFFSCREEN_SAYS = "This plugin does not support"
"""Beginning of what Qt's display without a screen says of windows it cannot move; nobody can act on it."""


class FaultGuard(QObject):
    """Takes over `sys.excepthook` and `threading.excepthook`; `caught` crosses to the Qt thread."""

    caught = pyqtSignal(str)

    def install(self) -> None:
        """Catch everything uncaught from here on."""
        sys.excepthook = self.handle
        threading.excepthook = self._handle_thread

    def uninstall(self) -> None:
        """Restore Python's own hooks."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def handle(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log the error and say so in the window."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("uncaught in the console", exc_info=(kind, error, trace))
        self.caught.emit(
            f"An error in the console itself ({kind.__name__}: {error}). It is in the log; the console "
            "goes on and the streams are not touched."
        )

    def _handle_thread(self, fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            self.handle(fault.exc_type, fault.exc_value, fault.exc_traceback)


def log_qt_messages() -> None:
    """Send Qt's messages to the log from here on."""
    qInstallMessageHandler(_take)


def _take(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
    level = logging.DEBUG if (text or "").startswith(OFFSCREEN_SAYS) else LEVELS[kind]
    qt_log.log(level, "%s", text)
