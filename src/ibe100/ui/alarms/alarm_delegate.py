"""Painting of a row of the alarm list."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect
from PyQt6.QtGui import QFont, QPainter
from PyQt6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ibe100.models.alarms.alarm import AlarmState, Severity
from ibe100.ui.qt_models.alarm_groups import AlarmRow
from ibe100.ui.qt_models.alarm_table import PRIORITY_COLUMN, REMEDY_COLUMN, ROW_ROLE
from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.sizes import SECOND, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.tally_mark import draw_severity

MONO_COLUMNS = frozenset({1, 2, 5})
SHAPE, SMALL_SHAPE = 19, 15
SET_IN = 6
"""Pixels by which an alarm that follows from another is indented."""


class AlarmDelegate(QStyledItemDelegate):
    """The shape in the first column; only an unacknowledged priority 1 has a bright row, and flashes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bright = True

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Fonts and colours by the alarm's state."""
        super().initStyleOption(option, index)
        row = index.data(ROW_ROLE)
        if option is None or not isinstance(row, AlarmRow):
            return
        waits = _waits(row)
        font = mono(SECOND) if index.column() in MONO_COLUMNS else sans(SECOND)
        font.setWeight(QFont.Weight.Bold if waits else QFont.Weight.Normal)
        option.font = font
        colour = Colour.TEXT if waits else Colour.TEXT_MUTED if row.cause else Colour.TEXT_SECOND
        for role in (option.palette.ColorRole.Text, option.palette.ColorRole.HighlightedText):
            option.palette.setColor(role, shade(colour))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Row fill, then the shape or the text."""
        row = index.data(ROW_ROLE)
        if painter is None or not isinstance(row, AlarmRow):
            return
        waits = _waits(row)
        if waits and self.bright and row.alarm.severity is Severity.CRITICAL:
            painter.fillRect(option.rect, shade(Colour.ALARM_MAGENTA_DIM))
        if index.column() == REMEDY_COLUMN and row.remedy is not None:
            box = option.rect.adjusted(px(3), px(3), -px(3), -px(4))
            painter.fillRect(box, shade(Colour.RAISED))
            painter.setPen(shade(Colour.BORDER_STRONG))
            painter.drawRect(box)
        super().paint(painter, option, index)
        if index.column() == PRIORITY_COLUMN:
            side = px(SMALL_SHAPE) if row.cause else px(SHAPE)
            left = option.rect.left() + px(7) + (px(SET_IN) if row.cause else 0)
            box = QRect(left, option.rect.center().y() - side // 2, side, side)
            draw_severity(painter, box, row.alarm.severity, hollow=not waits)


def _waits(row: AlarmRow) -> bool:
    return row.alarm.state is AlarmState.UNACKNOWLEDGED and not row.cause
