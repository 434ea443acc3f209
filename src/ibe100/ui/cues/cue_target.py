"""Target of the cues: number, name and tally of a stream, and the pin that holds it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel, set_kind
from ibe100.ui.widgets.tally_mark import NumberBox, TallyChip

HEAD_HEIGHT = 22
PIN, UNPIN = "Pin", "Unpin"


class CueTarget(QFrame):
    """Banner on top of the cue panel.

    Its head says where cues go: quiet where they follow the selection, a fill where they do not.
    """

    pin_toggled = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self.head = ElidedLabel("", "target_head")
        scaled(self.head.setFixedHeight, HEAD_HEIGHT)
        self.number = NumberBox(40)
        self.name = ElidedLabel("No stream selected", "target_name")
        self.chip = TallyChip()
        hint = "Pin: the cue panel stays with this stream whatever is selected (P)"
        self.pin = push_button(PIN, "Pin the cue panel to this stream", icon_name="pin-outline", hint=hint)
        self.pin.setCheckable(True)
        on_text_size(
            self.pin,
            lambda pin: pin.setFixedSize(QFontMetrics(sans()).horizontalAdvance(UNPIN) + px(52), px(40)),
        )
        self.pin.toggled.connect(self._toggled)
        words = QVBoxLayout()
        scaled(words.setSpacing, 2)
        words.addWidget(self.name)
        words.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout()
        scaled(row.setContentsMargins, 8, 4, 8, 4)
        scaled(row.setSpacing, 8)
        row.addWidget(self.number)
        row.addLayout(words, 1)
        row.addWidget(self.pin)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addLayout(row)

    def show_row(self, row: StreamRow | None, selected: StreamRow | None) -> None:
        """Show the target as it is now, and whether it is the stream that is looked at."""
        for part in (self.number, self.chip):
            policy = part.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            part.setSizePolicy(policy)
            part.setVisible(row is not None)
        self.pin.setEnabled(row is not None or self.pin.isChecked())
        words, is_apart = self._aim(row, selected)
        self.head.setText(words)
        set_kind(self.head, "target_apart" if is_apart else "target_head")
        if row is None:
            self.name.setText("No stream selected")
            self.setAccessibleName(words)
            return
        self.number.show_number(row.view.number, row.view.tally)
        self.name.setText(row.name)
        self.chip.show_tally(row.view.tally, row.state_words)
        self.setAccessibleName(f"Cue target: stream {row.view.number} {row.name}, {row.state_words}. {words}")

    def _aim(self, row: StreamRow | None, selected: StreamRow | None) -> tuple[str, bool]:
        """Where cues go, and True where that is to be seen from afar."""
        pinned = "PINNED: " if self.pin.isChecked() else ""
        if row is None:
            words = f"{pinned}the stream is gone" if pinned else "Cues go nowhere"
            return words, bool(pinned)
        goes = f"{pinned}cues go to {row.view.number}"
        if selected is None or selected.stream_id == row.stream_id:
            return (goes, True) if pinned else ("Cues follow the selection", False)
        return f"{goes}, you look at {selected.view.number}", True

    def _toggled(self, pinned: bool) -> None:
        self.pin.setText(UNPIN if pinned else PIN)
        self.pin.setIcon(icon("pin", Colour.CHOSEN) if pinned else icon("pin-outline"))
        self.pin_toggled.emit(pinned)
