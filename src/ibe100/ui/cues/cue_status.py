"""State of the target's cue: the largest words of the panel, with Disarm, the break's bar or the receipt."""

from __future__ import annotations

import time

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from ibe100.models.cues.return_receipt import ReturnFeedView, ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.ui.cues.countdown_bars import HEIGHT as BOTTOM_HEIGHT
from ibe100.ui.cues.countdown_bars import BreakBar, DisarmButton
from ibe100.ui.cues.cue_reading import RECENT_S, Reading, read_cue
from ibe100.ui.qt_models.cue_list import receipt_words, state_words
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.labels import ElidedLabel, TwoLineLabel, label, restyle, set_kind
from ibe100.ui.words.return_feed import feed_words
from ibe100.utils.timecode import format_clock, format_span

PROGRESS_S = 0.3
SLOW_S = 1.0
SLOW_WORDS = "It goes out as soon as it is on disk; the disk is slow."
CALLED_OFF_S = 10.0
"""Seconds for which it is said that a cue was called off."""
TOP_HEIGHT, RETURN_HEIGHT = 58, 18
WIDE = 372
"""Width of the panel from which the countdown has its full size."""


class CueStatus(QFrame):
    """Counts down: armed and sent cues to the splice, a break to its end and beyond."""

    disarm_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "status")
        self._armed: set[int] = set()
        self._called_off: dict[str, tuple[int, float]] = {}
        """By stream: the cue that was called off last, and when (wall clock)."""
        self.title = ElidedLabel("", "strong")
        self.line = ElidedLabel("", "receipt")
        self.event_id = ElidedLabel("", "receipt")
        self.digits = label("", "cue_countdown")
        # A name would be read in the place of the digits.
        self.digits.setAccessibleDescription("Countdown")
        self.digits.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.disarm = DisarmButton()
        self.disarm.clicked.connect(self.disarm_requested)
        self.bar = BreakBar()
        self.began, self.ends = label("", "receipt"), label("", "receipt")
        # Why a cue was refused or failed takes two lines.
        self.receipt = TwoLineLabel("receipt")
        self.came_back = ElidedLabel("", "receipt")
        self.came_back.setAccessibleName("At the return feed")
        scaled(self.came_back.setFixedHeight, RETURN_HEIGHT)
        self.bottom = QStackedWidget()
        scaled(self.bottom.setFixedHeight, BOTTOM_HEIGHT)
        for page in (self.receipt, self.disarm, self._break_page()):
            self.bottom.addWidget(page)
        words = QVBoxLayout()
        words.setSpacing(0)
        for part in (self.title, self.line, self.event_id):
            words.addWidget(part)
        top = QWidget()
        scaled(top.setFixedHeight, TOP_HEIGHT)
        head = QHBoxLayout(top)
        head.setContentsMargins(0, 0, 0, 0)
        scaled(head.setSpacing, 8)
        head.addLayout(words, 1)
        head.addWidget(self.digits)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 12, 4, 12, 8)
        layout.setSpacing(0)
        for row in (top, self.bottom, self.came_back):
            layout.addWidget(row)

    def _break_page(self) -> QWidget:
        page = QWidget()
        texts = QHBoxLayout()
        texts.addWidget(self.began, 1)
        texts.addWidget(self.ends)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, px(4), 0, 0)
        column.setSpacing(px(2))
        column.addWidget(self.bar)
        column.addLayout(texts)
        return page

    def note(self, cue: Cue) -> None:
        """Note a step of a cue's life: one on its way that is cancelled has been called off just now."""
        if cue.can_be_called_off_until is not None:
            self._armed.add(cue.cue_id)
        elif cue.cue_id in self._armed:
            self._armed.discard(cue.cue_id)
            if cue.state is CueState.CANCELLED:
                self._called_off[cue.stream_id] = cue.cue_id, time.time()

    def show_cue(
        self,
        row: StreamRow | None,
        cue: Cue | None,
        came_back: ReturnReceipt | None = None,
        recording: tuple[CueAction, float] | None = None,
        *,
        idle: tuple[str, str] = ("", ""),
    ) -> None:
        """Show the target, its newest cue, and what the return feed says of it.

        `recording` is a cue that is not on disk yet, for so many seconds. `idle` are the lines below
        the title while no cue is pending.
        """
        at = time.time()
        reading = read_cue(row, cue, at, is_called_off=self._is_called_off(cue, at))
        if recording is not None and recording[1] > PROGRESS_S:
            reading = Reading(f"{recording[0]} IS BEING RECORDED", format_span(recording[1]))
        is_idle = reading.is_idle
        self.title.setText(reading.title)
        self.digits.setText(reading.digits)
        self.digits.setVisible(bool(reading.digits))
        self.line.setText(idle[0] if is_idle else reading.line)
        self.event_id.setText(idle[1] if is_idle else reading.event)
        waits = recording is not None and recording[1] > SLOW_S
        self.receipt.setText(SLOW_WORDS if waits else reading.receipt or _receipt(cue, at))
        self.bar.show_part(reading.part)
        self.began.setText(reading.began)
        self.ends.setText(reading.ends)
        if cue is not None and (until := cue.can_be_called_off_until) is not None:
            self.disarm.show_left(until - at, until - cue.requested_at)
        self.bottom.setCurrentIndex(reading.page)
        self._show_return(None if row is None else row.view.return_feed, came_back)
        if self.property("kind") != reading.kind:
            set_kind(self, reading.kind)
            for part in self.findChildren(QLabel):  # their colours follow the frame's
                restyle(part)
        far = f"; {self.came_back.text()}" if self.came_back.text() else ""
        words = " ".join(filter(None, (reading.title, reading.digits, self.receipt.text())))
        self.setAccessibleName(f"{words}{far}")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show the countdown as large as there is room."""
        super().resizeEvent(event)
        set_kind(self.digits, "cue_countdown" if self.width() >= px(WIDE) else "small_cue_countdown")

    def _is_called_off(self, cue: Cue | None, at: float) -> bool:
        if cue is None or cue.state is not CueState.CANCELLED:
            return False
        cue_id, moment = self._called_off.get(cue.stream_id, (None, 0.0))
        return cue_id == cue.cue_id and at - moment < CALLED_OFF_S

    def _show_return(self, feed: ReturnFeedView | None, came_back: ReturnReceipt | None) -> None:
        """Show what came back, or the state of the return feed, on a line of its own."""
        words, kind = feed_words(feed)
        if came_back is not None and kind != "problem":
            words = f"▲ {came_back.words}" if came_back.state.is_fault else came_back.words
            kind = "problem" if came_back.state.is_fault else "receipt"
        # The line keeps its place on a stream with a return feed, so that nothing jumps.
        policy = self.came_back.sizePolicy()
        policy.setRetainSizeWhenHidden(feed is not None)
        self.came_back.setSizePolicy(policy)
        self.came_back.setVisible(bool(words))
        self.came_back.setText(words)
        set_kind(self.came_back, kind)


def _receipt(cue: Cue | None, at: float) -> str:
    """Receipt of the newest cue; with its action and time once it is long over."""
    if cue is None:
        return "no cue sent yet"
    is_old = cue.state.is_final and at - max(cue.requested_at, cue.splice_at or 0) > RECENT_S
    return (
        f"last {format_clock(cue.requested_at)} {state_words(cue)}: {receipt_words(cue)}"
        if is_old
        else receipt_words(cue)
    )
