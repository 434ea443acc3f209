"""The breaks of all streams on one time line: five minutes back, five ahead."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.ui.break_spans import BreakSpan, SpanKind, break_spans
from ibe100.ui.formats import now, utc_text
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.themes.enterprise_theme import Colour, mono, sans

BACK_S = AHEAD_S = 300.0
TICK_S = 60.0
HEAD, ROW, NAMES, EDGE = 44, 22, 116, 10
REPAINT_MS = 1000
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
FILLS: dict[SpanKind, tuple[Colour, Colour, Colour]] = {
    SpanKind.DONE: (Colour.RAISED, Colour.BORDER_STRONG, Colour.TEXT_SECOND),
    SpanKind.RUNNING: (Colour.TALLY_AMBER_DIM, Colour.TALLY_AMBER, Colour.TALLY_AMBER),
    SpanKind.ARMED: (Colour.TALLY_AMBER, Colour.TALLY_AMBER, Colour.INK),
    SpanKind.FAILED: (Colour.PANEL, Colour.ALARM_MAGENTA, Colour.ALARM_MAGENTA),
}


class BreakTimeline(QWidget):
    """Painted once a second, and when a cue takes a step."""

    def __init__(self, streams: StreamListModel, cues: CueListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams, self._cues = streams, cues
        self.setAccessibleName("Break timeline, five minutes back and five ahead")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        streams.rowsInserted.connect(self._resize)
        streams.rowsRemoved.connect(self._resize)
        cues.cue_changed.connect(self.update)
        self._timer = QTimer(self)
        self._timer.setInterval(REPAINT_MS)
        self._timer.timeout.connect(self.update)
        self._timer.start()
        self._resize()

    def sizeHint(self) -> QSize:
        """A line per stream."""
        return QSize(300, HEAD + ROW * max(1, self._streams.rowCount()) + EDGE)

    def spans(self, row: StreamRow, at: float) -> list[BreakSpan]:
        """What is drawn for a stream."""
        return break_spans(self._cues.of_stream(row.stream_id), row.view.break_ends_at, at)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Frame, ticks, streams, NOW."""
        at = now()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(Colour.BORDER))
        painter.setBrush(QColor(Colour.CARD))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.setFont(sans(12, bold=True))
        painter.setPen(QColor(Colour.TEXT))
        painter.drawText(QRectF(EDGE, 4, 200, 18), LEFT, "Breaks")
        self._paint_ticks(painter, at)
        for line, row in enumerate(self._streams.rows()):
            self._paint_row(painter, row, HEAD + ROW * line, at)
        self._paint_now(painter, at)

    def _x(self, moment: float, at: float) -> float:
        width = self.width() - NAMES - 2 * EDGE
        return NAMES + EDGE + (moment - at + BACK_S) / (BACK_S + AHEAD_S) * width

    def _paint_ticks(self, painter: QPainter, at: float) -> None:
        painter.setFont(mono(11))
        label_width = QFontMetrics(mono(11)).horizontalAdvance("00:00") + 8
        moment = (at - BACK_S) // TICK_S * TICK_S + TICK_S
        last_label = float("-inf")
        while moment < at + AHEAD_S:
            x = self._x(moment, at)
            painter.setPen(QColor(Colour.BORDER))
            painter.drawLine(int(x), HEAD - 2, int(x), self.height() - EDGE)
            box = QRectF(x - label_width / 2, HEAD - 20, label_width, 16)
            clear_of_now = abs(x - self._x(at, at)) > label_width
            if box.left() > last_label and clear_of_now and box.right() < self.width() - 2:
                painter.setPen(QColor(Colour.TEXT_MUTED))
                painter.drawText(box, CENTRE, utc_text(moment)[:5])
                last_label = box.right() + 6
            moment += TICK_S

    def _paint_row(self, painter: QPainter, row: StreamRow, top: float, at: float) -> None:
        painter.setFont(sans(11))
        painter.setPen(QColor(Colour.TEXT_SECOND))
        name = f"{row.view.number} {row.name}"
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, NAMES - 8)
        painter.drawText(QRectF(EDGE, top, NAMES - 8, ROW), LEFT, shown)
        painter.setPen(QColor(Colour.BORDER))
        middle = int(top + ROW / 2)
        painter.drawLine(NAMES + EDGE, middle, self.width() - EDGE, middle)
        for span in self.spans(row, at):
            if span.ends >= at - BACK_S and span.begins <= at + AHEAD_S:
                self._paint_span(painter, span, top, at)

    def _paint_span(self, painter: QPainter, span: BreakSpan, top: float, at: float) -> None:
        fill, edge, ink = FILLS[span.kind]
        left = max(float(NAMES + EDGE), self._x(span.begins, at))
        right = min(float(self.width() - EDGE), self._x(span.ends, at))
        painter.setFont(mono(11))
        words = painter.fontMetrics().horizontalAdvance(span.words) + 8
        if span.kind is SpanKind.FAILED:
            right = min(left + words, float(self.width() - EDGE))
        box = QRectF(left, top + 3, max(5.0, right - left), ROW - 6)
        pen = QPen(QColor(edge), 1.2)
        if span.kind is SpanKind.RUNNING:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(box, 3, 3)
        if box.width() >= words:
            painter.setPen(QColor(ink))
            painter.drawText(box, CENTRE, span.words)

    def _paint_now(self, painter: QPainter, at: float) -> None:
        x = self._x(at, at)
        painter.setPen(QPen(QColor(Colour.TEXT), 1.4))
        painter.drawLine(int(x), HEAD - 4, int(x), self.height() - EDGE + 2)
        painter.setBrush(QColor(Colour.TEXT))
        box = QRectF(x - 19, HEAD - 22, 38, 17)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(Colour.INK))
        painter.setFont(sans(11, bold=True))
        painter.drawText(box, CENTRE, "NOW")

    def _resize(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.update()
