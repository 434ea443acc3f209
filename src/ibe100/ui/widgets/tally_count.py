"""Number of streams with one tally, on the tally's plate."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.stream_state import Tally
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import BODY, SECOND, on_text_size, px
from ibe100.ui.themes.tokens import shade
from ibe100.ui.widgets.tally_mark import LOOKS, draw_tally_box

COUNTED = (Tally.ON_AIR, Tally.IN_BREAK, Tally.ARMED, Tally.NO_INPUT, Tally.FAULT, Tally.UNKNOWN)
HEIGHT, EDGE = 30, 8
CENTRE = Qt.AlignmentFlag.AlignCenter


class TallyCount(QWidget):
    """Count of the streams with one tally; hidden when it is 0."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally, self._count = tally, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()
        on_text_size(self, TallyCount.updateGeometry)

    def show_count(self, count: int) -> bool:
        """Show a count; True when it takes another width."""
        if count == self._count:
            return False
        before, self._count = self.sizeHint(), count
        was_hidden = self.isHidden()
        self.setVisible(count > 0)
        self.setAccessibleName(f"{count} {self._tally}")
        self.updateGeometry()
        self.update()
        return self.sizeHint() != before or was_hidden is not self.isHidden()

    def sizeHint(self) -> QSize:
        """Room for number and word."""
        word = QFontMetrics(sans(SECOND, bold=True)).horizontalAdvance(str(self._tally))
        return QSize(self._number_width() + word + px(2 * EDGE), px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Never narrower than number and word."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the plate."""
        painter = QPainter(self)
        draw_tally_box(painter, self.rect(), self._tally)
        edge = self._number_width()
        painter.setPen(QPen(shade(LOOKS[self._tally].text), 1))
        painter.drawLine(edge, px(5), edge, self.height() - px(6))
        painter.setFont(sans(BODY, bold=True))
        painter.drawText(QRect(0, 0, edge, self.height()), CENTRE, str(self._count))
        painter.setFont(sans(SECOND, bold=True))
        painter.drawText(self.rect().adjusted(edge, 0, 0, 0), CENTRE, str(self._tally))

    def _number_width(self) -> int:
        digits = QFontMetrics(sans(BODY, bold=True)).horizontalAdvance(str(self._count))
        return digits + px(2 * EDGE)
