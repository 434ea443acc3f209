"""Tables as the console shows them: quiet, whole rows, no edits."""

from __future__ import annotations

from PyQt6.QtCore import QAbstractItemModel, QObject, QSortFilterProxyModel, Qt
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ibe100.ui.themes.sizes import on_text_size, px, scaled

ROW_HEIGHT = 28


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
    """Starting widths in pixels at 100 %, which the operator may drag; one column stretches."""
    columns = table.horizontalHeader()
    assert columns is not None
    columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    columns.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)

    def fit(resized: QTableView) -> None:
        for column, width in widths.items():
            resized.setColumnWidth(column, px(width))

    on_text_size(table, fit, "columns")


def text_filter(model: QAbstractItemModel, parent: QObject) -> QSortFilterProxyModel:
    """Filter for the rows of `model` in which any column holds the text, in any case."""
    filtered = QSortFilterProxyModel(parent)
    filtered.setSourceModel(model)
    filtered.setFilterKeyColumn(-1)
    filtered.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return filtered
