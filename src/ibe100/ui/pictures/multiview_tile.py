"""Tile of the multiview: picture and meters of a stream, below them number, name and tally."""

from __future__ import annotations

from PyQt6.QtCore import QRect, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.ui.pictures.preview_pane import PreviewPane
from ibe100.ui.pictures.stream_status import StreamStatus
from ibe100.ui.qt_models.confidence_model import ConfidenceModel
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, px, unscaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.cue_flag import cue_flag_width, draw_cue_flag
from ibe100.ui.widgets.tally_mark import LOOKS, draw_severity, draw_tally_box

MARGIN = 4
LEAST_BAR, MOST_BAR = 22, 44
BAR_PART = 0.1


class MultiviewTile(QWidget):
    """One stream, updated in place; a click chooses it."""

    chosen = pyqtSignal(str)

    def __init__(self, stream_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stream_id = stream_id
        self.pane = PreviewPane(self)
        self._row: StreamRow | None = None
        self._shown: tuple[object, ...] = ()
        self._severity: Severity | None = None
        self._is_target = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_row(self, row: StreamRow, status: StreamStatus, confidence: ConfidenceModel) -> None:
        """Show the stream as of now."""
        self._row = row
        self.pane.show_stream(row, confidence, status)
        shown = (row.view.number, row.name, row.view.tally, row.state_words, row.severity)
        if shown != self._shown:
            self._shown, self._severity = shown, row.severity
            alarm = "" if row.severity is None else f", alarm of priority {int(row.severity)}"
            self.setAccessibleName(f"Stream {row.view.number} {row.name}, {row.state_words}{alarm}")
            self.update()

    def set_target(self, is_target: bool) -> None:
        """Mark the stream as the target of the cue panel, or not."""
        if is_target != self._is_target:
            self._is_target = is_target
            self.setAccessibleDescription("cues go to this stream" if is_target else "")
            self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the bar at a tenth of the height."""
        super().resizeEvent(event)
        room = self.rect().adjusted(px(MARGIN), px(MARGIN), -px(MARGIN), -px(MARGIN) - self._bar_height())
        self.pane.setGeometry(room)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint ring and bar; the pane paints itself."""
        row = self._row
        if row is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), shade(Colour.PANEL))
        if self._is_target:
            painter.setPen(QPen(shade(Colour.TEXT), px(2)))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        height = self._bar_height()
        bar = QRect(px(MARGIN), self.height() - px(MARGIN) - height, self.width() - 2 * px(MARGIN), height)
        size = max(SCALE, unscaled(height // 2))
        self._paint_bar(painter, bar, row, size)

    def _paint_bar(self, painter: QPainter, bar: QRect, row: StreamRow, size: int) -> None:
        bold = sans(size, bold=True)
        metrics = QFontMetrics(bold)
        painter.setFont(bold)
        number = str(row.view.number)
        width = max(bar.height() - px(4), metrics.horizontalAdvance(number) + px(10))
        box = QRect(bar.left(), bar.top() + px(2), width, bar.height() - px(4))
        look = LOOKS[row.view.tally]
        draw_tally_box(painter, box, row.view.tally)
        painter.setPen(shade(look.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, number)
        right = bar.right()
        if row.severity is not None:
            mark = QRect(right - px(20), bar.center().y() - px(9), px(20), px(20))
            draw_severity(painter, mark, row.severity)
            right -= 26
        words = row.state_words
        painter.setFont(bold)
        width = metrics.horizontalAdvance(words)
        painter.setPen(shade(look.on_panel))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRect(right - width, bar.top(), width, bar.height()), middle, words)
        right -= width + px(10)
        if self._is_target:
            width = cue_flag_width(size)
            flag = QRect(right - width, bar.top() + px(2), width, bar.height() - px(4))
            draw_cue_flag(painter, flag, self.devicePixelRatioF(), size)
            right -= width + px(10)
        room = right - box.right() - px(8)
        shown = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, max(0, room))
        painter.setPen(shade(Colour.TEXT))
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRect(box.right() + px(8), bar.top(), max(0, room), bar.height()), left, shown)

    def _bar_height(self) -> int:
        return min(px(MOST_BAR), max(px(LEAST_BAR), int(self.height() * BAR_PART)))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Choose the stream."""
        self.chosen.emit(self.stream_id)
        super().mousePressEvent(event)
