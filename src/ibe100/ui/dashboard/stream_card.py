"""Card of the dashboard: one stream at a glance."""

from __future__ import annotations

import time

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QResizeEvent
from PyQt6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.stream_state import Tally
from ibe100.ui.dashboard.card_facts import CardFacts
from ibe100.ui.dashboard.card_grid import COMPACT_WIDTH, FULL_HEIGHT
from ibe100.ui.pictures.preview_pane import PreviewPane
from ibe100.ui.qt_models.cue_list import short_receipt
from ibe100.ui.qt_models.stream_list import HISTORY_SAMPLES, StreamRow
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.widgets.cue_flag import CueFlag
from ibe100.ui.widgets.error_lamps import ErrorLamps
from ibe100.ui.widgets.labels import ElidedLabel, label, set_kind
from ibe100.ui.widgets.run_button import RunButton
from ibe100.ui.widgets.sparkline import Sparkline
from ibe100.ui.widgets.tally_mark import SeverityMark, TallyChip
from ibe100.ui.words import tr101290
from ibe100.ui.words.return_feed import short_return
from ibe100.ui.words.srt import route_words
from ibe100.utils.timecode import format_clock, format_countdown, format_pts_clock, format_span
from ibe100.utils.units import UNKNOWN, megabits

TOP, MIDDLE = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignVCenter
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
LARGE_HEIGHT = 280
"""Height from which a card is to be read from across the room, in pixels."""
TALL_HEIGHT = 380
"""Height from which there is room for everything below the picture."""
COMPACT_PICTURE = (104, 48)
LAMPS_HEIGHT = 122
"""Height below which the mark of the worst alarm stands in for the lamps."""
CURVE_WIDTH = 300
"""Width of a compact card that has room for the curve beside the rate."""
CURVE_BELOW_HEIGHT = 80
"""Height of a compact card's picture from which the curve stands below the rate."""
COMPACT_LINE, COMPACT_LINES = 42, 70
"""Height that a compact card needs above its picture, and with the lamps below it."""
RATE_WIDTH = 124
FULL_MARGINS, COMPACT_MARGINS = (12, 8, 12, 8), (8, 4, 8, 4)
CARD_NAME, CARD_RATE = "title", "big_number"
LARGE_NAME, LARGE_RATE = "heading", "huge_number"


