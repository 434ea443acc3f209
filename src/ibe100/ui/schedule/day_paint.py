"""Painting of a day: scale, lanes, breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPen

from ibe100.ui.schedule.day_items import DayItem, ItemKind
from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.sizes import RADIUS_SHAPE, RADIUS_STRIP, SCALE, SECOND, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.utils.timecode import format_clock

HEAD, ROW, NAMES, EDGE, BOX = 26, 38, 168, 8, 18
LEAST_WIDTH = 10
TICKS_S = (60.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0)
LEAST_TICK_PX = 64
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
FILLS: dict[ItemKind, tuple[Colour, Colour, Colour]] = {
    ItemKind.PLANNED: (Colour.SELECTION, Colour.LINE, Colour.TEXT),
    ItemKind.CONFLICT: (Colour.CARD, Colour.TEXT, Colour.TEXT),
    ItemKind.ARMED: (Colour.TALLY_AMBER, Colour.TALLY_AMBER_EDGE, Colour.TALLY_AMBER_TEXT),
    ItemKind.RUNNING: (Colour.TALLY_AMBER_DIM, Colour.TALLY_AMBER_EDGE, Colour.TALLY_AMBER_TEXT),
    ItemKind.DONE: (Colour.RAISED, Colour.BORDER_STRONG, Colour.TEXT_SECOND),
    ItemKind.FAILED: (Colour.CARD, Colour.ALARM_MAGENTA, Colour.ALARM_MAGENTA_TEXT),
    ItemKind.OFF: (Colour.CARD, Colour.BORDER_STRONG, Colour.TEXT_MUTED),
    ItemKind.COMING: (Colour.CARD, Colour.LINE, Colour.TEXT_SECOND),
}
"""Fill, edge and words of each kind; a conflict wears neither a tally's nor an alarm's colour."""
DASHED = frozenset({ItemKind.RUNNING, ItemKind.OFF, ItemKind.COMING})
SAID = {
    ItemKind.ARMED: "ARMED",
    ItemKind.RUNNING: "IN BREAK",
    ItemKind.FAILED: "✕",
    ItemKind.OFF: "off",
    ItemKind.CONFLICT: "⚠",
}
"""Words before the length: what a colour says is said in words as well."""


@dataclass(frozen=True, slots=True)
class DayScale:
    """Seconds since the epoch to x in pixels and back."""

    begins: float
    ends: float
    left: float
    right: float

    def x(self, moment: float) -> float:
        """Position of a moment."""
        return self.left + (moment - self.begins) / (self.ends - self.begins) * (self.right - self.left)

    def moment(self, x: float) -> float:
        """Moment at a position."""
        return self.begins + (x - self.left) / max(1.0, self.right - self.left) * (self.ends - self.begins)

    def ticks(self) -> Iterator[float]:
        """Round moments, as dense as their labels allow."""
        width = max(1.0, self.right - self.left)
        span_s = self.ends - self.begins
        step = next((s for s in TICKS_S if s / span_s * width >= px(LEAST_TICK_PX)), TICKS_S[-1])
        moment = self.begins // step * step
        while moment <= self.ends:
            if moment >= self.begins:
                yield moment
            moment += step


def paint_grid(painter: QPainter, scale: DayScale, top: int, bottom: int) -> None:
    """Paint a line at each tick."""
    painter.setPen(shade(Colour.BORDER))
    for moment in scale.ticks():
        x = int(scale.x(moment))
        painter.drawLine(x, top, x, bottom)


def paint_times(painter: QPainter, scale: DayScale, top: int, height: int, now: float) -> None:
    """Paint the times of the ticks, and NOW in place of those that it would cover."""
    painter.setFont(figures(SCALE))
    width = painter.fontMetrics().horizontalAdvance("00:00") + px(8)
    now_x = scale.x(now) if scale.begins <= now <= scale.ends else -1000.0
    painter.setPen(shade(Colour.TEXT_SECOND))
    for moment in scale.ticks():
        x = min(max(scale.x(moment) - width / 2, scale.left - px(EDGE)), scale.right - width + px(EDGE))
        box = QRectF(x, top, width, height)
        if abs(box.center().x() - now_x) > width:
            painter.drawText(box, CENTRE, format_clock(moment)[:5])
    if now_x >= 0:
        painter.setFont(sans(SECOND, bold=True))
        width = painter.fontMetrics().horizontalAdvance("NOW") + px(10)
        left = min(max(now_x - width / 2, scale.left), scale.right - width + px(EDGE))
        box = QRectF(left, top + px(3), width, height - px(6))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade(Colour.TEXT))
        painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
        painter.setPen(shade(Colour.WINDOW))
        painter.drawText(box, CENTRE, "NOW")


def paint_now(painter: QPainter, scale: DayScale, top: int, bottom: int, now: float) -> None:
    """Paint the line of now."""
    if scale.begins <= now <= scale.ends:
        painter.setPen(QPen(shade(Colour.TEXT), 2))
        x = scale.x(now)
        painter.drawLine(QPointF(x, top), QPointF(x, bottom))


def paint_name(painter: QPainter, top: int, name: str, below: str) -> None:
    """Paint the name of a stream, and what is on its lane."""
    room = QRect(px(EDGE), top + px(3), px(NAMES) - 2 * px(EDGE), px(17))
    painter.setFont(sans(SECOND, bold=True))
    painter.setPen(shade(Colour.TEXT))
    shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, LEFT, shown)
    painter.setFont(sans(SCALE))
    painter.setPen(shade(Colour.TEXT_SECOND))
    painter.drawText(room.translated(0, px(16)), LEFT, below)


def box_of(item: DayItem, scale: DayScale, top: int, *, is_lower: bool) -> QRectF:
    """Room of a break on a lane that begins at `top`; one over another stands lower."""
    left = max(scale.left, scale.x(item.begins))
    right = min(scale.right, scale.x(item.ends))
    return QRectF(left, top + px(17 if is_lower else 3), max(float(px(LEAST_WIDTH)), right - left), px(BOX))


def around(box: QRectF, room: float) -> QRectF:
    """The box with room on all sides."""
    return box.adjusted(-room, -room, room, room)


def paint_item(
    painter: QPainter, item: DayItem, box: QRectF, free_until: float, *, chosen: bool, below: bool
) -> None:
    """Paint a break; words beside it as far as `free_until`, its title below where `below`."""
    fill, edge, ink = FILLS[item.kind]
    pen = QPen(shade(edge), 1.4)
    if item.kind in DASHED:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.setBrush(shade(fill))
    painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    if item.kind is ItemKind.CONFLICT:
        painter.setBrush(QBrush(QColor(shade(edge)), Qt.BrushStyle.BDiagPattern))
        painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    if chosen:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(shade(Colour.CHOSEN), 2))
        painter.drawRoundedRect(around(box, px(3)), px(RADIUS_STRIP), px(RADIUS_STRIP))
    painter.setFont(sans(SECOND, bold=True))
    painter.setPen(shade(ink))
    words = " ".join(filter(None, (SAID.get(item.kind, ""), f"{item.ends - item.begins:g} s")))
    _beside(painter, words, QRectF(box.right() + px(5), box.top(), 0, box.height()), free_until)
    if below:
        painter.setFont(sans(SCALE))
        painter.setPen(shade(Colour.TEXT_SECOND if item.kind is not ItemKind.FAILED else ink))
        _beside(painter, item.title, QRectF(box.left(), box.bottom(), 0, px(15)), free_until)


def _beside(painter: QPainter, words: str, place: QRectF, free_until: float) -> None:
    """Paint words whole, or leave them out."""
    place.setWidth(painter.fontMetrics().horizontalAdvance(words) + 2)
    if place.right() <= free_until:
        painter.drawText(place, LEFT, words)
