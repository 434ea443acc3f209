"""Target of the cues: number, name and tally of a stream, and the pin that holds it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel, label
from ibe100.ui.widgets.tally_mark import NumberBox, TallyChip


class CueTarget(QFrame):
    """Banner on top of the cue panel."""

    pin_toggled = pyqtSignal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "banner")
        self.number = NumberBox(40)
        self.name = ElidedLabel("No stream selected", "title")
        self.chip = TallyChip()
        self.hint = label("follows selection", "muted")
        hint = "Pin: the cue panel stays with this stream whatever is selected (P)"
        self.pin = push_button("", "Pin the cue panel to this stream", icon_name="pin-off-outline", hint=hint)
        self.pin.setCheckable(True)
        scaled(self.pin.setFixedSize, 40, 40)
        self.pin.toggled.connect(self._toggled)
        second = QHBoxLayout()
        scaled(second.setSpacing, 8)
        second.addWidget(self.chip)
        second.addWidget(self.hint)
        second.addStretch(1)
        words = QVBoxLayout()
        scaled(words.setSpacing, 4)
        words.addWidget(self.name)
        words.addLayout(second)
        layout = QHBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 12)
        layout.addWidget(self.number)
        layout.addLayout(words, 1)
        layout.addWidget(self.pin, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_row(self, row: StreamRow | None) -> None:
        """Show the target as it is now."""
        self.number.setVisible(row is not None)
        self.chip.setVisible(row is not None)
        self.hint.setVisible(row is not None)
        self.pin.setEnabled(row is not None)
        if row is None:
            self.name.setText("No stream selected")
            return
        self.number.show_number(row.view.number, row.view.tally)
        self.name.setText(row.name)
        self.chip.show_tally(row.view.tally, row.state_words)
        self.setAccessibleName(f"Cue target: stream {row.view.number} {row.name}, {row.state_words}")

    def _toggled(self, pinned: bool) -> None:
        self.hint.setText("pinned" if pinned else "follows selection")
        self.pin.setIcon(icon("pin", Colour.FOCUS) if pinned else icon("pin-off-outline"))
        self.pin_toggled.emit(pinned)
