"""Tables as the console shows them: quiet, whole rows, no edits."""

from __future__ import annotations

from PyQt6.QtCore import QAbstractItemModel, QEvent, QObject, QSortFilterProxyModel, Qt
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ibe100.ui.themes.sizes import on_text_size, px, scaled

ROW_HEIGHT = 28
LEAST_REST = 120


def quiet_table(model: QAbstractItemModel, accessible_name: str, *, stretch: int | None = None) -> QTableView:
    """Table over `model`: quiet, whole rows, no edits."""
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(accessible_name)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setTabKeyNavigation(False)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    rows, columns = table.verticalHeader(), table.horizontalHeader()
    assert rows is not None
    assert columns is not None
    rows.setAccessibleName(f"{accessible_name}: rows")
    columns.setAccessibleName(f"{accessible_name}: columns")
    rows.hide()
    scaled(rows.setDefaultSectionSize, ROW_HEIGHT)
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    columns.setHighlightSections(False)
    columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    scaled(columns.setMinimumSectionSize, 28)
    if stretch is not None:
        columns.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    return table


def fit_columns(table: QTableView, widths: dict[int, int], stretch: int) -> None:
    """Starting widths in pixels at 100 %, which the operator may drag; one column takes what is left.

    No column is narrower than its heading; where all have no room side by side, the table is scrolled.
    """
    columns = table.horizontalHeader()
    assert columns is not None
    columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    _Rest(table, stretch, widths.get(stretch, LEAST_REST))

    def fit(resized: QTableView) -> None:
        header, rest = resized.horizontalHeader(), resized.findChild(_Rest)
        assert header is not None
        assert rest is not None
        for column, width in widths.items():
            if column != stretch:
                resized.setColumnWidth(column, max(px(width), header.sectionSizeHint(column)))
        rest.fit()

    on_text_size(table, fit, "columns")


class _Rest(QObject):
    """Gives one column the room that the others leave, and `least` pixels at 100 % where they leave none."""

    def __init__(self, table: QTableView, column: int, least: int) -> None:
        super().__init__(table)
        self._table, self._column, self._least = table, column, least
        port, columns = table.viewport(), table.horizontalHeader()
        assert port is not None
        assert columns is not None
        port.installEventFilter(self)
        columns.sectionResized.connect(self._resized)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Fit the column when the table gets another width."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self.fit()
        return False

    def fit(self) -> None:
        """Set the width of the column."""
        port, columns = self._table.viewport(), self._table.horizontalHeader()
        if port is None or columns is None:
            return
        others = sum(columns.sectionSize(at) for at in range(columns.count()) if at != self._column)
        least = max(px(self._least), columns.sectionSizeHint(self._column))
        self._table.setColumnWidth(self._column, max(least, port.width() - others))

    def _resized(self, column: int, _old: int, _new: int) -> None:
        if column != self._column:
            self.fit()


def text_filter(model: QAbstractItemModel, parent: QObject) -> QSortFilterProxyModel:
    """Filter for the rows of `model` in which any column holds the text, in any case."""
    filtered = QSortFilterProxyModel(parent)
    filtered.setSourceModel(model)
    filtered.setFilterKeyColumn(-1)
    filtered.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return filtered
