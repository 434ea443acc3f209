"""Lamps of TR 101 290, one per priority: the word, the count, and a fill only when there were errors."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import RADIUS_SHAPE, SCALE, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.tally_mark import SEVERITY_FILL, SEVERITY_INK
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.ui.words.tr101290 import PRIORITIES
from ibe100.utils.units import UNKNOWN

NAME = "TR 101 290"
MOST_SHOWN = 99
GAP, EDGE, HEIGHT = 4, 4, 22
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ErrorLamps(QWidget):
    """Errors by priority behind the name of the standard; a short form shows a tick while there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sums: dict[int, int | None] = dict.fromkeys(PRIORITIES)
        self.is_short = False
        """True shows only the lamps that are lit."""
        self._describe()

    def show_sums(self, sums: Mapping[int, int | None]) -> None:
        """Change the counts; None is not measured."""
        fresh = {priority: sums.get(priority) for priority in PRIORITIES}
        if fresh != self._sums:
            self._sums = fresh
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:
        """Room for the name and three counts."""
        metrics = QFontMetrics(sans(SCALE))
        name = metrics.horizontalAdvance(NAME) + px(2 * GAP)
        return QSize(name + 3 * (self._lamp(metrics) + px(GAP)), px(HEIGHT))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the name, and a box for each lamp or the tick that stands for all."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(sans(SCALE))
        metrics = painter.fontMetrics()
        lamps = [one for one in self._sums.items() if one[1] or not self.is_short]
        width = len(lamps) * (self._lamp(metrics) + px(GAP)) or px(HEIGHT)
        name = metrics.horizontalAdvance(NAME) + px(2 * GAP)
        left = 0
        if name + width <= self.width():
            painter.setPen(shade(Colour.TEXT_MUTED))
            painter.drawText(QRect(0, 0, name, self.height()), LEFT, NAME)
            left = name
        if not lamps:
            self._paint_none(painter, left)
        for priority, count in lamps:
            box = QRect(left, (self.height() - px(HEIGHT)) // 2, self._lamp(metrics), px(HEIGHT))
            self._paint_lamp(painter, box, priority, count)
            left += box.width() + px(GAP)

    def _paint_none(self, painter: QPainter, left: int) -> None:
        """Paint a tick, or a dash where nothing is measured."""
        if all(count is None for count in self._sums.values()):
            painter.setPen(shade(Colour.TEXT_MUTED))
            painter.drawText(QRect(left, 0, px(HEIGHT), self.height()), LEFT, UNKNOWN)
            return
        side = px(16)
        pixmap = icon_pixmap("check", Colour.TEXT_SECOND, side, self.devicePixelRatioF())
        painter.drawPixmap(left, (self.height() - side) // 2, pixmap)

    def _paint_lamp(self, painter: QPainter, box: QRect, priority: int, count: int | None) -> None:
        lit = bool(count)
        painter.setBrush(shade(SEVERITY_FILL[Severity(priority)] if lit else Colour.PANEL))
        painter.setPen(shade(Colour.ALARM_EDGE if lit else Colour.BORDER))
        painter.drawRoundedRect(box.adjusted(0, 0, -1, -1), px(RADIUS_SHAPE), px(RADIUS_SHAPE))
        painter.setPen(shade(SEVERITY_INK[Severity(priority)] if lit else Colour.TEXT_MUTED))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"P{priority} {_count_text(count)}")

    def _lamp(self, metrics: QFontMetrics) -> int:
        return metrics.horizontalAdvance(f"P1 {MOST_SHOWN}+") + px(2 * EDGE)

    def _describe(self) -> None:
        words = ", ".join(f"priority {p}: {_count_text(count)}" for p, count in self._sums.items())
        self.setAccessibleName(f"{NAME} errors, lit until 10 s after the last: {words}")
        set_tooltip(self, self.accessibleName())


def _count_text(count: int | None) -> str:
    if count is None:
        return UNKNOWN
    return str(count) if count <= MOST_SHOWN else f"{MOST_SHOWN}+"
