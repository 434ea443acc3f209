"""Picture and meters of one stream, as large as the room allows."""

from __future__ import annotations

import time

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.alarms.confidence import PictureSize
from ibe100.models.scte35_marker import Cue
from ibe100.ui.pictures.level_meter import WIDE, LevelMeter
from ibe100.ui.pictures.picture_state import countdown_of, picture_state
from ibe100.ui.pictures.picture_view import PictureView
from ibe100.ui.qt_models.confidence_model import ConfidenceModel
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.sizes import px

GAP = 6
NARROW = 12
"""Width of the meters where there is no room for numbers, in pixels."""
ROOMY_WIDTH = 220
WIDE_PART = 0.06
ACROSS, DOWN = 16, 9
LARGE_PICTURE_WIDTH = 430
"""Width from which the small pictures of a preview are too coarse, in pixels."""


class PreviewPane(QWidget):
    """Picture beside its meters; the owner sets the size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = PictureView(self)
        self.meter = LevelMeter(self)
        self.is_left_aligned = False
        """True leaves free room on the right, instead of on both sides."""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def show_stream(self, row: StreamRow, cue: Cue | None, confidence: ConfidenceModel) -> None:
        """Show the stream as of now."""
        stream_id = row.stream_id
        shown, moment = confidence.picture(stream_id), time.time()
        self.picture.show_picture(None if shown is None else shown.image)
        preview, begun_at = confidence.preview(stream_id), confidence.begun_at(stream_id)
        state = picture_state(row, shown, preview, moment, begun_at)
        self.picture.show_state(state, countdown_of(row, cue, moment))
        self.meter.show_levels(confidence.levels(stream_id))

    @staticmethod
    def width_for(height: int) -> int:
        """Width that a picture of this height needs with its meters."""
        return height * ACROSS // DOWN + px(GAP + NARROW)

    @property
    def wanted_size(self) -> PictureSize:
        """Size of pictures for the room there is."""
        return PictureSize.LARGE if self.picture.width() >= LARGE_PICTURE_WIDTH else PictureSize.SMALL

    def sizeHint(self) -> QSize:
        """Modest: the layout stretches it."""
        return QSize(px(160), px(80))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lay out the largest picture of sixteen by nine that leaves room for the meters."""
        super().resizeEvent(event)
        roomy = self.width() >= px(ROOMY_WIDTH)
        meter_width = max(px(WIDE), int(self.width() * WIDE_PART)) if roomy else px(NARROW)
        room = max(0, self.width() - meter_width - px(GAP))
        width = min(room, self.height() * ACROSS // DOWN)
        height = width * DOWN // ACROSS
        left = 0 if self.is_left_aligned else (self.width() - width - px(GAP) - meter_width) // 2
        top = (self.height() - height) // 2
        self.picture.setGeometry(left, top, width, height)
        self.meter.setGeometry(left + width + px(GAP), top, meter_width, height)
