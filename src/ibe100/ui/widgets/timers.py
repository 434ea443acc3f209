"""Timers of widgets, in one line; begin and end of a thread for sound."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from PyQt6 import sip
from PyQt6.QtCore import QObject, QThread, QTimer


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


def end_thread(thread: QThread, longest_ms: int) -> bool:
    """End a thread; False where it does not answer in time, and is left to the end of the process.

    Qt ends the process when a thread that runs is destroyed, as Python would at the last reference.
    """
    thread.quit()
    if thread.wait(longest_ms):
        return True
    thread.setParent(None)
    sip.transferto(thread, None)  # type: ignore[arg-type]  # None is C++, says its documentation
    return False


def load_sound() -> None:
    """Import Qt's sound, on the main thread, before another one uses it.

    Its import on a second thread while the main one used Qt ended the console by a segmentation fault.
    Where it cannot be loaded, whoever uses it says why.
    """
    with suppress(ImportError):
        import PyQt6.QtMultimedia  # noqa: F401
