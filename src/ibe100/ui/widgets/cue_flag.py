"""Flag of the stream that cues go to, where that is not the one that is looked at."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import RADIUS_SHAPE, SCALE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade

WORD = "CUES"
HEIGHT = 20
ICON_SIZE = 12
EDGE = 6


def cue_flag_width(size: int = SCALE) -> int:
    """Width that the flag takes with words of this size at 100 %, in pixels."""
    return QFontMetrics(sans(size, bold=True)).horizontalAdvance(WORD) + px(ICON_SIZE) + 3 * px(EDGE)


def draw_cue_flag(painter: QPainter, box: QRect, scale: float, size: int = SCALE) -> None:
    """Draw pin and word on a fill; `scale` is that of the screen."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade(Colour.CHOSEN))
    painter.drawRoundedRect(QRectF(box), px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    top = box.top() + (box.height() - px(ICON_SIZE)) // 2
    painter.drawPixmap(box.left() + px(EDGE), top, icon_pixmap("pin", Colour.FIELD, px(ICON_SIZE), scale))
    painter.setPen(shade(Colour.FIELD))
    painter.setFont(sans(size, bold=True))
    words = box.adjusted(px(ICON_SIZE) + 2 * px(EDGE), 0, 0, 0)
    painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, WORD)
    painter.restore()


class CueFlag(QWidget):
    """The flag as a widget; hidden where cues do not go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        scaled(self.setFixedHeight, HEIGHT)
        self.setAccessibleName("Cues go to this stream")
        self.hide()

    def sizeHint(self) -> QSize:
        """Wide enough for pin and word."""
        return QSize(cue_flag_width(), px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its word."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the flag."""
        draw_cue_flag(QPainter(self), self.rect(), self.devicePixelRatioF())
