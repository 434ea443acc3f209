"""Bars under the countdown: Disarm, draining while it still works, and a break with its planned end."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QBrush, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from ibe100.models.rights import Act
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import BODY, RADIUS_STRIP, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.permitted import PermittedButton

HEIGHT = 36
BAR_HEIGHT = 8
ESC, SHIFT_ESC = "Esc", "Shift+Esc"
LATE_PART = 0.12
"""Part of the bar behind the mark of the planned end."""


class DisarmButton(PermittedButton):
    """Disarm with the time that it still works, which drains away below its words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Act.DISARM_CUE, "Disarm", None, parent)
        self._left_s, self._part = 0.0, 0.0
        self.key_now: Callable[[], str] = lambda: ESC
        """Key that disarms as things stand: Esc first goes to what is in front."""
        scaled(self.setFixedHeight, HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Call off the cue, key Escape; Shift Escape whatever is in front")

    def show_left(self, left_s: float, whole_s: float) -> None:
        """Show for how long it still works."""
        self._left_s = max(0.0, left_s)
        self._part = min(1.0, self._left_s / whole_s) if whole_s > 0 else 0.0
        self.setText(f"Disarm   {self._left_s:.1f} s left")
        self.setAccessibleDescription(self.text())
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the box, the words, the key, and what is left."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        enabled = self.isEnabled()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        pen = QPen(shade(Colour.TALLY_AMBER_EDGE), px(2))
        if not enabled:
            pen = QPen(shade(Colour.BORDER_STRONG), 1, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(shade(Colour.HOVER if self.underMouse() and enabled else Colour.FIELD))
        painter.drawRoundedRect(box, px(RADIUS_STRIP), px(RADIUS_STRIP))
        bar = QRectF(px(4), self.height() - px(7), (self.width() - px(8)) * self._part, px(4))
        painter.fillRect(bar, shade(Colour.TALLY_AMBER_EDGE))
        painter.setPen(shade(Colour.TEXT if enabled else Colour.TEXT_MUTED))
        painter.setFont(sans(BODY, bold=True))
        words = f"✕  {self.text()}   {self.key_now()}"
        room = self.rect().adjusted(px(6), 0, -px(6), -px(5))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, words)


class BreakBar(QWidget):
    """A break so far: a mark at its planned end, hatched beyond."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part: float | None = None
        scaled(self.setFixedHeight, BAR_HEIGHT)
        self.setAccessibleName("Break up to its planned end")

    def show_part(self, part: float | None) -> None:
        """Show the part of the planned time that is over, above 1 when it is over-run; None without one."""
        self._part = part
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(px(120), px(BAR_HEIGHT))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint groove, time, mark and what is over."""
        if self._part is None:
            return
        painter = QPainter(self)
        width, height = float(self.width()), float(self.height())
        mark = width * (1 - LATE_PART)
        painter.fillRect(self.rect(), shade(Colour.BORDER_STRONG))
        amber = shade(Colour.TALLY_AMBER_EDGE)
        painter.fillRect(QRectF(0, 0, mark * min(1.0, self._part), height), amber)
        if self._part > 1:
            late = QRectF(mark, 0, width - mark, height)
            painter.fillRect(late, shade(Colour.FIELD))
            painter.fillRect(late, QBrush(amber, Qt.BrushStyle.BDiagPattern))
        painter.fillRect(QRectF(mark - 1, 0, px(2), height), shade(Colour.TEXT))
