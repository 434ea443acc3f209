"""Three lamps, one per TR 101 290 priority: the word, the count, and a fill only when there are errors."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.ui.themes.enterprise_theme import mono
from ibe100.ui.themes.sizes import RADIUS_SHAPE, SCALE, on_text_size, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.tally_mark import SEVERITY_FILL, SEVERITY_INK
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.ui.words.tr101290 import PRIORITIES
from ibe100.utils.units import UNKNOWN

MOST_SHOWN = 99
GAP = 3


class ErrorLamps(QWidget):
    """Errors of the last second by priority."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sums: dict[int, int | None] = dict.fromkeys(PRIORITIES)
        on_text_size(self, lambda lamps: lamps.setFixedSize(lamps.sizeHint()))
        self._describe()

    def show_sums(self, sums: Mapping[int, int | None]) -> None:
        """Change the counts; None is not measured."""
        fresh = {priority: sums.get(priority) for priority in PRIORITIES}
        if fresh != self._sums:
            self._sums = fresh
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:
        """Room for three counts."""
        return QSize(3 * self._lamp_width() + 2 * px(GAP), px(22))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint three boxes."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(mono(SCALE))
        for at, (priority, count) in enumerate(self._sums.items()):
            lit = bool(count)
            fill = SEVERITY_FILL[Severity(priority)] if lit else Colour.PANEL
            painter.setBrush(shade(fill))
            painter.setPen(shade(Colour.ALARM_EDGE if lit else Colour.BORDER))
            box = QRect(at * (self._lamp_width() + px(GAP)), 0, self._lamp_width() - 1, self.height() - 1)
            painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
            painter.setPen(shade(SEVERITY_INK[Severity(priority)] if lit else Colour.TEXT_MUTED))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"P{priority} {_count_text(count)}")

    def _lamp_width(self) -> int:
        return QFontMetrics(mono(SCALE)).horizontalAdvance("P1 99+") + px(8)

    def _describe(self) -> None:
        words = ", ".join(f"priority {p}: {_count_text(count)}" for p, count in self._sums.items())
        self.setAccessibleName(f"TR 101 290 errors in the last second: {words}")
        set_tooltip(self, self.accessibleName())


def _count_text(count: int | None) -> str:
    if count is None:
        return UNKNOWN
    return str(count) if count <= MOST_SHOWN else f"{MOST_SHOWN}+"
