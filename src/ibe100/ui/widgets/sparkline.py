"""Small curve of a bitrate: one unfilled polyline, cheap to paint ten times a second."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.ui.themes.sizes import px
from ibe100.ui.themes.tokens import Colour, shade

LEAST_SPAN = 0.25
"""Least range of the curve as a part of its mean: noise must not look like trouble."""
MOST_HEIGHT = 40
"""Greatest height in pixels: a higher curve would say no more."""


def draw_sparkline(
    painter: QPainter, rect: QRectF, values: Sequence[int], capacity: int, colour: Colour = Colour.LINE
) -> None:
    """Draw a curve with the newest value at the right edge; `capacity` values fill the width."""
    if len(values) < 2 or rect.width() < 4:
        return
    low, high = min(values), max(values)
    mean = sum(values) / len(values)
    span = max(high - low, mean * LEAST_SPAN, 1.0)
    bottom = max(0.0, (high + low) / 2 - span / 2)
    step = rect.width() / max(1, capacity - 1)
    left = rect.right() - step * (len(values) - 1)
    points = [
        QPointF(left + at * step, rect.bottom() - (value - bottom) / span * rect.height())
        for at, value in enumerate(values)
    ]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(shade(colour), 1.2))
    painter.drawPolyline(QPolygonF(points))
    painter.restore()


class Sparkline(QWidget):
    """A sparkline as a widget, with a quiet base line."""

    def __init__(self, capacity: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: tuple[int, ...] = ()
        self._capacity = capacity
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Bitrate of the last samples")

    def show_values(self, values: Sequence[int]) -> None:
        """Show the curve as of now."""
        fresh = tuple(values)
        if fresh != self._values:
            self._values = fresh
            self.update()

    def sizeHint(self) -> QSize:
        """A modest strip; it grows with its layout."""
        return QSize(px(120), px(30))

    def minimumSizeHint(self) -> QSize:
        """Still readable."""
        return QSize(px(40), px(20))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint base line and curve."""
        painter = QPainter(self)
        height = min(self.height(), px(MOST_HEIGHT))
        strip = QRectF(0, (self.height() - height) / 2, self.width(), height)
        painter.setPen(shade(Colour.BORDER))
        painter.drawLine(0, int(strip.bottom()) - 1, self.width(), int(strip.bottom()) - 1)
        room = strip.adjusted(0, px(3), -1, -px(4))
        draw_sparkline(painter, room, self._values, self._capacity)
