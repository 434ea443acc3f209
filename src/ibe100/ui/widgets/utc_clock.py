"""Clock: UTC with frames, the date and local time beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtCore import QRect, QSize, Qt, QTimer
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.sizes import SCALE, STATE, on_text_size, px
from ibe100.ui.themes.tokens import Colour, shade

FRAMES_PER_S = 25


class UtcClock(QWidget):
    """Clock HH:MM:SS:FF at 25 frames a second; repaints itself only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Clock, UTC")
        self._digits = self._frames = self._beside = 0
        on_text_size(self, UtcClock._fit)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1000 // FRAMES_PER_S)
        self._timer.timeout.connect(self.update)
        self._timer.start()

    def _fit(self) -> None:
        self._digits = QFontMetrics(mono(24, bold=True)).horizontalAdvance("00:00:00")
        self._frames = QFontMetrics(mono(STATE)).horizontalAdvance(":00")
        self._beside = QFontMetrics(mono(SCALE)).horizontalAdvance("2026-11-22") + px(4)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Room for the time, its frames, and two short lines."""
        return QSize(self._digits + self._frames + self._beside + px(46), px(40))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the time as of now."""
        at = datetime.now(UTC)
        local = at.astimezone()
        frame = at.microsecond * FRAMES_PER_S // 1_000_000
        painter = QPainter(self)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(shade(Colour.TEXT))
        painter.setFont(mono(24, bold=True))
        painter.drawText(QRect(0, 0, self._digits, self.height()), middle, f"{at:%H:%M:%S}")
        painter.setFont(mono(STATE))
        painter.setPen(shade(Colour.TALLY_AMBER_TEXT))
        painter.drawText(QRect(self._digits, px(2), self._frames, self.height()), middle, f":{frame:02d}")
        left = self._digits + self._frames + px(10)
        room = self.width() - left
        painter.setFont(sans(SCALE, bold=True))
        painter.setPen(shade(Colour.TEXT))
        painter.drawText(QRect(left, px(3), room, px(17)), middle, "UTC")
        painter.setFont(mono(SCALE))
        painter.setPen(shade(Colour.TEXT_MUTED))
        painter.drawText(QRect(left + px(32), px(3), room - px(32), px(17)), middle, f"{at:%Y-%m-%d}")
        painter.drawText(QRect(left, px(20), room, px(17)), middle, f"{local:%H:%M:%S} local")
