"""Row of the rail: number and tally of a stream, and the shape of its worst alarm."""

from __future__ import annotations

import time

from PyQt6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPen
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ibe100.models.stream_state import Tally
from ibe100.ui.qt_models.stream_list import ROW_ROLE, StreamRow
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import RADIUS_STRIP, SCALE, STATE, TARGET, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.fitting import first_that_fits
from ibe100.ui.widgets.tally_mark import LOOKS, draw_severity
from ibe100.utils.timecode import format_span

LEAST_HEIGHT, MOST_HEIGHT = 42, 62
MARGIN, EDGE, MARK, PIN = 4, 5, 20, 14
CENTRE = Qt.AlignmentFlag.AlignCenter
FILLED = frozenset({Tally.ARMED, Tally.IN_BREAK})
"""Tallies whose fill is shown; of the others an edge alone, so that many of them stay calm."""
EDGED = frozenset({Tally.ON_AIR, Tally.NO_INPUT, Tally.FAULT})


class RailDelegate(QStyledItemDelegate):
    """Paints a StreamRow in a narrow column; all rows are `row_height` high."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row_height = px(MOST_HEIGHT)

    def fit(self, rows: int, height: int) -> bool:
        """Choose the height at which all rows fit, as far as can be; True when it is another."""
        wanted = min(px(MOST_HEIGHT), max(px(LEAST_HEIGHT), height // max(1, rows)))
        changed, self.row_height = wanted != self.row_height, wanted
        return changed

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """All rows have one height."""
        return QSize(px(40), self.row_height)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint box, number, word, and what is to be noticed."""
        row = index.data(ROW_ROLE)
        if painter is None or not isinstance(row, StreamRow):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect.adjusted(px(MARGIN), px(3), -px(MARGIN), -px(3))
        self._paint_box(painter, box, row.view.tally)
        self._paint_words(painter, box, row)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(shade(Colour.CHOSEN), px(3)))
            frame = QRectF(box).adjusted(-px(2), -px(1), px(2), px(1))
            painter.drawRoundedRect(frame, px(RADIUS_STRIP), px(RADIUS_STRIP))
        if row.is_cue_target:
            self._paint_pin(painter, box)
        if row.severity is not None:
            side = px(MARK)
            draw_severity(
                painter, QRect(box.right() - side + px(5), box.top() - px(2), side, side), row.severity
            )
        painter.restore()

    def _paint_box(self, painter: QPainter, box: QRect, tally: Tally) -> None:
        look = LOOKS[tally]
        is_filled = tally in FILLED
        pen = QPen(shade(Colour.BORDER if tally in EDGED else look.edge), px(2) if look.dashed else 1)
        if look.dashed:
            pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.setBrush(shade(look.fill if is_filled else Colour.CARD))
        radius = px(RADIUS_STRIP)
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        if tally in EDGED:
            edge = QRect(box.left(), box.top(), px(EDGE), box.height())
            painter.fillRect(edge, shade(look.fill))

    def _paint_words(self, painter: QPainter, box: QRect, row: StreamRow) -> None:
        view = row.view
        is_filled = view.tally in FILLED
        colour = LOOKS[view.tally].text if is_filled else Colour.TEXT
        if view.tally in (Tally.OFF, Tally.READY):
            colour = Colour.TEXT_MUTED
        room = box.adjusted(px(EDGE) if view.tally in EDGED else 0, 0, 0, 0)
        number = sans(TARGET if box.height() >= px(48) else STATE, bold=True)
        word = sans(SCALE, bold=True)
        number_height, word_height = QFontMetrics(number).height(), QFontMetrics(word).height()
        overlap = max(0, number_height + word_height - box.height())
        top = room.top() + max(0, box.height() - number_height - word_height) // 2 - overlap // 2
        painter.setPen(shade(colour))
        painter.setFont(number)
        painter.drawText(QRect(room.left(), top, room.width(), number_height), CENTRE, str(view.number))
        painter.setFont(word)
        shown = first_that_fits(_words(row), QFontMetrics(word), room.width() - px(4))
        below = QRect(room.left(), top + number_height - overlap // 2, room.width(), word_height)
        painter.drawText(below, CENTRE, shown)

    def _paint_pin(self, painter: QPainter, box: QRect) -> None:
        side = px(PIN)
        place = QRect(box.left() - px(2), box.top() - px(1), side + px(4), side + px(4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade(Colour.CHOSEN))
        painter.drawRoundedRect(place, px(3), px(3))
        device = painter.device()
        scale = 1.0 if device is None else device.devicePixelRatioF()
        painter.drawPixmap(
            place.left() + px(2), place.top() + px(2), icon_pixmap("pin", Colour.FIELD, side, scale)
        )


def _words(row: StreamRow) -> tuple[str, ...]:
    """State in a word: what is left of a break, or the tally."""
    view = row.view
    ends = view.break_ends_at or view.break_announced_end
    if view.tally is Tally.IN_BREAK and ends is not None:
        left_s = ends - time.time()
        return (format_span(left_s) if left_s >= 0 else f"+{format_span(-left_s)}", "BREAK")
    if view.tally is Tally.OFF and view.state.is_active:
        return (str(view.state), str(view.tally))
    if view.tally is Tally.UNKNOWN:
        return (str(view.tally), "?")
    return (str(view.tally), "LOST" if view.tally is Tally.NO_INPUT else str(view.tally).replace(" ", ""))
