"""Tally and alarm marks: a word, a shape and a fill, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QBrush, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.models.stream_state import Tally
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import RADIUS_SHAPE, SCALE, SECOND, STATE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade

CHIP_HEIGHT = 22
ICON_SIZE = 13
HATCH = 6


@dataclass(frozen=True, slots=True)
class TallyLook:
    """Colours and icon of one tally."""

    fill: Colour
    text: Colour
    edge: Colour
    icon: str
    on_panel: Colour
    """Colour of the word where there is no fill behind."""
    dashed: bool = False
    hatched: bool = False


LOOKS: dict[Tally, TallyLook] = {
    Tally.OFF: TallyLook(Colour.CARD, Colour.TEXT_MUTED, Colour.BORDER_STRONG, "power", Colour.TEXT_MUTED),
    Tally.READY: TallyLook(
        Colour.RAISED, Colour.TEXT, Colour.BORDER_STRONG, "circle-outline", Colour.TEXT_SECOND
    ),
    Tally.ON_AIR: TallyLook(
        Colour.TALLY_RED, Colour.ON_RED, Colour.TALLY_RED, "record-circle-outline", Colour.TALLY_RED_TEXT
    ),
    Tally.ARMED: TallyLook(
        Colour.TALLY_AMBER,
        Colour.INK,
        Colour.TALLY_AMBER_EDGE,
        "timer-sand",
        Colour.TALLY_AMBER_TEXT,
    ),
    Tally.IN_BREAK: TallyLook(
        Colour.TALLY_AMBER_DIM,
        Colour.TALLY_AMBER_TEXT,
        Colour.TALLY_AMBER_EDGE,
        "exit-to-app",
        Colour.TALLY_AMBER_TEXT,
        dashed=True,
    ),
    Tally.NO_INPUT: TallyLook(
        Colour.ALARM_MAGENTA,
        Colour.ON_MAGENTA,
        Colour.ALARM_MAGENTA,
        "signal-off",
        Colour.ALARM_MAGENTA_TEXT,
    ),
    Tally.FAULT: TallyLook(
        Colour.ALARM_MAGENTA,
        Colour.ON_MAGENTA,
        Colour.ALARM_MAGENTA,
        "close-octagon-outline",
        Colour.ALARM_MAGENTA_TEXT,
    ),
    Tally.UNKNOWN: TallyLook(
        Colour.FIELD,
        Colour.TEXT_SECOND,
        Colour.BORDER_STRONG,
        "lan-disconnect",
        Colour.TEXT_SECOND,
        dashed=True,
        hatched=True,
    ),
}
SEVERITY_FILL = {
    Severity.CRITICAL: Colour.ALARM_MAGENTA,
    Severity.MAJOR: Colour.ALARM_YELLOW,
    Severity.MINOR: Colour.ALARM_CYAN,
}
SEVERITY_INK = {
    Severity.CRITICAL: Colour.ON_MAGENTA,
    Severity.MAJOR: Colour.INK,
    Severity.MINOR: Colour.INK,
}
"""The digit on the fill."""
SEVERITY_TEXT = {
    Severity.CRITICAL: Colour.ALARM_MAGENTA_TEXT,
    Severity.MAJOR: Colour.ALARM_YELLOW_TEXT,
    Severity.MINOR: Colour.ALARM_CYAN_TEXT,
}
"""Words and hollow shapes."""


def draw_tally_box(painter: QPainter, rect: QRect, tally: Tally) -> None:
    """Draw fill and edge of a tally."""
    look = LOOKS[tally]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(shade(look.edge), 1.5)
    if look.dashed:
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([3, 2])
    painter.setPen(pen)
    painter.setBrush(shade(look.fill))
    box = QRectF(rect).adjusted(1, 1, -1, -1)
    painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    if look.hatched:
        painter.setClipRect(box)
        painter.setPen(QPen(shade(Colour.BORDER), 1))
        for left in range(rect.left() - rect.height(), rect.right(), px(HATCH)):
            painter.drawLine(left, rect.bottom(), left + rect.height(), rect.top())
    painter.restore()


def draw_number(painter: QPainter, rect: QRect, tally: Tally, number: int) -> None:
    """Draw a stream's number on its tally."""
    draw_tally_box(painter, rect, tally)
    painter.save()
    painter.setPen(shade(LOOKS[tally].text))
    painter.setFont(sans(STATE if number < 100 else SECOND, bold=True))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, str(number))
    painter.restore()


