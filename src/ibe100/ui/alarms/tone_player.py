"""Player of tones: Qt Multimedia on a thread of its own, or the system's beep without a sound device."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PyQt6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QThread, pyqtSignal, pyqtSlot
from PyQt6.QtWidgets import QApplication

from ibe100.ui.alarms.tones import RATE_HZ
from ibe100.ui.widgets.timers import end_thread, load_sound

if TYPE_CHECKING:
    from PyQt6.QtMultimedia import QAudioSink

log = logging.getLogger(__name__)
NO_DEVICE = "this machine has no sound device"
END_MS = 2000


class TonePlayer(QObject):
    """Plays one tone at a time; a sound server that hangs holds up nothing of the window.

    `played` after each, with the reason for which it was the system's beep; empty for a tone.
    """

    played = pyqtSignal(str)
    _wanted = pyqtSignal(bytes)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: QThread | None = None
        self._output: _Output | None = None
        self._told = ""

    def play(self, samples: bytes) -> None:
        """Play 16-bit samples; returns at once."""
        if self._thread is None:
            load_sound()
            self._thread = QThread(self)
            self._output = _Output()
            self._output.moveToThread(self._thread)
            self._wanted.connect(self._output.play)
            self._output.done.connect(self._done)
            self._thread.finished.connect(self._output.deleteLater)
            self._thread.start()
        self._wanted.emit(samples)

    def close(self) -> None:
        """End the thread; to be called before the window goes."""
        thread, self._thread = self._thread, None
        if thread is not None and not end_thread(thread, END_MS):
            log.warning("the sound server does not answer; its thread is left to the end of the process")

    def _done(self, problem: str) -> None:
        if problem:
            QApplication.beep()
        if problem != self._told:
            self._told = problem
            log.info("alarms beep: %s", problem) if problem else log.info("alarms sound again")
        self.played.emit(problem)


class _Output(QObject):
    """The sound device; lives on the player's thread."""

    done = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._sink: QAudioSink | None = None
        self._samples: QBuffer | None = None

    @pyqtSlot(bytes)
    def play(self, samples: bytes) -> None:
        """Begin to play; a tone that still sounds is cut off."""
        try:
            from PyQt6.QtMultimedia import QAudio, QAudioFormat, QAudioSink, QMediaDevices
        except ImportError as error:
            self.done.emit(f"Qt's sound cannot be loaded ({error})")
            return
        device = QMediaDevices.defaultAudioOutput()
        if device.isNull():
            self.done.emit(NO_DEVICE)
            return
        form = QAudioFormat()
        form.setSampleRate(RATE_HZ)
        form.setChannelCount(1)
        form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        if self._sink is not None:
            self._sink.stop()
            self._sink.deleteLater()
        self._samples = QBuffer(self)
        self._samples.setData(QByteArray(samples))
        self._samples.open(QIODevice.OpenModeFlag.ReadOnly)
        self._sink = QAudioSink(device, form, self)
        self._sink.start(self._samples)
        failed = self._sink.error() != QAudio.Error.NoError
        self.done.emit(f"{device.description()} does not play" if failed else "")
