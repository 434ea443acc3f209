"""A thread that hangs is left behind, and takes neither the window nor the process with it."""

from __future__ import annotations

import gc
import threading

from PyQt6.QtCore import QObject, QThread, pyqtSlot
from PyQt6.QtWidgets import QApplication

from ibe100.ui.widgets.timers import end_thread

LONG_MS = 20_000


class Hanging(QObject):
    """Work that waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.go_on = threading.Event(), threading.Event()

    @pyqtSlot()
    def work(self) -> None:
        self.began.set()
        self.go_on.wait(20)


def test_a_thread_that_hangs_is_left_behind(themed: QApplication) -> None:
    owner = QObject()
    thread, hanging = QThread(owner), Hanging()
    hanging.moveToThread(thread)
    thread.started.connect(hanging.work)
    thread.start()
    assert hanging.began.wait(20)
    assert not end_thread(thread, 10)
    del owner
    gc.collect()
    assert thread.isRunning()
    hanging.go_on.set()
    assert thread.wait(LONG_MS)


def test_a_thread_that_answers_ends(themed: QApplication) -> None:
    thread = QThread()
    thread.start()
    assert end_thread(thread, LONG_MS)
    assert thread.isFinished()
