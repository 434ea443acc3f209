"""Foot of the stream editor: what saving does, the ways to save, and the question before changes are lost."""

from __future__ import annotations

import time

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ibe100.models.messages import StreamView
from ibe100.models.rights import Act
from ibe100.models.stream_state import Tally
from ibe100.ui.streams.stream_requests import RunAfter
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.utils.timecode import format_clock

IN_LIST_ONLY = "Name and group hold at once; nothing is restarted for them."
IN_BREAK = frozenset({Tally.ARMED, Tally.IN_BREAK})
"""A restart now would end the break, or lose the cue that waits."""


class EditorFoot(QStackedWidget):
    """Emits `save_requested` with a RunAfter, and `discarded` once changes are given up."""

    save_requested = pyqtSignal(object)
    cancelled = pyqtSignal()
    discarded = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = label("", "problem", wrap=True)
        self.effect = label("", "second", wrap=True)
        self.cancel = push_button("Cancel", height=32, auto_default=False)
        self.save = push_button("Save", "Save the stream", height=32, hint="Ctrl+Enter", auto_default=False)
        self.run = push_button(
            "Save and start",
            kind="primary",
            height=32,
            hint="Ctrl+Shift+Enter",
            auto_default=False,
            act=Act.RUN_STREAM,
        )
        self.after_break = push_button(
            "Save, restart after the break", height=32, auto_default=False, act=Act.RUN_STREAM
        )
        self.keep = push_button("Keep editing", kind="primary", height=32, auto_default=False)
        self.discard = push_button("Discard the changes", height=32, auto_default=False)
        self._is_ready = False
        self._runs = RunAfter.START
        self.addWidget(self._buttons())
        self.addWidget(self._question())
        self.save.clicked.connect(lambda: self.save_requested.emit(RunAfter.AS_IT_IS))
        self.run.clicked.connect(lambda: self.save_requested.emit(self._runs))
        self.after_break.clicked.connect(lambda: self.save_requested.emit(RunAfter.RESTART_AFTER_BREAK))
        self.cancel.clicked.connect(self.cancelled)
        self.discard.clicked.connect(self.discarded)
        self.keep.clicked.connect(lambda: self.setCurrentIndex(0))

    def _buttons(self) -> QWidget:
        words = QVBoxLayout()
        scaled(words.setSpacing, 4)
        words.addWidget(self.problem)
        words.addWidget(self.effect)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(words, 1)
        for button in (self.cancel, self.save, self.after_break, self.run):
            row.addWidget(button)
        return page

    def _question(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label("What was changed here is not saved.", "strong", wrap=True), 1)
        row.addWidget(self.discard)
        row.addWidget(self.keep)
        return page

    @property
    def is_asking(self) -> bool:
        """True while the question is shown."""
        return self.currentIndex() == 1

    def ask(self) -> None:
        """Ask whether to give up the changes; Enter and Esc keep them."""
        self.setCurrentIndex(1)
        self.keep.setFocus()

    def answer_no(self) -> None:
        """Go back to the buttons."""
        self.setCurrentIndex(0)

    def set_ready(self, ready: bool) -> None:
        """Allow or forbid to save."""
        self._is_ready = ready
        for button in (self.save, self.run, self.after_break):
            button.setEnabled(ready)

    def show_problem(self, words: str) -> None:
        """Show what keeps it from being saved."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def show_stream(self, view: StreamView | None, restart_s: float, *, in_list_only: bool = False) -> None:
        """Show what saving would do to the stream as it is now.

        With `in_list_only` nothing was changed that it runs by: a restart would be for nothing.
        """
        is_active = view is not None and view.state.is_active
        in_break = view is not None and is_active and view.tally in IN_BREAK
        self._runs = RunAfter.RESTART if is_active else RunAfter.START
        self.run.setText("Save and restart now" if is_active else "Save and start")
        self.run.setAccessibleName(self.run.text())
        self.run.setVisible(not (is_active and in_list_only))
        self.after_break.setVisible(in_break and not in_list_only)
        # The one that is offered first ends no break.
        set_kind(self.after_break, "primary" if in_break else "")
        set_kind(self.run, "" if in_break else "primary")
        self.effect.setVisible(is_active)
        if view is not None and is_active:
            words = IN_LIST_ONLY if in_list_only else _effect(view, restart_s, in_break=in_break)
            self.effect.setText(words)


def _effect(view: StreamView, restart_s: float, *, in_break: bool) -> str:
    words = f"On air it goes on unchanged until it is restarted: about {restart_s:.1f} s without output."
    if not in_break:
        return words
    if view.tally is Tally.ARMED:
        return f"{words} A cue is armed: a restart now loses it."
    ends = view.break_ends_at
    until = f" until {format_clock(ends)} UTC" if ends is not None and ends > time.time() else ""
    return f"{words} It is in a break{until}."
