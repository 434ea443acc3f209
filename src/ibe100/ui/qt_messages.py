"""Qt's own messages go to the log like everything else."""

from __future__ import annotations

import logging

from PyQt6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

log = logging.getLogger("qt")
LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
OFFSCREEN_SAYS = "This plugin does not support"
"""Said by Qt's display without a screen about windows it cannot move or raise; nobody can act on it."""


def log_qt_messages() -> None:
    """From here on nothing of Qt's appears on the terminal unlogged."""
    qInstallMessageHandler(_take)


def _take(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
    level = logging.DEBUG if (text or "").startswith(OFFSCREEN_SAYS) else LEVELS[kind]
    log.log(level, "%s", text)