def draw_severity(
    painter: QPainter, rect: QRect, severity: Severity, *, hollow: bool = False, colour: Colour | None = None
) -> None:
    """Draw diamond 1, triangle 2 or circle 3, the digit inside; `colour` instead of the severity's own."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    line = shade(colour or SEVERITY_TEXT[severity])
    painter.setPen(QPen(line if hollow else shade(Colour.ALARM_EDGE), 1.5))
    painter.setBrush(QBrush() if hollow else QBrush(shade(colour or SEVERITY_FILL[severity])))
    box = QRectF(rect).adjusted(1, 1, -1, -1)
    center, digit = box.center(), QRectF(box)
    match severity:
        case Severity.CRITICAL:
            points = [
                QPointF(center.x(), box.top()),
                QPointF(box.right(), center.y()),
                QPointF(center.x(), box.bottom()),
                QPointF(box.left(), center.y()),
            ]
            painter.drawPolygon(QPolygonF(points))
        case Severity.MAJOR:
            points = [QPointF(center.x(), box.top()), box.bottomRight(), box.bottomLeft()]
            painter.drawPolygon(QPolygonF(points))
            digit.translate(0, box.height() * 0.14)
        case Severity.MINOR:
            painter.drawEllipse(box)
    painter.setPen(line if hollow else shade(SEVERITY_INK[severity]))
    painter.setFont(sans(SCALE, bold=True))
    painter.drawText(digit, Qt.AlignmentFlag.AlignCenter, str(int(severity)))
    painter.restore()


class TallyChip(QWidget):
    """Word, shape and fill of a stream's tally."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tally = Tally.OFF
        self._words = str(Tally.OFF)
        scaled(self.setFixedHeight, CHIP_HEIGHT)

    def show_tally(self, tally: Tally, words: str) -> None:
        """Change the tally and its words."""
        if (tally, words) != (self._tally, self._words):
            self._tally, self._words = tally, words
            self.setAccessibleName(f"Tally: {words}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for the words."""
        width = QFontMetrics(sans(SCALE, bold=True)).horizontalAdvance(self._words)
        return QSize(width + px(ICON_SIZE) + px(20), px(CHIP_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Never narrower than the words."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint box, icon, words."""
        painter = QPainter(self)
        look = LOOKS[self._tally]
        draw_tally_box(painter, self.rect(), self._tally)
        pixmap = icon_pixmap(look.icon, look.text, px(ICON_SIZE), self.devicePixelRatioF())
        painter.drawPixmap(px(7), (self.height() - px(ICON_SIZE)) // 2, pixmap)
        painter.setPen(shade(look.text))
        painter.setFont(sans(SCALE, bold=True))
        room = self.rect().adjusted(px(ICON_SIZE) + px(12), 0, -px(6), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._words)


class NumberBox(QWidget):
    """A stream's number on its tally."""

    def __init__(self, size: int = 40, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tally, self._number = Tally.OFF, 0
        scaled(self.setFixedSize, size, size)

    def show_number(self, number: int, tally: Tally) -> None:
        """Change number and tally."""
        self._tally, self._number = tally, number
        self.setAccessibleName(f"Stream {number}, {tally}")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint box and digits."""
        draw_number(QPainter(self), self.rect(), self._tally, self._number)


class SeverityMark(QWidget):
    """The shape of the worst open alarm; empty when there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._severity: Severity | None = None
        scaled(self.setFixedSize, 20, 20)
        self.setAccessibleName("No alarm")

    def show_severity(self, severity: Severity | None) -> None:
        """Change the severity."""
        if severity is not self._severity:
            self._severity = severity
            self.setAccessibleName("No alarm" if severity is None else f"Alarm of priority {int(severity)}")
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the shape, or a grey tick."""
        painter = QPainter(self)
        if self._severity is None:
            pixmap = icon_pixmap("check", Colour.TEXT_MUTED, px(14), self.devicePixelRatioF())
            painter.drawPixmap(px(3), px(3), pixmap)
        else:
            draw_severity(painter, self.rect(), self._severity)
