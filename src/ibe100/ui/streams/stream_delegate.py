"""Row of the stream list: number on its tally, name, state, route, bitrate and its curve."""

from __future__ import annotations

import time

from PyQt6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPen
from PyQt6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ibe100.ui.qt_models.grouped_streams import GroupedStreams, GroupHeading
from ibe100.ui.qt_models.stream_list import HISTORY_SAMPLES, ROW_ROLE, StreamRow
from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import RADIUS_STRIP, SCALE, SECOND, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.cue_flag import cue_flag_width, draw_cue_flag
from ibe100.ui.widgets.sparkline import draw_sparkline
from ibe100.ui.widgets.tally_mark import LOOKS, draw_number, draw_severity
from ibe100.utils.timecode import format_countdown
from ibe100.utils.units import UNKNOWN, megabits

ROW_HEIGHT, HEADING_HEIGHT = 62, 28
NUMBER_SIZE = 30
RIGHT_COLUMN = 52
UNIT_WIDTH = 42
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def heading_of(index: QModelIndex) -> GroupHeading | None:
    """Heading over a row of the list."""
    model = index.model()
    return model.heading(index) if isinstance(model, GroupedStreams) else None


def _grouped(index: QModelIndex) -> GroupedStreams:
    model = index.model()
    assert isinstance(model, GroupedStreams)
    return model


def _paint_heading(painter: QPainter, heading: GroupHeading, room: QRect) -> None:
    painter.save()
    painter.setFont(sans(SECOND, bold=True))
    painter.setPen(shade(Colour.TEXT_SECOND))
    mark = "▸" if heading.is_folded else "▾"
    _draw_elided(painter, room.adjusted(px(6), 0, -px(6), 0), f"{mark}  {heading.words}")
    painter.setPen(shade(Colour.BORDER))
    painter.drawLine(room.left() + px(6), room.bottom(), room.right() - px(6), room.bottom())
    painter.restore()


class StreamDelegate(QStyledItemDelegate):
    """Paints a StreamRow."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """All rows have one height, and more under the heading of a group."""
        heading = heading_of(index)
        if heading is None:
            return QSize(px(200), px(ROW_HEIGHT))
        is_alone = _grouped(index).is_heading_only(index)
        return QSize(px(200), px(HEADING_HEIGHT) + (0 if is_alone else px(ROW_HEIGHT)))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint background, number, three lines of text, rate and curve."""
        row = index.data(ROW_ROLE)
        if painter is None or not isinstance(row, StreamRow):
            return
        heading, room = heading_of(index), option.rect
        if heading is not None:
            top = QRect(room.left(), room.top(), room.width(), px(HEADING_HEIGHT))
            _paint_heading(painter, heading, top)
            if _grouped(index).is_heading_only(index):
                return
            room = room.adjusted(0, px(HEADING_HEIGHT), 0, 0)
        painter.save()
        box = room.adjusted(px(2), px(2), -px(2), -px(2))
        self._paint_background(painter, option, box)
        number = QRect(box.left() + px(6), box.top() + px(6), px(NUMBER_SIZE), box.height() - px(12))
        draw_number(painter, number, row.view.tally, row.view.number)
        left = number.right() + px(8)
        column = QRect(
            box.right() - px(RIGHT_COLUMN) - px(6), box.top() + px(5), px(RIGHT_COLUMN), box.height() - px(10)
        )
        words = QRect(left, box.top() + px(4), column.left() - left - px(4), box.height() - px(8))
        if row.is_cue_target:
            # In the line of the state, beside the curve: the name keeps its own.
            width, line = cue_flag_width(), words.height() // 3
            flag = QRect(words.right() - width, words.top() + line, width, line)
            device = painter.device()
            draw_cue_flag(painter, flag, 1.0 if device is None else device.devicePixelRatioF())
        self._paint_words(painter, row, words, box.right() - left - px(UNIT_WIDTH))
        self._paint_rate(painter, row, column)
        if row.severity is not None:
            mark = QRect(column.left() - px(20), box.top() + px(4), px(17), px(17))
            draw_severity(painter, mark, row.severity)
        painter.restore()

    def _paint_background(self, painter: QPainter, option: QStyleOptionViewItem, box: QRect) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if not (selected or hovered):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(shade(Colour.SELECTION if selected else Colour.CARD))
        painter.setPen(QPen(shade(Colour.CHOSEN), px(3)) if selected else shade(Colour.BORDER))
        painter.drawRoundedRect(
            QRectF(box).adjusted(1.5, 1.5, -1.5, -1.5), px(RADIUS_STRIP), px(RADIUS_STRIP)
        )

    def _paint_words(self, painter: QPainter, row: StreamRow, room: QRect, route_width: int) -> None:
        line = room.height() // 3
        name_room = room.adjusted(0, 0, -px(22) if row.severity is not None else 0, 0)
        painter.setFont(sans(SECOND, bold=True))
        painter.setPen(shade(Colour.TEXT))
        _draw_elided(painter, QRect(name_room.left(), room.top(), name_room.width(), line), row.name)
        look = LOOKS[row.view.tally]
        words = row.state_words
        if row.view.break_ends_at is not None:
            words += f" {format_countdown(row.view.break_ends_at - time.time())}"
        flag_width = cue_flag_width() + px(4) if row.is_cue_target else 0
        state = QRect(room.left(), room.top() + line, room.width() - flag_width, line)
        device = painter.device()
        ratio = 1.0 if device is None else device.devicePixelRatioF()
        painter.drawPixmap(
            state.left(),
            state.top() + (line - px(12)) // 2,
            icon_pixmap(look.icon, look.on_panel, px(12), ratio),
        )
        painter.setFont(sans(SCALE, bold=True))
        painter.setPen(shade(look.on_panel))
        _draw_elided(painter, state.adjusted(px(16), 0, 0, 0), words)
        painter.setFont(sans(SCALE))
        painter.setPen(shade(Colour.TEXT_MUTED))
        route = QRect(room.left(), room.top() + 2 * line, route_width, line)
        _draw_elided(painter, route, row.route)

    def _paint_rate(self, painter: QPainter, row: StreamRow, column: QRect) -> None:
        sample = row.fresh()
        line = column.height() // 3
        painter.setFont(figures(SECOND))
        painter.setPen(shade(Colour.TEXT if sample else Colour.TEXT_MUTED))
        top = QRect(column.left(), column.top(), column.width(), line)
        painter.drawText(top, RIGHT, UNKNOWN if sample is None else megabits(sample.bitrate_bps))
        painter.setFont(sans(SCALE))
        painter.setPen(shade(Colour.TEXT_MUTED))
        bottom = QRect(column.left(), column.top() + 2 * line, column.width(), line)
        if sample is not None:
            painter.drawText(bottom, RIGHT, "Mb/s")
            curve = QRectF(column.left(), column.top() + line + 1, column.width(), line - px(2))
            draw_sparkline(painter, curve, tuple(row.bitrates), HISTORY_SAMPLES)


def _draw_elided(painter: QPainter, room: QRect, text: str) -> None:
    shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, LEFT, shown)
