"""Timers of widgets, in one line."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer


def repeating(parent: QObject, interval_ms: int, call: Callable[[], object]) -> QTimer:
    """A timer that calls every `interval_ms` once it is started."""
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    timer.timeout.connect(call)
    return timer


def single_shot(parent: QObject, interval_ms: int, call: Callable[[], object]) -> QTimer:
    """A timer that calls once, `interval_ms` after it was last started."""
    timer = repeating(parent, interval_ms, call)
    timer.setSingleShot(True)
    return timer
