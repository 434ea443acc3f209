"""Overlay of all keys over the window; any key or click closes it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.popup import popup_layout

KeyGroup = tuple[str, Sequence[tuple[str, str]]]
"""A heading, and below it keys and what they do."""
MOST_COLUMNS = 3
MARGIN = 24
HEADING_ROWS = 2
"""A heading takes about as much room as this many keys."""


class KeyOverlay(QDialog):
    """Frameless sheet over its parent, in as many columns as fit into it."""

    def __init__(self, groups: Sequence[KeyGroup], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = popup_layout(self)
        layout.setContentsMargins(MARGIN, 14, MARGIN, 14)
        layout.setSpacing(10)
        layout.addWidget(label("Keys", "heading"))
        layout.addWidget(_sheet(groups, parent.width() - 4 * MARGIN))
        layout.addWidget(label("Letters and digits are off while you type. Any key closes this.", "muted"))
        self.adjustSize()
        middle = parent.mapToGlobal(parent.rect().center())
        self.move(middle - self.rect().center())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Close on any key."""
        self.close()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Close on a click."""
        self.close()


def _sheet(groups: Sequence[KeyGroup], width: int) -> QWidget:
    for count in range(MOST_COLUMNS, 0, -1):
        sheet = QWidget()
        row = QHBoxLayout(sheet)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * MARGIN)
        for column in columns_of(groups, count):
            row.addLayout(_column(column))
        if sheet.sizeHint().width() <= width:
            break
    return sheet


def columns_of(groups: Sequence[KeyGroup], count: int) -> list[list[KeyGroup]]:
    """Groups in their order, in `count` columns of about one height."""
    heights = [len(keys) + HEADING_ROWS for _, keys in groups]
    columns: list[list[KeyGroup]] = [[] for _ in range(count)]
    above = 0
    for group, height in zip(groups, heights, strict=True):
        # A group goes where its middle lies.
        columns[min(count - 1, (2 * above + height) * count // (2 * sum(heights)))].append(group)
        above += height
    return columns


def _column(groups: Sequence[KeyGroup]) -> QLayout:
    column = QVBoxLayout()
    column.setSpacing(8)
    for title, keys in groups:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 8)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label(title, "title"), 0, 0, 1, 2)
        for row, (key, words) in enumerate(keys, start=1):
            cap = label(key, "key")
            cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(cap, row, 0)
            grid.addWidget(label(words, "second"), row, 1)
        column.addLayout(grid)
    column.addStretch(1)
    return column
