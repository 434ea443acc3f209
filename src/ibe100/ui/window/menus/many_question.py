"""Question before one act on several streams: what it will do to each, and a button that is held."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibe100.models.messages import StreamView
from ibe100.models.stream_list import ManyAct
from ibe100.models.stream_state import Tally
from ibe100.ui.cues.hold_button import HoldButton
from ibe100.ui.themes.sizes import DIALOG, NEAR, PANEL, TIGHT, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.utils.timecode import format_clock

WIDTH, LIST_HEIGHT = 480, 260
ICONS = {
    ManyAct.START: "play",
    ManyAct.STOP: "stop",
    ManyAct.RESTART: "restart",
    ManyAct.DELETE: "delete-outline",
}
IN_BREAK = frozenset({Tally.ARMED, Tally.IN_BREAK})
ENDING = frozenset({ManyAct.STOP, ManyAct.RESTART})


class ManyQuestion(QDialog):
    """Lists the streams; `confirmed` with the act and their ids once the button was held."""

    confirmed = pyqtSignal(object, object)

    def __init__(
        self, act: ManyAct, views: Sequence[StreamView], of_what: str, parent: QWidget | None = None
    ) -> None:
        """`of_what` says which streams these are: `of group Sport`, `that are chosen`."""
        super().__init__(parent)
        concerned = [view for view in views if concerns(act, view)]
        noun = "stream" if len(concerned) == 1 else "streams"
        title = f"{act.value.capitalize()} {len(concerned)} {noun} {of_what}".strip()
        self.setWindowTitle(title)
        self.lines = [_line(act, view) for view in concerned]
        """What it will do to each."""
        left = len(views) - len(concerned)
        why = "off already" if act in ENDING else "on air already" if act is ManyAct.START else "on air"
        column = QVBoxLayout()
        scaled(column.setSpacing, TIGHT)
        for view, line in zip(concerned, self.lines, strict=True):
            column.addWidget(
                label(line, "strong" if act in ENDING and view.tally in IN_BREAK else "", wrap=True)
            )
        if left:
            column.addWidget(label(f"{left} more: {why}, left as they are.", "second"))
        column.addStretch(1)
        page = QWidget()
        page.setLayout(column)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(page)
        area.setAccessibleName("What it will do")
        scaled(area.setMinimumHeight, LIST_HEIGHT)
        self.hold = HoldButton(
            f"{act.value.upper()} {len(concerned)}", ICONS[act], Qt.Key.Key_unknown, f"to {act.value}"
        )
        self.hold.show_state("" if concerned else "there is nothing to do", ready=bool(concerned))
        self.cancel = push_button("Cancel", auto_default=False)
        row = QHBoxLayout()
        row.addWidget(self.cancel)
        row.addWidget(self.hold, 1)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, DIALOG, PANEL, DIALOG, PANEL)
        scaled(layout.setSpacing, NEAR)
        layout.addWidget(label(title, "title", wrap=True))
        layout.addWidget(area, 1)
        layout.addLayout(row)
        scaled(self.setMinimumWidth, WIDTH)
        self.cancel.clicked.connect(self.reject)
        self.hold.held.connect(self._held)
        self._act, self._ids = act, [view.stream_id for view in concerned]
        self.finished.connect(self.deleteLater)

    def _held(self) -> None:
        self.confirmed.emit(self._act, self._ids)
        self.accept()


def concerns(act: ManyAct, view: StreamView) -> bool:
    """True where the act would change something now."""
    return view.state.is_active is (act in ENDING)


def _line(act: ManyAct, view: StreamView) -> str:
    words = f"{view.number} {view.name}: {act.value}"
    if act not in ENDING:
        return words
    match view.tally:
        case Tally.IN_BREAK:
            ends = view.break_ends_at
            until = f" until {format_clock(ends)} UTC" if ends is not None and ends > time.time() else ""
            return f"▲ {words}. It is IN BREAK{until}: its break is not ended by a cue"
        case Tally.ARMED:
            return f"▲ {words}. A cue is ARMED on it and is lost"
    return f"{words}, {view.tally}"
