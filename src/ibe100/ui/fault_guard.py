"""Uncaught exceptions never end the console: logged, shown as a notice, and it goes on."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PyQt6.QtCore import QObject, pyqtSignal

log = logging.getLogger(__name__)


class FaultGuard(QObject):
    """Takes over `sys.excepthook` and `threading.excepthook`; `caught` crosses to the Qt thread."""

    caught = pyqtSignal(str)

    def install(self) -> None:
        """From here on, nothing uncaught ends the process."""
        sys.excepthook = self.handle
        threading.excepthook = self._handle_thread

    def uninstall(self) -> None:
        """Back to Python's own."""
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
