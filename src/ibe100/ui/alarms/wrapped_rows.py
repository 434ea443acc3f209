"""Rows of a table get a second line, or a third, where the words of a column need it."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt, QTimer
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QTableView

from ibe100.ui.themes.enterprise_theme import BODY_PX, sans
from ibe100.ui.widgets.tables import ROW_HEIGHT

MOST_LINES = 3
MOST_ROWS = 100
"""Those further down are as high as one line."""
SETTLE_MS = 100
PADDING = 14
"""Of a cell, left and right together, with the margins of its text."""


class WrappedRows(QObject):
    """Looks after `table`; heights follow a little later than rows and widths, all at once."""

    def __init__(self, table: QTableView, columns: tuple[int, ...]) -> None:
        super().__init__(table)
        self._table, self._columns = table, columns
        # What waits to be acknowledged is set in bold, which is wider.
        self._metrics = QFontMetrics(sans(BODY_PX, bold=True))
        table.setWordWrap(True)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.fit)
        model, header = table.model(), table.horizontalHeader()
        assert model is not None
        assert header is not None
        for changed in (model.rowsInserted, model.rowsRemoved, model.modelReset, header.sectionResized):
            changed.connect(self._soon)

    def fit(self) -> None:
        """Give each row the height it needs."""
        model = self._table.model()
        assert model is not None
        for row in range(min(model.rowCount(), MOST_ROWS)):
            lines = max(self._lines(str(model.index(row, column).data()), column) for column in self._columns)
            height = ROW_HEIGHT + (lines - 1) * self._metrics.lineSpacing()
            if self._table.rowHeight(row) != height:
                self._table.setRowHeight(row, height)

    def _soon(self, *_: object) -> None:
        if not self._settle.isActive():
            self._settle.start()

    def _lines(self, text: str, column: int) -> int:
        room = self._table.columnWidth(column) - PADDING
        box = self._metrics.boundingRect(0, 0, room, 10_000, int(Qt.TextFlag.TextWordWrap), text)
        return min(MOST_LINES, max(1, round(box.height() / self._metrics.lineSpacing())))
