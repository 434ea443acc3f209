"""Heights of table rows: more lines where the text of a column needs them."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QTableView

from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SECOND, on_text_size, px
from ibe100.ui.widgets.timers import single_shot

MOST_LINES = 6
"""What to do is never cut in a narrow window; a text without end is."""
MOST_ROWS = 100
"""Rows that are measured; those further down are one line high."""
SETTLE_MS = 100
LINE = 36
"""Height of a row of one line in pixels at 100 %: it holds a button."""
PADDING = 14
"""Horizontal padding of a cell, both sides and the margins of its text, in pixels."""


class WrappedRows(QObject):
    """Sets the heights of the rows of `table`, all at once, a little after rows or widths have changed."""

    def __init__(self, table: QTableView, columns: tuple[int, ...]) -> None:
        super().__init__(table)
        self._table, self._columns = table, columns
        table.setWordWrap(True)
        self._settle = single_shot(self, SETTLE_MS, self.fit)
        model, header = table.model(), table.horizontalHeader()
        assert model is not None
        assert header is not None
        for changed in (model.rowsInserted, model.rowsRemoved, model.modelReset, header.sectionResized):
            changed.connect(self._soon)
        on_text_size(self, WrappedRows.fit)

    @property
    def _metrics(self) -> QFontMetrics:
        """Measures of bold, which is wider: what waits to be acknowledged is set in it."""
        return QFontMetrics(sans(SECOND, bold=True))

    def fit(self) -> None:
        """Give each row the height it needs."""
        model = self._table.model()
        assert model is not None
        for row in range(min(model.rowCount(), MOST_ROWS)):
            lines = max(self._lines(str(model.index(row, column).data()), column) for column in self._columns)
            height = px(LINE) + (lines - 1) * self._metrics.lineSpacing()
            if self._table.rowHeight(row) != height:
                self._table.setRowHeight(row, height)

    def _soon(self, *_: object) -> None:
        if not self._settle.isActive():
            self._settle.start()

    def _lines(self, text: str, column: int) -> int:
        room = self._table.columnWidth(column) - px(PADDING)
        box = self._metrics.boundingRect(0, 0, room, 10_000, int(Qt.TextFlag.TextWordWrap), text)
        return min(MOST_LINES, max(1, round(box.height() / self._metrics.lineSpacing())))
