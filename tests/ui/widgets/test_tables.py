"""Columns of a table: no heading is cut, and one column takes the room that is left."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QStandardItemModel
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibe100.ui.widgets.tables import fit_columns, quiet_table


@pytest.mark.parametrize("width", [200, 1200])
def test_no_heading_is_cut_and_the_last_column_takes_the_rest(
    themed: QApplication, qtbot: QtBot, width: int
) -> None:
    model = QStandardItemModel(0, 3)
    titles = ("Cleared after, s", "Reason, receipt", "What to do")
    model.setHorizontalHeaderLabels(list(titles))
    table = quiet_table(model, "Rules")
    fit_columns(table, {0: 20, 1: 200}, 2)
    qtbot.addWidget(table)
    table.resize(width, 200)
    table.show()
    header = table.horizontalHeader()
    assert header is not None
    for column, title in enumerate(titles):
        assert header.sectionSize(column) > header.fontMetrics().horizontalAdvance(title)
    port = table.viewport()
    assert port is not None
    together = sum(header.sectionSize(column) for column in range(3))
    assert together >= port.width()
    if width == 1200:
        assert together == port.width()
        table.setColumnWidth(1, 300)
        assert sum(header.sectionSize(column) for column in range(3)) == port.width()
    assert model.headerData(2, Qt.Orientation.Horizontal) == "What to do"
