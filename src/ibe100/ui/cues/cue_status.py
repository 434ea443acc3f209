"""State of the target's cue, in big digits, with its receipt and Disarm."""

from __future__ import annotations

import time

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ibe100.models.cues.return_receipt import ReturnFeedView, ReturnReceipt
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.ui.qt_models.cue_list import receipt_words
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel, TwoLineLabel, label, set_kind
from ibe100.ui.words.return_feed import feed_words
from ibe100.utils.timecode import format_clock, format_countdown, format_span
from ibe100.utils.units import format_event_id

PROGRESS_S = 0.3
SLOW_S = 1.0
SLOW_WORDS = "It goes out as soon as it is on disk; the disk is slow."
RECENT_S = 30.0
"""Seconds for which the result of an immediate cue stays on screen."""
HEIGHT, RETURN_HEIGHT = 82, 20


class CueStatus(QFrame):
    """Counts down: armed and sent cues to the splice, a break to its end."""

    disarm_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "status")
        scaled(self.setFixedHeight, HEIGHT)
        self.title = ElidedLabel("", "strong")
        self.digits = label("", "")
        self.digits.setProperty("kind", "countdown")
        self.digits.setAccessibleName("Countdown")
        self.event_id = label("", "small_number")
        # Why a cue was refused or failed takes two lines.
        self.receipt = TwoLineLabel("receipt")
        self.came_back = ElidedLabel("", "receipt")
        self.came_back.setAccessibleName("At the return feed")
        self.came_back.hide()
        hint = "Cancel the cue while it has not gone out (Esc)"
        self.disarm = push_button(
            "Disarm  Esc", "Disarm the armed cue, key Escape", hint=hint, act=Act.DISARM_CUE
        )
        self.disarm.clicked.connect(self.disarm_requested)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("Time to the splice or the end of the break")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.disarm)
        middle = QHBoxLayout()
        middle.addWidget(self.digits)
        middle.addStretch(1)
        middle.addWidget(self.event_id)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 12, 8, 12, 8)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addLayout(middle, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.receipt)
        layout.addWidget(self.came_back)

    def show_cue(
        self,
        row: StreamRow | None,
        cue: Cue | None,
        came_back: ReturnReceipt | None = None,
        recording: tuple[CueAction, float] | None = None,
    ) -> None:
        """Show the target, its newest cue, and what the return feed says of it.

        `recording` is a cue that is not on disk yet, for so many seconds.
        """
        at = time.time()
        title, digits, part, kind = _reading(row, cue, at)
        if recording is not None and recording[1] > PROGRESS_S:
            title, digits = f"{recording[0]} IS BEING RECORDED", format_span(recording[1])
            part, kind = None, "status"
        self.title.setText(title)
        self.digits.setText(digits)
        self.bar.setVisible(part is not None)
        self.bar.setValue(round(1000 * (part or 0)))
        waits = recording is not None and recording[1] > SLOW_S
        self.receipt.setText(SLOW_WORDS if waits else _receipt(cue, at))
        self._show_return(None if row is None else row.view.return_feed, came_back)
        self.event_id.setText("" if cue is None else format_event_id(cue.splice_event_id))
        self.disarm.setVisible(cue is not None and cue.state is CueState.ARMED)
        set_kind(self, kind)
        far = f"; {self.came_back.text()}" if self.came_back.text() else ""
        self.setAccessibleName(f"{title} {digits} {self.receipt.text()}{far}")

    def _show_return(self, feed: ReturnFeedView | None, came_back: ReturnReceipt | None) -> None:
        """Show what came back, or the state of the return feed, on a line of its own."""
        words, kind = feed_words(feed)
        if came_back is not None and kind != "problem":
            words = f"▲ {came_back.words}" if came_back.state.is_fault else came_back.words
            kind = "problem" if came_back.state.is_fault else "receipt"
        self.came_back.setVisible(bool(words))
        self.came_back.setText(words)
        set_kind(self.came_back, kind)
        scaled(self.setFixedHeight, HEIGHT + (RETURN_HEIGHT if words else 0))


def _receipt(cue: Cue | None, at: float) -> str:
    """Receipt of the newest cue; with its action and time once it is long over."""
    if cue is None:
        return "no cue sent yet"
    is_old = cue.state.is_final and at - max(cue.requested_at, cue.splice_at or 0) > RECENT_S
    return (
        f"last {format_clock(cue.requested_at)} {cue.state}: {receipt_words(cue)}"
        if is_old
        else receipt_words(cue)
    )


def _reading(row: StreamRow | None, cue: Cue | None, at: float) -> tuple[str, str, float | None, str]:
    """Title, digits, part of the time gone (0 to 1), kind of frame."""
    if cue is not None and cue.splice_at is not None and cue.splice_at > at:
        left = cue.splice_at - at
        part = 1 - left / max(cue.splice_at - cue.requested_at, 0.001)
        if cue.state is CueState.ARMED:
            return f"{cue.action} ARMED", f"-{format_countdown(left)}", part, "status_armed"
        if cue.state in (CueState.SENT, CueState.SEEN):
            return f"{cue.action} ON ITS WAY", f"-{format_countdown(left)}", part, "status_armed"
    if cue is not None and cue.state is CueState.FAILED and at - cue.requested_at < RECENT_S:
        return f"{cue.action} FAILED", "NOT SEEN", None, "status_failed"
    if cue is not None and cue.state is CueState.AIRED_LATE and at - cue.requested_at < RECENT_S:
        return f"{cue.action} · do not fire again", "AIRED LATE", None, "status_failed"
    if row is not None and row.view.break_ends_at is not None:
        ends = row.view.break_ends_at
        length = cue.duration_s if cue is not None and cue.duration_s else None
        gone = None if length is None else min(1.0, max(0.0, 1 - (ends - at) / length))
        return f"IN BREAK · ends {format_clock(ends)}", format_countdown(ends - at), gone, "status_break"
    if cue is not None and at - (cue.sent_at or cue.requested_at) < RECENT_S:
        return f"{cue.action} · {cue.state}", str(cue.state), None, "status"
    return "NO CUE PENDING", "--:--", None, "status"
