"""Figures of a card and the curve of its bitrate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QRect, QRectF, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QToolTip, QWidget

from ibe100.models.stream_state import Telemetry
from ibe100.ui.qt_models.stream_list import HISTORY_SAMPLES, StreamRow
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, SECOND, TARGET, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.sparkline import draw_sparkline
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.ui.words.tr101290 import CONTINUITY, normalised
from ibe100.utils.timecode import format_pts_clock, format_span
from ibe100.utils.units import UNKNOWN, kilobits, megabits

MOST_SHOWN = 99_999
RATE = "Mb/s"
CURVE_HEIGHT, MOST_CURVE_HEIGHT, ROWS_WIDTH = 26, 72, 210
CAPTION = "Mb/s, last 2 min"
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure under its short and its long title."""

    title: str
    long_title: str
    figure: str
    hint: str
    is_alarm: bool = False


def facts_of(row: StreamRow) -> tuple[Fact, ...]:
    """Figures of a stream as of now, the most important first."""
    sample, view = row.fresh(), row.view
    total = None if sample is None else normalised(sample.counters_total).get(CONTINUITY)
    began = view.started_at if view.state.is_active else None
    up = UNKNOWN if began is None else format_span(time.time() - began)
    pts = UNKNOWN if sample is None else format_pts_clock(sample.pts)[:8]
    null = UNKNOWN if sample is None else f"{kilobits(sample.null_bps)} kb/s"
    found = [
        Fact(
            RATE, RATE, UNKNOWN if sample is None else megabits(sample.bitrate_bps), "Bitrate of the output"
        ),
        Fact(
            "CC",
            "CC errors",
            _count(total),
            "Continuity errors on the output since the stream started or the counters were reset",
            sample is not None and row.errors.has_lost_packets(time.monotonic()),
        ),
        Fact("PCR", "PCR interval", _interval(sample), "Longest mean interval between PCRs of a PID"),
    ]
    trip = _round_trip(sample)
    if trip is not None:
        found.append(Fact("RTT", "Round trip", trip, "Longest round trip of an SRT edge"))
    return (
        *found,
        Fact("Null", "Null packets", null, "Null packets on the output: room for cues"),
        Fact("Up", "Up for", up, "Time since the stream was started"),
        Fact("PTS", "PTS", pts, "Presentation time of the output"),
    )