class StreamCard(QFrame):
    """Tally, state, bitrate, TR 101 290 lamps, last cue and next event of a stream."""

    chosen = pyqtSignal(str)
    dragged = pyqtSignal(str, QPoint)
    """Stream id and position of the pointer in global pixels."""

    def __init__(self, stream_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stream_id = stream_id
        self._view: StreamView | None = None
        self._pressed_at: QPoint | None = None
        self._is_dragged = False
        self.setProperty("kind", "card")
        scaled(self.setMinimumWidth, COMPACT_WIDTH)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.chip = TallyChip()
        self.name = ElidedLabel("", CARD_NAME)
        self.cue_flag = CueFlag()
        self.severity = SeverityMark()
        self.rate = label(UNKNOWN, CARD_RATE)
        self.facts = CardFacts()
        self.clock = label("", "small_number")
        self.uptime = label("", "small_number")
        self.curve = Sparkline(HISTORY_SAMPLES)
        self.lamps = ErrorLamps()
        self.pane = PreviewPane()
        self.route = ElidedLabel("", "muted")
        self.last = ElidedLabel("", "muted")
        self.next = ElidedLabel("", "muted")
        self.run_button = RunButton()
        self._lay_out()

    def _lay_out(self) -> None:
        head = self._head = QHBoxLayout()
        scaled(head.setSpacing, 8)
        head.addWidget(self.chip)
        head.addWidget(self.name, 1)
        head.addWidget(self.cue_flag)
        head.addWidget(self.severity)
        rate = QHBoxLayout()
        scaled(rate.setSpacing, 4)
        rate.addWidget(self.rate)
        rate.addWidget(label("Mb/s", "muted"))
        rate.addStretch(1)
        column = self._column = QVBoxLayout()
        scaled(column.setSpacing, 4)
        column.addLayout(rate)
        body = self._body = QHBoxLayout()
        scaled(body.setSpacing, 12)
        body.addLayout(column)
        body.addWidget(self.curve, 1)
        body.addWidget(self.facts, 0, MIDDLE)
        times = QWidget()
        row = QHBoxLayout(times)
        row.setContentsMargins(0, 0, 0, 0)
        scaled(row.setSpacing, 8)
        row.addWidget(self.last, 1)
        for title, value in (("PTS", self.clock), ("Up", self.uptime)):
            row.addWidget(label(title, "muted"))
            row.addWidget(value)
        foot = QHBoxLayout()
        scaled(foot.setSpacing, 8)
        foot.addWidget(self.lamps, 0, MIDDLE)
        foot.addWidget(self.next, 1)
        foot.addWidget(self.run_button)
        layout = self._rows = QVBoxLayout(self)
        scaled(layout.setContentsMargins, *FULL_MARGINS)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.pane, 1)
        layout.addLayout(body)
        layout.addWidget(self.route)
        layout.addWidget(times)
        layout.addLayout(foot)
        self._only_in_tall = (self.route, times)
        on_text_size(self, StreamCard._fit)

    def show_row(
        self,
        row: StreamRow,
        cue: Cue | None,
        coming: ScheduledBreak | None,
        came_back: ReturnReceipt | None = None,
    ) -> None:
        """Show the stream as of now; `came_back` is what the return feed says of `cue`."""
        view = row.view
        words = row.tally_words if view.tally is not Tally.OFF else str(view.state)
        self.chip.show_tally(view.tally, words)
        self.name.setText(f"{view.number}  {row.name}")
        self.cue_flag.setVisible(row.is_cue_target)
        self.severity.show_severity(row.severity)
        self.route.setText(" · ".join(filter(None, (route_words(row.telemetry), row.route, view.engine))))
        sample = row.fresh()
        self.rate.setText(UNKNOWN if sample is None else megabits(sample.bitrate_bps))
        self.facts.show_sample(sample)
        self.clock.setText(UNKNOWN if sample is None else format_pts_clock(sample.pts)[:8])
        began = view.started_at if view.state.is_active else None
        self.uptime.setText(UNKNOWN if began is None else format_span(time.time() - began))
        self.curve.show_values(tuple(row.bitrates) if sample is not None else ())
        self.lamps.show_sums(tr101290.sums(sample.counters) if sample is not None else {})
        self.last.setText(_last_lines(cue, came_back))
        set_kind(self.last, _last_kind(cue, came_back))
        words, kind = _next_words(row, cue, coming)
        self.next.setText(words)
        set_kind(self.next, kind)
        self.run_button.show_stream(view)
        self._view = view
        self._show_run_button()
        aim = ", cues go here" if row.is_cue_target else ""
        self.setAccessibleName(f"Stream {view.number} {row.name}, {row.state_words}{aim}")

    def set_selected(self, selected: bool) -> None:
        """Draw the ring of the selected stream."""
        if self.property("selected") != selected:
            self.setProperty("selected", selected)
            style = self.style()
            if style is not None:
                style.unpolish(self)
                style.polish(self)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Fit name and rate to the card; a compact one keeps what matters on air."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        is_full, is_tall = self.height() >= px(FULL_HEIGHT), self.height() >= px(TALL_HEIGHT)
        for part in self._only_in_tall:
            part.setVisible(is_tall)
        self._show_run_button()
        self.facts.setVisible(is_full)
        has_lamps = self.height() >= px(LAMPS_HEIGHT)
        self.lamps.setVisible(has_lamps)
        self.next.setAlignment(MIDDLE | (RIGHT if has_lamps else LEFT))
        # In a compact card the name needs the line of its own, and the picture stands beside the rate.
        self.pane.is_left_aligned = not is_full
        if is_full:
            self._head.insertWidget(0, self.chip, 0, TOP)
            self._rows.insertWidget(1, self.pane, 1)
            self.pane.setMinimumSize(0, 0)
            self._body.insertWidget(1, self.curve, 1)
            self.curve.setVisible(True)
        else:
            self._column.insertWidget(0, self.chip, 0, TOP)
            self._body.insertWidget(0, self.pane, 1)
            self._share_compact(has_lamps)
        self._rows.setStretchFactor(self._body, int(not is_full))
        scaled(self._rows.setContentsMargins, *(FULL_MARGINS if is_full else COMPACT_MARGINS))
        scaled(self._rows.setSpacing, 4 if is_full else 0)
        is_large = self.height() >= px(LARGE_HEIGHT)
        set_kind(self.name, LARGE_NAME if is_large else CARD_NAME)
        set_kind(self.rate, LARGE_RATE if is_large else CARD_RATE)

    def _share_compact(self, has_lamps: bool) -> None:
        """Lay out a compact card: picture on the left, tally, rate and curve beside it."""
        height = self.height() - (px(COMPACT_LINES) if has_lamps else px(COMPACT_LINE))
        is_curve_below = height >= px(CURVE_BELOW_HEIGHT)
        least_width, least_height = map(px, COMPACT_PICTURE)
        width = least_width
        if is_curve_below:
            room = self.width() - px(RATE_WIDTH) - 2 * px(COMPACT_MARGINS[0]) - self._body.spacing()
            width = max(least_width, min(room, PreviewPane.width_for(height)))
        self.pane.setMinimumSize(width, least_height)
        if is_curve_below:
            self._column.addWidget(self.curve, 1)
        else:
            self._body.insertWidget(2, self.curve, 1)
        self.curve.setVisible(is_curve_below or self.width() >= px(CURVE_WIDTH))

    def _show_run_button(self) -> None:
        """Show the button where there is room; else a stream on air is stopped from the list."""
        is_off = self._view is not None and not self._view.state.is_active
        tall, full = self.height() >= px(TALL_HEIGHT), self.height() >= px(FULL_HEIGHT)
        self.run_button.setVisible(tall or (full and is_off))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Select the stream."""
        self._pressed_at = None if event is None else event.globalPosition().toPoint()
        self.chosen.emit(self.stream_id)
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the card once it is moved far enough."""
        if event is not None and self._pressed_at is not None:
            at = event.globalPosition().toPoint()
            if (
                self._is_dragged
                or (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
            ):
                self._is_dragged = True
                self.dragged.emit(self.stream_id, at)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Drop the card."""
        self._pressed_at, self._is_dragged = None, False
        super().mouseReleaseEvent(event)


def _last_kind(cue: Cue | None, came_back: ReturnReceipt | None) -> str:
    if cue is not None and cue.state in (CueState.FAILED, CueState.AIRED_LATE):
        return "magenta"
    return "problem" if came_back is not None and came_back.state.is_fault else "muted"


def _last_lines(cue: Cue | None, came_back: ReturnReceipt | None) -> str:
    if cue is None:
        return "Last cue: none yet"
    words = f"Last {format_clock(cue.requested_at)} {cue.action} · {short_receipt(cue)}"
    return words if came_back is None else f"{words} · {short_return(came_back)}"


def _next_words(row: StreamRow, cue: Cue | None, coming: ScheduledBreak | None) -> tuple[str, str]:
    view = row.view
    if cue is not None and cue.state in (CueState.ARMED, CueState.SENT, CueState.SEEN):
        left = (cue.splice_at or 0) - time.time()
        if left > 0:
            return f"{cue.action} in {format_countdown(left)}", "amber"
    if view.break_ends_at is not None:
        # The picture counts it down.
        return f"break ends {format_clock(view.break_ends_at)}", "amber"
    if view.reason and view.tally in (Tally.NO_INPUT, Tally.FAULT):
        next_try = row.retry_words and f"next try {row.retry_words}"
        return " · ".join(filter(None, (next_try, view.reason))), "magenta"
    if view.reason and not view.state.is_active:
        return view.reason, "muted"
    if coming is not None and coming.planned_at is not None:
        when = f"{format_clock(coming.planned_at)} in {format_countdown(coming.planned_at - time.time())}"
        # The time first: it is what must not be cut off.
        return f"next {when}: {coming.title} {coming.duration_s:g} s", "muted"
    return "nothing planned", "muted"
