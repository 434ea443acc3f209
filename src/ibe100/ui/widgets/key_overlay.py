"""All keys, over the window; any key or click takes it away."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.popup import popup_layout

ROWS_PER_COLUMN = 10


class KeyOverlay(QDialog):
    """A frameless sheet over its parent."""

    def __init__(self, keys: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        for at, (key, words) in enumerate(keys):
            row, column = at % ROWS_PER_COLUMN, 2 * (at // ROWS_PER_COLUMN)
            cap: QLabel = label(key, "number")
            cap.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(cap, row, column)
            grid.addWidget(label(words, "second"), row, column + 1)
        layout = popup_layout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(14)
        layout.addWidget(label("Keys", "heading"))
        layout.addLayout(grid)
        layout.addWidget(label("Letters and digits are off while you type. Any key closes this.", "muted"))
        self.adjustSize()
        middle = parent.mapToGlobal(parent.rect().center())
        self.move(middle - self.rect().center())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Any key closes."""
        self.close()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """A click closes."""
        self.close()
