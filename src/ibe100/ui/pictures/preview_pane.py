"""Picture and meters of one stream, as large as the room allows."""

from __future__ import annotations

import time

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.alarms.confidence import PictureSize
from ibe100.models.stream_state import Tally
from ibe100.ui.pictures.level_meter import LevelMeter
from ibe100.ui.pictures.picture_state import picture_state
from ibe100.ui.pictures.picture_view import PictureView
from ibe100.ui.pictures.stream_status import StreamStatus
from ibe100.ui.qt_models.confidence_model import ConfidenceModel
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.sizes import px

GAP = 8
NARROW, WIDE = 12, 60
"""Widths of the meters without and with scale and number, in pixels at 100 %."""
ROOMY_WIDTH, ROOMY_HEIGHT = 220, 110
ACROSS, DOWN = 16, 9
LARGE_PICTURE_WIDTH = 430
"""Width from which the small pictures of a preview are too coarse, in pixels."""
SILENT_TALLIES = frozenset({Tally.OFF, Tally.NO_INPUT, Tally.FAULT, Tally.UNKNOWN})


class PreviewPane(QWidget):
    """Picture beside its meters; the owner sets the size."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = PictureView(self)
        self.meter = LevelMeter(self)
        self.is_left_aligned = False
        """True leaves free room on the right, instead of on both sides."""
        self._is_heard = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def show_stream(
        self, row: StreamRow, confidence: ConfidenceModel, status: StreamStatus | None = None
    ) -> None:
        """Show the stream as of now; with a `status` the picture has a band for it."""
        stream_id = row.stream_id
        shown, moment = confidence.picture(stream_id), time.time()
        self.picture.show_picture(None if shown is None else shown.image)
        preview, begun_at = confidence.preview(stream_id), confidence.begun_at(stream_id)
        self.picture.show_state(picture_state(row, shown, preview, moment, begun_at), status)
        self._is_heard = row.view.state.is_active and row.view.tally not in SILENT_TALLIES
        self.show_levels(stream_id, confidence)

    def show_levels(self, stream_id: str, confidence: ConfidenceModel) -> None:
        """Show the latest levels; they fall at once when the stream stops or its input goes."""
        self.meter.show_levels(confidence.levels(stream_id) if self._is_heard else None)

    @property
    def wanted_size(self) -> PictureSize:
        """Size of pictures for the room there is."""
        return PictureSize.LARGE if self.picture.width() >= LARGE_PICTURE_WIDTH else PictureSize.SMALL

    def sizeHint(self) -> QSize:
        """Modest: the layout stretches it."""
        return QSize(160, 80)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lay out the largest picture of sixteen by nine that leaves room for the meters."""
        super().resizeEvent(event)
        meters = meter_width(self.width(), self.height())
        room = max(0, self.width() - meters - px(GAP))
        width = min(room, self.height() * ACROSS // DOWN)
        height = width * DOWN // ACROSS
        left = 0 if self.is_left_aligned else (self.width() - width - px(GAP) - meters) // 2
        top = (self.height() - height) // 2
        self.picture.setGeometry(left, top, width, height)
        self.meter.setGeometry(left + width + px(GAP), top, meters, height)


def meter_width(width: int, height: int) -> int:
    """Width of the meters in a pane of this size: without scale and number in a small one."""
    return px(WIDE if width >= px(ROOMY_WIDTH) and height >= px(ROOMY_HEIGHT) else NARROW)
