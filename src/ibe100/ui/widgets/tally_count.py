"""Number of streams with one tally, in the tally's box."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ibe100.models.stream_state import Tally
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, on_text_size, px, scaled
from ibe100.ui.themes.tokens import shade
from ibe100.ui.widgets.tally_mark import LOOKS, draw_tally_box

COUNTED = (Tally.ON_AIR, Tally.IN_BREAK, Tally.ARMED, Tally.NO_INPUT, Tally.FAULT)


class TallyCount(QWidget):
    """Count of the streams with one tally."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally, self._count = tally, 0
        scaled(self.setFixedHeight, 26)
        on_text_size(self, TallyCount._fit)
        self.hide()

    def show_count(self, count: int) -> None:
        """Show a count; hidden when it is 0."""
        if count != self._count:
            self._count = count
            self.setVisible(count > 0)
            self.setAccessibleName(f"{count} {self._tally}")
            self._fit()
            self.update()

    def _fit(self) -> None:
        self.setFixedWidth(self.sizeHint().width())

    def sizeHint(self) -> QSize:
        """Room for number and word."""
        metrics = QFontMetrics(sans(SCALE, bold=True))
        return QSize(metrics.horizontalAdvance(f"{self._count}  {self._tally}") + px(20), px(26))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint fill and words."""
        painter = QPainter(self)
        draw_tally_box(painter, self.rect(), self._tally)
        painter.setFont(sans(SCALE, bold=True))
        painter.setPen(shade(LOOKS[self._tally].text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, f"{self._count}  {self._tally}")
