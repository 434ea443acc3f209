"""Latest picture, levels and preview state of each stream, as the window knows them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QImage

from ibe100.models.alarms.confidence import Picture, Preview, SoundLevels

BYTES_PER_PIXEL = 3


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """Picture as Qt paints it, and when it was taken (wall clock)."""

    image: QImage
    taken_at: float


class ConfidenceModel(QObject):
    """Latest values by stream; each signal carries the `stream_id`."""

    picture_changed = pyqtSignal(str)
    levels_changed = pyqtSignal(str)
    preview_changed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[str, ShownPicture] = {}
        self._levels: dict[str, SoundLevels] = {}
        self._previews: dict[str, Preview] = {}
        self._begun_at: dict[str, float] = {}

    def picture(self, stream_id: str) -> ShownPicture | None:
        """The latest picture of a stream, however old."""
        return self._pictures.get(stream_id)

    def levels(self, stream_id: str) -> SoundLevels | None:
        """The latest sound levels of a stream, however old."""
        return self._levels.get(stream_id)

    def preview(self, stream_id: str) -> Preview:
        """State of a stream's preview: on or off, and its fault."""
        return self._previews.get(stream_id, Preview(stream_id=stream_id))

    def begun_at(self, stream_id: str) -> float:
        """Moment the preview began (wall clock); earlier pictures say nothing about it."""
        return self._begun_at.get(stream_id, 0.0)

    def take_picture(self, picture: Picture) -> None:
        """Take a newer picture."""
        image = QImage(
            picture.pixels,
            picture.width,
            picture.height,
            picture.width * BYTES_PER_PIXEL,
            QImage.Format.Format_RGB888,
        )
        # The conversion copies: the bytes need not live as long as the image.
        painted = image.convertToFormat(QImage.Format.Format_RGB32)
        self._pictures[picture.stream_id] = ShownPicture(painted, picture.taken_at)
        self.picture_changed.emit(picture.stream_id)

    def take_levels(self, levels: SoundLevels) -> None:
        """Take newer levels."""
        self._levels[levels.stream_id] = levels
        self.levels_changed.emit(levels.stream_id)

    def take_preview(self, preview: Preview) -> None:
        """Take a changed state of a preview."""
        if preview.is_on and not self.preview(preview.stream_id).is_on:
            self._begun_at[preview.stream_id] = time.time()
        self._previews[preview.stream_id] = preview
        self.preview_changed.emit(preview.stream_id)

    def forget(self, stream_id: str) -> None:
        """Forget a deleted stream."""
        for known in (self._pictures, self._levels, self._previews, self._begun_at):
            known.pop(stream_id, None)
