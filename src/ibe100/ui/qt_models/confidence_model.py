"""Latest picture, levels and preview state of each stream, as the window knows them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QImage

from ibe100.models.alarms.confidence import Picture, Preview, SoundLevels

BYTES_PER_PIXEL = 3
GAPS, MOST_GAP_S = 5, 15.0
"""Intervals between pictures that are remembered, and the longest that counts."""


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """Picture as Qt paints it, and when it was taken (wall clock)."""

    image: QImage
    taken_at: float
    every_s: float = 0.0
    """Usual time between pictures: as far apart as the keyframes of the stream are, at the least."""


class ConfidenceModel(QObject):
    """Latest values by stream; each signal carries the `stream_id`."""

    picture_changed = pyqtSignal(str)
    levels_changed = pyqtSignal(str)
    preview_changed = pyqtSignal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[str, ShownPicture] = {}
        self._levels: dict[str, SoundLevels] = {}
        self._gaps: dict[str, deque[float]] = {}
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
        gaps = self._gaps.setdefault(picture.stream_id, deque(maxlen=GAPS))
        before = self._pictures.get(picture.stream_id)
        if before is not None and picture.taken_at > before.taken_at:
            # What was lost for a while says nothing about how often pictures come.
            gaps.append(min(picture.taken_at - before.taken_at, MOST_GAP_S))
        every_s = sorted(gaps)[len(gaps) // 2] if gaps else 0.0
        self._pictures[picture.stream_id] = ShownPicture(painted, picture.taken_at, every_s)
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
        for known in (self._pictures, self._levels, self._gaps, self._previews, self._begun_at):
            known.pop(stream_id, None)
