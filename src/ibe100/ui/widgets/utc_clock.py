"""Clock: UTC with frames, the date and local time beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtCore import QRect, QSize, Qt, QTimer
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import CLOCK, SCALE, STATE, TARGET, on_text_size, px
from ibe100.ui.themes.tokens import Colour, shade

FRAMES_PER_S = 25
SMALL_CLOCK = 26
GAP = 8
FLUSH = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
SECOND_LOOK_MS = 100
"""Between two looks without frames: no second is late by more."""


class UtcClock(QWidget):
    """Clock HH:MM:SS:FF at 25 frames a second; repaints itself only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_small = self._is_short = False
        self.setAccessibleName("Clock, UTC")
        self._shows_frames = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        on_text_size(self, UtcClock.updateGeometry)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1000 // FRAMES_PER_S)
        self._timer.timeout.connect(self.update)
        self._timer.start()

    def set_small(self, small: bool) -> None:
        """Show smaller digits, for a low bar."""
        if small is not self._is_small:
            self._is_small = small
            self.updateGeometry()

    def set_short(self, short: bool) -> None:
        """Leave out date and local time."""
        if short is not self._is_short:
            self._is_short = short
            self.updateGeometry()

    def show_frames(self, shown: bool) -> None:
        """Show frames or not; their room stays, so that nothing moves."""
        self._shows_frames = shown
        self._timer.setInterval(1000 // FRAMES_PER_S if shown else SECOND_LOOK_MS)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the time, its frames, and beside them one or two short lines."""
        digits, frames, line = self._metrics()
        beside = line.horizontalAdvance("UTC" if self._is_short else "UTC Wed 00 Nov")
        width = (
            digits.horizontalAdvance("00:00:00") + frames.horizontalAdvance(":00") + px(GAP) + beside + px(2)
        )
        return QSize(width, max(digits.height(), 2 * line.height()))

    def minimumSizeHint(self) -> QSize:
        """Never cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the time as of now."""
        at = datetime.now(UTC)
        frame = at.microsecond * FRAMES_PER_S // 1_000_000
        digits, frames, line = self._metrics()
        time_width, frames_width = digits.horizontalAdvance("00:00:00"), frames.horizontalAdvance(":00")
        painter = QPainter(self)
        painter.setPen(shade(Colour.TEXT))
        painter.setFont(self._digits_font())
        painter.drawText(QRect(0, 0, time_width, self.height()), FLUSH, f"{at:%H:%M:%S}")
        painter.setFont(self._frames_font())
        painter.setPen(shade(Colour.TEXT_MUTED))
        lowered = (digits.ascent() - frames.ascent()) // 2
        place = QRect(time_width, lowered, frames_width + px(2), self.height())
        if self._shows_frames:
            painter.drawText(place, MIDDLE, f":{frame:02d}")
        left = time_width + frames_width + px(GAP)
        room = self.width() - left
        painter.setFont(sans(SCALE, bold=True))
        painter.setPen(shade(Colour.TEXT))
        if self._is_short:
            painter.drawText(QRect(left, 0, room, self.height()), MIDDLE, "UTC")
            return
        top = self.height() // 2 - line.height()
        painter.drawText(QRect(left, top, room, line.height()), MIDDLE, f"UTC {at:%a %d %b}")
        painter.setFont(sans(SCALE))
        painter.setPen(shade(Colour.TEXT_SECOND))
        local = f"{at.astimezone():%H:%M:%S} local"
        painter.drawText(QRect(left, top + line.height(), room, line.height()), MIDDLE, local)

    def _digits_font(self) -> QFont:
        return sans(SMALL_CLOCK if self._is_small else CLOCK, bold=True)

    def _frames_font(self) -> QFont:
        return sans(STATE if self._is_small else TARGET)

    def _metrics(self) -> tuple[QFontMetrics, QFontMetrics, QFontMetrics]:
        return (
            QFontMetrics(self._digits_font()),
            QFontMetrics(self._frames_font()),
            QFontMetrics(sans(SCALE, bold=True)),
        )
