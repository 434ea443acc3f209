"""Painting of a row of the alarm list."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPen
from PyQt6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ibe100.models.alarms.alarm import AlarmState, Severity
from ibe100.ui.qt_models.alarm_groups import AlarmRow
from ibe100.ui.qt_models.alarm_table import PRIORITY_COLUMN, REMEDY_COLUMN, ROW_ROLE, STATE_COLUMN
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import RADIUS_SHAPE, RADIUS_STRIP, SECOND, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.tally_mark import SEVERITY_FILL, SEVERITY_INK, SEVERITY_TEXT, draw_severity

SHAPE, SMALL_SHAPE = 20, 16
SET_IN = 8
"""Pixels by which an alarm that follows from another is indented."""
MOST_BUTTON = 30
CENTRE = Qt.AlignmentFlag.AlignCenter


class AlarmDelegate(QStyledItemDelegate):
    """The shape in the first column; only an unacknowledged priority 1 has a bright row, and flashes.

    It flashes from inverse to outline, so that it can be read at any moment.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bright = True

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Fonts and colours by the alarm's state; what paint() draws by itself has no text."""
        super().initStyleOption(option, index)
        row = index.data(ROW_ROLE)
        if option is None or not isinstance(row, AlarmRow):
            return
        waits = _waits(row)
        font = sans(SECOND)
        font.setWeight(QFont.Weight.Bold if waits else QFont.Weight.Normal)
        option.font = font
        colour = Colour.TEXT if waits else Colour.TEXT_MUTED if row.cause else Colour.TEXT_SECOND
        for role in (option.palette.ColorRole.Text, option.palette.ColorRole.HighlightedText):
            option.palette.setColor(role, shade(colour))
        if index.column() == REMEDY_COLUMN or (waits and index.column() == STATE_COLUMN):
            option.text = ""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """As wide as its text, a plate or a button with its edges."""
        width = QFontMetrics(sans(SECOND, bold=True)).horizontalAdvance(str(index.data() or "")) + px(32)
        return QSize(width, super().sizeHint(option, index).height())

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Row fill, then the shape, the text, the plate or the button."""
        row = index.data(ROW_ROLE)
        if painter is None or not isinstance(row, AlarmRow):
            return
        waits = _waits(row)
        is_critical = waits and row.alarm.severity is Severity.CRITICAL
        if is_critical:
            painter.fillRect(option.rect, shade(Colour.ALARM_MAGENTA_DIM))
        super().paint(painter, option, index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.column() == PRIORITY_COLUMN:
            side = px(SMALL_SHAPE if row.cause else SHAPE)
            left = option.rect.left() + px(8 + (SET_IN if row.cause else 0))
            box = QRect(left, option.rect.center().y() - side // 2, side, side)
            draw_severity(painter, box, row.alarm.severity, hollow=not waits)
        elif index.column() == REMEDY_COLUMN and row.remedy is not None:
            self._paint_button(painter, option.rect, str(row.remedy))
        elif index.column() == STATE_COLUMN and waits:
            self._paint_plate(painter, option.rect, str(index.data()), row.alarm.severity, filled=self.bright)
        painter.restore()

    def _paint_button(self, painter: QPainter, cell: QRect, words: str) -> None:
        height = min(cell.height() - px(4), px(MOST_BUTTON))
        box = QRect(cell.left() + px(2), cell.center().y() - height // 2, cell.width() - px(8), height)
        painter.setPen(shade(Colour.BORDER_STRONG))
        painter.setBrush(shade(Colour.RAISED))
        radius = px(RADIUS_STRIP)
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.setFont(sans(SECOND))
        painter.setPen(shade(Colour.TEXT))
        painter.drawText(box, CENTRE, words)

    def _paint_plate(
        self, painter: QPainter, cell: QRect, words: str, severity: Severity, *, filled: bool
    ) -> None:
        font = sans(SECOND, bold=True)
        metrics = QFontMetrics(font)
        width, height = metrics.horizontalAdvance(words) + px(16), metrics.height() + px(4)
        box = QRect(cell.left() + px(4), cell.center().y() - height // 2, width, height)
        is_filled = filled and severity is Severity.CRITICAL
        painter.setPen(QPen(shade(SEVERITY_TEXT[severity]), px(2)))
        painter.setBrush(shade(SEVERITY_FILL[severity]) if is_filled else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), px(RADIUS_SHAPE), px(RADIUS_SHAPE))
        painter.setFont(font)
        painter.setPen(shade(SEVERITY_INK[severity] if is_filled else Colour.TEXT))
        painter.drawText(box, CENTRE, words)


def _waits(row: AlarmRow) -> bool:
    return row.alarm.state is AlarmState.UNACKNOWLEDGED and not row.cause
