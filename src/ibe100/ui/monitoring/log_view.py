"""Live log of one stream, from a level upwards; it follows the end until it is scrolled up."""

from __future__ import annotations

from PyQt6.QtWidgets import QAbstractItemView, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.ui.qt_models.log_table import LEVELS, LogFilter, LogTableModel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import fit_columns, record_table

WIDTHS = {0: 104, 1: 66}
TEXT_COLUMN = 2
LEVEL_WORDS = {"debug": "all", "info": "info and worse", "warning": "warnings and errors", "error": "errors"}


class LogView(QWidget):
    """Table and level filter."""

    def __init__(self, model: LogTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filter = LogFilter(self)
        self._filter.setSourceModel(model)
        self._at_end = True
        self.table = record_table(
            self._filter, "Live log of the selected stream", "No line of this stream yet.", sorts=False
        )
        fit_columns(self.table, WIDTHS, TEXT_COLUMN)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        rows = self.table.verticalHeader()
        assert rows is not None
        scaled(rows.setDefaultSectionSize, 20)
        self.level = QComboBox()
        for level in LEVELS:
            self.level.addItem(LEVEL_WORDS[level], level)
        self.level.setCurrentIndex(LEVELS.index("info"))
        self.level.setAccessibleName("Least level shown in the log")
        self.level.currentIndexChanged.connect(lambda: self._filter.show_from(self.level.currentData()))
        head = QHBoxLayout()
        head.addWidget(label("Live log", "strong"), 1)
        head.addWidget(self.level)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)
        self._filter.rowsAboutToBeInserted.connect(self._note_position)
        self._filter.rowsInserted.connect(self._follow)

    def show_stream(self, stream_id: str) -> None:
        """Show another stream."""
        self._filter.show_stream(stream_id)
        self.table.scrollToBottom()

    def _note_position(self) -> None:
        bar = self.table.verticalScrollBar()
        self._at_end = bar is None or bar.value() >= bar.maximum() - 4

    def _follow(self) -> None:
        if self._at_end:
            self.table.scrollToBottom()
