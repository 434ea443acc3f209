"""Painting of the break time line."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPen

from ibe100.ui.dashboard.break_spans import BreakSpan, SpanKind
from ibe100.ui.dashboard.time_scale import TimeScale
from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.sizes import RADIUS_SHAPE, RADIUS_STRIP, SCALE, SECOND, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.utils.timecode import format_clock

HEAD, ROW, NAMES, EDGE = 44, 22, 116, 10
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
FILLS: dict[SpanKind, tuple[Colour, Colour, Colour]] = {
    SpanKind.DONE: (Colour.RAISED, Colour.BORDER_STRONG, Colour.TEXT_SECOND),
    SpanKind.RUNNING: (Colour.TALLY_AMBER_DIM, Colour.TALLY_AMBER_EDGE, Colour.TALLY_AMBER_TEXT),
    SpanKind.ARMED: (Colour.TALLY_AMBER, Colour.TALLY_AMBER_EDGE, Colour.INK),
    SpanKind.FAILED: (Colour.PANEL, Colour.ALARM_MAGENTA, Colour.ALARM_MAGENTA_TEXT),
    SpanKind.PLANNED: (Colour.SELECTION, Colour.LINE, Colour.TEXT),
    SpanKind.CONFLICT: (Colour.PANEL, Colour.ALARM_YELLOW_TEXT, Colour.ALARM_YELLOW_TEXT),
    SpanKind.OFF: (Colour.CARD, Colour.BORDER_STRONG, Colour.TEXT_MUTED),
}
DASHED = frozenset({SpanKind.RUNNING, SpanKind.CONFLICT, SpanKind.OFF})


def paint_frame(painter: QPainter, room: QRect, scale: TimeScale, names: Sequence[str]) -> None:
    """Paint the background, the lines of the ticks, and a line per stream."""
    painter.setPen(shade(Colour.BORDER))
    painter.setBrush(shade(Colour.CARD))
    painter.drawRoundedRect(QRectF(room).adjusted(0.5, 0.5, -0.5, -0.5), px(RADIUS_STRIP), px(RADIUS_STRIP))
    for moment in scale.ticks():
        x = int(scale.x(moment))
        painter.drawLine(x, px(HEAD) - px(2), x, room.height() - px(EDGE))
    painter.setFont(sans(SCALE))
    for line, name in enumerate(names):
        top = px(HEAD) + px(ROW) * line
        painter.setPen(shade(Colour.TEXT_SECOND))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, px(NAMES) - px(8))
        painter.drawText(QRectF(px(EDGE), top, px(NAMES) - px(8), px(ROW)), LEFT, shown)
        painter.setPen(shade(Colour.BORDER))
        middle = top + px(ROW) // 2
        painter.drawLine(px(NAMES) + px(EDGE), middle, room.width() - px(EDGE), middle)


def paint_head(painter: QPainter, room: QRect, scale: TimeScale, top: int) -> None:
    """Paint title, times and NOW at `top`, over the lines that are scrolled beneath."""
    painter.setPen(QPen(shade(Colour.TEXT), 1.4))
    x = scale.x(scale.now)
    painter.drawLine(int(x), top + px(HEAD) - px(4), int(x), room.height() - px(EDGE) + px(2))
    if top > 0:
        painter.fillRect(QRect(1, top, room.width() - px(2), px(HEAD) - px(3)), shade(Colour.CARD))
    painter.setFont(sans(SECOND, bold=True))
    painter.setPen(shade(Colour.TEXT))
    painter.drawText(QRectF(px(EDGE), top + px(4), px(200), px(18)), LEFT, "Breaks")
    painter.setFont(figures(SCALE))
    width = QFontMetrics(figures(SCALE)).horizontalAdvance("00:00") + px(8)
    painter.setPen(shade(Colour.TEXT_MUTED))
    for moment in scale.ticks():
        box = QRectF(scale.x(moment) - width / 2, top + px(HEAD) - px(20), width, px(16))
        if abs(box.center().x() - x) > width and box.right() < room.width() - px(2):
            painter.drawText(box, CENTRE, format_clock(moment)[:5])
    painter.setBrush(shade(Colour.TEXT))
    box = QRectF(x - px(19), top + px(HEAD) - px(22), px(38), px(17))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    painter.setPen(shade(Colour.WINDOW))
    painter.setFont(sans(SCALE, bold=True))
    painter.drawText(box, CENTRE, "NOW")


def paint_span(
    painter: QPainter,
    scale: TimeScale,
    span: BreakSpan,
    top: float,
    *,
    free_until: float,
    ringed: bool = False,
) -> None:
    """Paint a break as a box; words inside, or beside it up to `free_until`; a ring where keys act on it."""
    fill, edge, ink = FILLS[span.kind]
    left, right = max(scale.left, scale.x(span.begins)), min(scale.right, scale.x(span.ends))
    painter.setFont(figures(SCALE))
    words = f"! {span.words}" if span.kind is SpanKind.CONFLICT else span.words
    width = painter.fontMetrics().horizontalAdvance(words) + px(8)
    if span.kind is SpanKind.FAILED:
        right = min(left + width, scale.right)
    box = QRectF(left, top + px(3), max(5.0, right - left), px(ROW) - px(6))
    pen = QPen(shade(edge), 1.2)
    if span.kind in DASHED:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(shade(fill))
    painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    if ringed:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(shade(Colour.CHOSEN), px(2)))
        painter.drawRoundedRect(
            box.adjusted(-px(2), -px(2), px(2), px(2)), px(RADIUS_STRIP), px(RADIUS_STRIP)
        )
    if box.width() >= width:
        painter.setPen(shade(ink))
        painter.drawText(box, CENTRE, words)
    elif box.right() + px(4) + width <= free_until:
        painter.setPen(shade(Colour.TEXT_SECOND))
        painter.drawText(QRectF(box.right() + px(4), box.top(), width, box.height()), LEFT, words)