class CardFacts(QWidget):
    """Rows of title and figure, and the curve: below them, or beside them where it is wide."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts: tuple[Fact, ...] = ()
        self.is_beside = True
        """True stands in a column beside the picture, False in a strip below it."""
        self._values: tuple[int, ...] = ()
        self._rows: list[tuple[QRect, Fact]] = []

    def show_row(self, row: StreamRow) -> None:
        """Show the figures as of now."""
        facts, values = facts_of(row), tuple(row.bitrates)
        if not facts[0].figure.strip(UNKNOWN):
            values = ()
        if (facts, values) != (self.facts, self._values):
            self.facts, self._values = facts, values
            self.setAccessibleName(", ".join(f"{one.long_title} {one.figure}" for one in facts))
            self.update()

    def figure(self, title: str) -> str:
        """Figure under a short title; empty where it is not among the facts."""
        return next((one.figure for one in self.facts if one.title == title), "")

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint figures and curve."""
        painter = QPainter(self)
        self._rows = []
        if not self.facts:
            return
        if self.is_beside:
            self._paint_column(painter)
        else:
            self._paint_strip(painter)

    def _paint_column(self, painter: QPainter) -> None:
        line = QFontMetrics(sans(SECOND)).height() + px(3)
        caption = QFontMetrics(sans(SCALE)).height()
        wide = self.width() >= px(2 * ROWS_WIDTH)
        curve = 0 if wide else px(CURVE_HEIGHT) + caption
        # The rate, the errors and PCR go before the curve; what comes after them stands where there is room.
        kept = max(min(4, self.height() // line), (self.height() - curve) // line)
        width = px(ROWS_WIDTH) if wide else self.width()
        shown = self.facts[:kept]
        bottom = self._paint_rows(painter, shown, QRect(0, 0, width, self.height()), line, is_long=wide)
        room = QRect(0, bottom, self.width(), self.height() - bottom)
        if wide:
            room = QRect(width + px(16), 0, self.width() - width - px(16), self.height())
        self._paint_curve(painter, room, caption)

    def _paint_strip(self, painter: QPainter) -> None:
        line = QFontMetrics(sans(SECOND)).height() + px(2)
        rate, rest = self.facts[0], self.facts[1:]
        half = int(self.width() * 0.42)
        self._paint_rate(painter, rate, QRect(0, 0, half, px(26)))
        caption = QFontMetrics(sans(SCALE)).height()
        self._paint_curve(painter, QRect(0, px(28), half, self.height() - px(28)), caption)
        left = half + px(16)
        room = QRect(left, 0, self.width() - left, self.height())
        self._paint_rows(painter, rest[: self.height() // line], room, line, is_long=True)

    def _paint_rate(self, painter: QPainter, rate: Fact, room: QRect) -> None:
        font = sans(TARGET, bold=True)
        width = QFontMetrics(font).horizontalAdvance(rate.figure) + px(6)
        _text(painter, room, LEFT, rate.figure, font, Colour.TEXT)
        _text(painter, room.adjusted(width, px(3), 0, 0), LEFT, RATE, sans(SECOND), Colour.TEXT_MUTED)
        self._rows.append((room, rate))

    def _paint_rows(
        self, painter: QPainter, facts: Sequence[Fact], room: QRect, line: int, *, is_long: bool
    ) -> int:
        top = room.top()
        for fact in facts:
            box = QRect(room.left(), top, room.width(), line)
            title = fact.long_title if is_long else fact.title
            _text(painter, box, LEFT, title, sans(SECOND), Colour.TEXT_SECOND)
            colour = Colour.ALARM_MAGENTA_TEXT if fact.is_alarm else Colour.TEXT
            _text(painter, box, RIGHT, fact.figure, sans(SECOND, bold=True), colour)
            self._rows.append((box, fact))
            top += line
        return top

    def _paint_curve(self, painter: QPainter, room: QRect, caption: int) -> None:
        if room.height() < px(16) or room.width() < px(40):
            return
        if room.height() >= px(CURVE_HEIGHT) + caption:
            words = room.adjusted(0, room.height() - caption, 0, 0)
            room.setBottom(words.top() - 1)
            _text(painter, words, LEFT, CAPTION, sans(SCALE), Colour.TEXT_MUTED)
        if room.height() > px(MOST_CURVE_HEIGHT):
            room.setTop(room.bottom() - px(MOST_CURVE_HEIGHT))
        painter.setPen(shade(Colour.BORDER))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        strip = QRectF(room).adjusted(0, px(3), -1, -px(4))
        draw_sparkline(painter, strip, self._values, HISTORY_SAMPLES)

    def event(self, event: QEvent | None) -> bool:
        """Say what the figure under the mouse means."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            hint = next((fact.hint for box, fact in self._rows if box.contains(event.pos())), "")
            QToolTip.showText(event.globalPos(), plain_tooltip(hint), self)
            return True
        return super().event(event)


def _text(
    painter: QPainter, box: QRect, flags: Qt.AlignmentFlag, text: str, font: QFont, colour: Colour
) -> None:
    painter.setFont(font)
    painter.setPen(shade(colour))
    painter.drawText(box, flags, text)


def _count(errors: int | None) -> str:
    if errors is None:
        return UNKNOWN
    return f"{errors:,}" if errors <= MOST_SHOWN else f"{MOST_SHOWN:,}+"


def _interval(sample: Telemetry | None) -> str:
    pids = () if sample is None else sample.pids
    intervals = [pid.pcr_interval_ms for pid in pids if pid.pcr_interval_ms is not None]
    return f"{max(intervals):.0f} ms" if intervals else UNKNOWN


def _round_trip(sample: Telemetry | None) -> str | None:
    """Longest round trip of the SRT edges; None where no edge is SRT."""
    if sample is None:
        return None
    links = [link for link in (sample.srt_output, sample.srt_input) if link is not None]
    trips = [link.statistics.rtt_ms for link in links if link.connected and link.statistics is not None]
    return (f"{max(trips):.0f} ms" if trips else UNKNOWN) if links else None
