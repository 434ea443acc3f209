"""Overlay of all keys over the window; any key or click closes it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.popup import popup_layout

KeyGroup = tuple[str, Sequence[tuple[str, str]]]
"""A heading, and below it keys and what they do."""
MOST_COLUMNS = 4
MOST_WIDTH = 480
"""Width of a column in pixels at 100 %, which the longest words fit into."""
MARGIN = 24
ABOVE_AND_BELOW = 128
"""Height of what stands over and under the keys, in pixels at 100 %."""
HEADING_ROWS = 2
"""A heading takes about as much room as this many keys."""


class KeyOverlay(QDialog):
    """Frameless sheet over its parent, in as many columns as fit into it."""

    def __init__(self, groups: Sequence[KeyGroup], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        layout = popup_layout(self)
        scaled(layout.setContentsMargins, MARGIN, 16, MARGIN, 16)
        scaled(layout.setSpacing, 12)
        layout.addWidget(label("Keys", "heading"))
        layout.addWidget(_sheet(groups, parent.size() - QSize(px(4 * MARGIN), px(ABOVE_AND_BELOW))))
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


def _sheet(groups: Sequence[KeyGroup], room: QSize) -> QWidget:
    """The keys in as few columns as keep them within the height of `room`; their words wrap where need be."""
    for count in range(2, MOST_COLUMNS + 1):
        sheet = QWidget()
        row = QHBoxLayout(sheet)
        row.setContentsMargins(0, 0, 0, 0)
        scaled(row.setSpacing, MARGIN)
        width = min(px(MOST_WIDTH), (room.width() - (count - 1) * px(MARGIN)) // count)
        for column in columns_of(groups, count):
            row.addLayout(_column(column, width))
        if sheet.sizeHint().height() <= room.height():
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


def _column(groups: Sequence[KeyGroup], width: int) -> QLayout:
    column = QVBoxLayout()
    scaled(column.setSpacing, 4)
    caps = [_cap(key) for _title, keys in groups for key, _words in keys]
    cap_width = max(cap.sizeHint().width() for cap in caps)
    words_width = width - cap_width - px(12)
    for title, keys in groups:
        grid = QGridLayout()
        scaled(grid.setContentsMargins, 0, 0, 0, 8)
        scaled(grid.setHorizontalSpacing, 12)
        scaled(grid.setVerticalSpacing, 4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label(title, "title"), 0, 0, 1, 2)
        for row, (_key, text) in enumerate(keys, start=1):
            cap = caps.pop(0)
            cap.setFixedWidth(cap_width)
            grid.addWidget(cap, row, 0, Qt.AlignmentFlag.AlignTop)
            words = label(text, "second", wrap=True)
            words.setFixedWidth(words_width)
            words.setMinimumHeight(words.heightForWidth(words_width))
            grid.addWidget(words, row, 1)
        column.addLayout(grid)
    column.addStretch(1)
    return column


def _cap(key: str) -> QLabel:
    cap = label(key, "key")
    cap.ensurePolished()
    cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return cap
