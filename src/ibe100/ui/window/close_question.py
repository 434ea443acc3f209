"""Question when the console closes while streams run: keep them, stop them, or stay."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QWidget

from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.popup import popup_layout


class CloseChoice(Enum):
    """Answer for the running streams."""

    KEEP = "keep"
    STOP = "stop"
    CANCEL = "cancel"


class CloseQuestion(QDialog):
    """Dialog in which Keep is the default and Escape cancels."""

    def __init__(self, running: int, breaks: Sequence[str], parent: QWidget) -> None:
        """`breaks` says of each stream that is in a break, or has a cue armed, how things stand."""
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.choice = CloseChoice.CANCEL
        self.setWindowTitle("Close the console")
        many = "stream runs" if running == 1 else "streams run"
        words = label(
            f"{running} {many}. Streams go on without the console; the next console picks them up again.",
            "second",
            wrap=True,
        )
        self.breaks = label("\n".join(breaks), "strong", wrap=True)
        self.breaks.setAccessibleName("Breaks on air and cues on their way")
        self.breaks.setVisible(bool(breaks))
        self.keep = push_button("Keep streams running", kind="primary", height=36, auto_default=False)
        self.stop = push_button("Stop them", height=36, auto_default=False)
        self.cancel = push_button("Cancel", kind="flat", height=36, auto_default=False)
        self.keep.setDefault(True)
        for offered, choice in (
            (self.keep, CloseChoice.KEEP),
            (self.stop, CloseChoice.STOP),
            (self.cancel, CloseChoice.CANCEL),
        ):
            offered.clicked.connect(lambda _checked=False, chosen=choice: self._choose(chosen))
        row = QHBoxLayout()
        scaled(row.setSpacing, 8)
        row.addStretch(1)
        for offered in (self.cancel, self.stop, self.keep):
            row.addWidget(offered)
        layout = popup_layout(self)
        scaled(layout.setContentsMargins, 24, 16, 24, 16)
        scaled(layout.setSpacing, 16)
        layout.addWidget(label("Close the console?", "heading"))
        layout.addWidget(words)
        layout.addWidget(self.breaks)
        layout.addLayout(row)
        scaled(self.setFixedWidth, 470)

    def _choose(self, choice: CloseChoice) -> None:
        self.choice = choice
        self.accept() if choice is not CloseChoice.CANCEL else self.reject()
