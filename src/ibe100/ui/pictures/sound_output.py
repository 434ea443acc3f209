"""Sound of a stream on this machine: Qt Multimedia on a thread of its own, which may wait for the device."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QThread, pyqtSignal, pyqtSlot

from ibe100.ui.widgets.timers import end_thread, load_sound, repeating

if TYPE_CHECKING:
    from PyQt6.QtCore import QIODevice
    from PyQt6.QtMultimedia import QAudioSink

log = logging.getLogger(__name__)
RATE_HZ, CHANNELS = 48_000, 2
BYTES_PER_S = RATE_HZ * CHANNELS * 2
FIRST_S, MOST_S = 0.3, 1.0
"""Sound that is waited for before it plays, and the most that is kept: what is older is dropped."""
STEP_MS = 20
RANGE_DB = 50
"""Range of the volume from just above 0 to 1: steps of it are alike for the ear."""
END_MS = 2000
NO_DEVICE = "this machine has no sound device"


class SoundStore:
    """Sound that waits to be played; filled and emptied by two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._portions: deque[bytes] = deque()
        self._bytes = 0
        self._is_filling = True

    def put(self, pcm: bytes) -> None:
        """Add a portion; where too much waits, the oldest goes."""
        with self._lock:
            self._portions.append(pcm)
            self._bytes += len(pcm)
            while self._bytes > MOST_S * BYTES_PER_S:
                self._bytes -= len(self._portions.popleft())

    def take(self, room: int) -> bytes:
        """As much as fits into `room` bytes, in whole portions; nothing until enough waits to go on with."""
        with self._lock:
            if self._is_filling and self._bytes < FIRST_S * BYTES_PER_S:
                return b""
            self._is_filling = False
            taken = b""
            while self._portions and len(taken) + len(self._portions[0]) <= room:
                taken += self._portions.popleft()
            self._bytes -= len(taken)
            self._is_filling = not self._portions
            return taken

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._portions.clear()
            self._bytes, self._is_filling = 0, True


class SoundOutput(QObject):
    """Plays what is put into `store`; `checked` and `failed` with the reason for which there is no sound."""

    checked = pyqtSignal(str)
    """Reason for which nothing can be heard here; empty where it can."""
    failed = pyqtSignal(str)
    _check = pyqtSignal()
    _start = pyqtSignal(float)
    _stop = pyqtSignal()
    _set_volume = pyqtSignal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = SoundStore()
        self._thread: QThread | None = None

    def check(self) -> None:
        """Look whether there is a sound device; `checked` tells."""
        self._begin()
        self._check.emit()

    def start(self, volume: float) -> None:
        """Play from now on; `volume` is 0 to 1 as the ear takes it."""
        self._begin()
        self.store.clear()
        self._start.emit(volume)

    def stop(self) -> None:
        """Play no more."""
        self._stop.emit()

    def set_volume(self, volume: float) -> None:
        """Change the volume, 0 to 1."""
        self._set_volume.emit(volume)

    def close(self) -> None:
        """End the thread; to be called before the window goes."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stop.emit()
        if not end_thread(thread, END_MS):
            log.warning("the sound server does not answer; its thread is left to the end of the process")

    def _begin(self) -> None:
        if self._thread is not None:
            return
        load_sound()
        self._thread = QThread(self)
        device = _Device(self.store)
        device.moveToThread(self._thread)
        self._check.connect(device.check)
        self._start.connect(device.start)
        self._stop.connect(device.stop)
        self._set_volume.connect(device.set_volume)
        device.checked.connect(self.checked)
        device.failed.connect(self.failed)
        self._thread.finished.connect(device.deleteLater)
        self._thread.start()


class _Device(QObject):
    """The sound device; lives on the thread."""

    checked = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, store: SoundStore) -> None:
        super().__init__()
        self._store = store
        self._sink: QAudioSink | None = None
        self._target: QIODevice | None = None
        self._timer = repeating(self, STEP_MS, self._step)

    @pyqtSlot()
    def check(self) -> None:
        """Tell whether there is a device."""
        self.checked.emit(_why_not())

    @pyqtSlot(float)
    def start(self, volume: float) -> None:
        """Open the device."""
        self.stop()
        if reason := _why_not():
            self.failed.emit(reason)
            return
        from PyQt6.QtMultimedia import QAudio, QAudioFormat, QAudioSink, QMediaDevices

        form = QAudioFormat()
        form.setSampleRate(RATE_HZ)
        form.setChannelCount(CHANNELS)
        form.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        device = QMediaDevices.defaultAudioOutput()
        self._sink = QAudioSink(device, form, self)
        self.set_volume(volume)
        self._target = self._sink.start()
        if self._target is None or self._sink.error() != QAudio.Error.NoError:
            self.stop()
            self.failed.emit(f"{device.description()} does not play")
            return
        self._timer.start()

    @pyqtSlot()
    def stop(self) -> None:
        """Close the device."""
        self._timer.stop()
        if self._sink is not None:
            self._sink.stop()
            self._sink.deleteLater()
        self._sink = self._target = None

    @pyqtSlot(float)
    def set_volume(self, volume: float) -> None:
        """Set the volume as the ear takes it."""
        if self._sink is not None:
            self._sink.setVolume(10 ** ((volume - 1) * RANGE_DB / 20) if volume > 0 else 0.0)

    def _step(self) -> None:
        if self._sink is not None and self._target is not None:
            pcm = self._store.take(self._sink.bytesFree())
            if pcm:
                self._target.write(pcm)


def _why_not() -> str:
    """Reason for which nothing can be heard here; empty where it can."""
    try:
        from PyQt6.QtMultimedia import QMediaDevices
    except ImportError as error:
        return f"Qt's sound cannot be loaded ({error})"
    return NO_DEVICE if QMediaDevices.defaultAudioOutput().isNull() else ""
