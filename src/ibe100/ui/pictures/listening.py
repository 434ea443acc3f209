"""Listening to one stream: which one, how loud, and why nothing is heard."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from ibe100.ui.pictures.sound_output import SoundOutput
from ibe100.ui.service_client import ServiceClient

if TYPE_CHECKING:
    from ibe100.services.ports import Services

FIRST_LEVEL = 70
"""Per cent, as the ear takes it."""


class Listening(QObject):
    """Plays the selected stream, or the one it stays with; never touches a stream's way.

    What it plays is decoded from the copy that the previews look at.
    """

    changed = pyqtSignal()
    refused = pyqtSignal(str)
    """Reason for which nothing is heard, when somebody wanted to."""

    def __init__(self, client: ServiceClient, output: SoundOutput, parent: QObject) -> None:
        super().__init__(parent)
        self._client, self._output = client, output
        self._selected = ""
        self._level, self._is_muted = FIRST_LEVEL, False
        self._pump: _Pump | None = None
        self.stream_id = ""
        """Stream that is heard; empty while nothing is."""
        self.stays = False
        """True where it stays with its stream, False where it follows the selection."""
        self.refusal = ""
        """Reason for which this machine plays nothing; empty where it does, or that is not known yet."""
        output.checked.connect(self._checked)
        output.failed.connect(self._failed)

    @property
    def is_on(self) -> bool:
        """True while a stream is played."""
        return bool(self.stream_id)

    @property
    def level(self) -> int:
        """Volume in per cent."""
        return self._level

    @property
    def is_muted(self) -> bool:
        """True while it is played without a sound."""
        return self._is_muted

    def check(self) -> None:
        """Look whether this machine can play; to be asked when somebody is about to."""
        self._output.check()

    def toggle(self) -> None:
        """Listen to the selected stream, or no longer."""
        if self.is_on:
            self.stop()
        elif self._selected:
            self._output.start(self._volume)
            self._play(self._selected)

    def stop(self) -> None:
        """Listen no longer."""
        self._play("")
        self._output.stop()

    def select(self, stream_id: str) -> None:
        """Follow the selection, unless it stays."""
        self._selected = stream_id
        if self.is_on and not self.stays:
            self._play(stream_id)

    def set_stays(self, stays: bool) -> None:
        """Stay with the stream, or follow the selection."""
        self.stays = stays
        if self.is_on and not stays:
            self._play(self._selected)
        self.changed.emit()

    def set_level(self, level: int) -> None:
        """Change the volume, in per cent; it is heard again where it was muted."""
        self._level, self._is_muted = level, False
        self._output.set_volume(self._volume)
        self.changed.emit()

    def set_muted(self, muted: bool) -> None:
        """Play without a sound, or with it."""
        self._is_muted = muted
        self._output.set_volume(self._volume)
        self.changed.emit()

    def close(self) -> None:
        """End with the window."""
        self._play("")
        self._output.close()

    @property
    def _volume(self) -> float:
        return 0.0 if self._is_muted else self._level / 100

    def _play(self, stream_id: str) -> None:
        if stream_id == self.stream_id:
            return
        if self._pump is not None:
            self._pump.is_wanted = False
            self._pump = None
        self.stream_id = stream_id
        self._output.store.clear()
        if stream_id:
            self._pump = pump = _Pump(stream_id, self._output)
            call = self._client.ask("Listen", pump.run)
            call.then(lambda _none: None, lambda words: self._ended_by(pump, words), owner=self)
        self.changed.emit()

    def _ended_by(self, pump: _Pump, words: str) -> None:
        if pump is self._pump:
            self._failed(words)

    def _checked(self, reason: str) -> None:
        if reason != self.refusal:
            self.refusal = reason
            self.changed.emit()

    def _failed(self, reason: str) -> None:
        self.refusal = reason
        self._play("")
        self.changed.emit()
        self.refused.emit(reason)


class _Pump:
    """Carries the sound of one stream from the services to the device, until it is not wanted."""

    def __init__(self, stream_id: str, output: SoundOutput) -> None:
        self._stream_id, self._output = stream_id, output
        self.is_wanted = True

    async def run(self, services: Services) -> None:
        """Until it is not wanted; the services yield an empty portion where nothing comes."""
        async with aclosing(services.preview.listen(self._stream_id)) as sound:
            async for pcm in sound:
                if not self.is_wanted:
                    return
                if pcm:
                    self._output.store.put(pcm)
