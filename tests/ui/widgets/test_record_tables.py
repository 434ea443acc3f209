"""Tables of records: ordered by a column, columns chosen and kept, rows copied as CSV; why they are empty."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QLabel, QMenu, QTableView, QWidget
from pytestqt.qtbot import QtBot

from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.widgets.tables import (
    NO_MATCH,
    as_csv,
    fit_columns,
    record_table,
    select_source_row,
    show_column,
    text_filter,
)
from ibe100.ui.window.table_columns import TableColumns, arrangement, read_columns

Row = tuple[int, str, float]
COLUMNS: tuple[Column[Row], ...] = (
    Column("Id", lambda row: f"{row[0]:,}", numeric=True, value=lambda row: row[0]),
    Column("Name", lambda row: row[1]),
    Column("Level", lambda row: f"{row[2]:g} dB"),
)
ROWS: list[Row] = [(1200, "10 Sport", 3.0), (7, 'Say "hello", twice', 20.0), (90, "2 News", 100.0)]


class Shown:
    """A table of three rows in a window, with its columns kept in a file."""

    def __init__(self, qtbot: QtBot, path: Path) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.model: KeyedTableModel[Row] = KeyedTableModel(COLUMNS, lambda row: row[0], self.window)
        self.model.show(ROWS)
        self.table = record_table(self.model, "Levels", "Nothing was measured.")
        self.table.setParent(self.window)
        fit_columns(self.table, {0: 60, 2: 80}, 1)
        self.table.resize(500, 200)
        self.columns = TableColumns(self.window, path)
        self.window.resize(520, 220)
        self.window.show()

    def names(self) -> list[str]:
        model = self.table.model()
        assert model is not None
        return [str(model.index(row, 1).data()) for row in range(model.rowCount())]

    def choose(self, place: QWidget, words: str) -> None:
        """Open the context menu of `place` by its key, and choose an entry."""
        for open_before in place.findChildren(QMenu):
            open_before.close()
        QTest.keyClick(place, Qt.Key.Key_Menu)
        entries = [action for menu in place.findChildren(QMenu) for action in menu.actions()]
        found = [action for action in entries if words in action.text()]
        assert found, [action.text() for action in entries]
        trigger(found[-1])


def trigger(action: QAction) -> None:
    assert action.isEnabled()
    action.trigger()


@pytest.fixture
def shown(themed: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[Shown]:
    yield Shown(qtbot, tmp_path / "columns.json")


def header_of(table: QTableView) -> QWidget:
    header = table.horizontalHeader()
    assert header is not None
    return header


def test_a_column_is_ordered_by_its_numbers_and_a_third_click_gives_the_old_order_back(shown: Shown) -> None:
    as_given = [row[1] for row in ROWS]
    assert shown.names() == as_given
    header = shown.table.horizontalHeader()
    assert header is not None
    viewport = header.viewport()
    assert viewport is not None

    def click(column: int) -> None:
        place = QPoint(header.sectionViewportPosition(column) + 10, 8)
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)

    click(0)
    assert shown.names() == ['Say "hello", twice', "2 News", "10 Sport"]
    click(0)
    assert shown.names() == ["10 Sport", "2 News", 'Say "hello", twice']
    click(0)
    assert shown.names() == as_given
    click(1)
    assert shown.names()[:2] == ["2 News", "10 Sport"], "numbers in words count as numbers"


def test_ctrl_c_copies_the_highlighted_rows_as_csv(shown: Shown) -> None:
    shown.table.selectRow(1)
    shown.table.setFocus()
    QTest.keyClick(shown.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert list(csv.reader(io.StringIO(clipboard.text()))) == [["7", 'Say "hello", twice', "20 dB"]]


def test_the_whole_table_is_copied_with_its_titles_as_it_stands(shown: Shown) -> None:
    shown.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    shown.choose(header_of(shown.table), "Level")
    assert list(csv.reader(io.StringIO(as_csv(shown.table)))) == [
        ["Id", "Name"],
        ["7", 'Say "hello", twice'],
        ["90", "2 News"],
        ["1,200", "10 Sport"],
    ]


def test_columns_are_chosen_and_the_last_one_cannot_be_hidden(shown: Shown) -> None:
    header = header_of(shown.table)
    shown.choose(header, "Id")
    shown.choose(header, "Level")
    assert shown.table.isColumnHidden(0) and shown.table.isColumnHidden(2)
    with pytest.raises(AssertionError):
        shown.choose(header, "Name")
    show_column(shown.table, 2, True)
    assert shown.table.isColumnHidden(2), "hidden by choice"
    shown.choose(header, "Level")
    assert not shown.table.isColumnHidden(2)


def test_hidden_columns_widths_and_order_are_there_again_at_the_next_start(
    shown: Shown, qtbot: QtBot, tmp_path: Path
) -> None:
    shown.choose(header_of(shown.table), "Id")
    shown.table.setColumnWidth(2, 133)
    header = shown.table.horizontalHeader()
    assert header is not None
    header.moveSection(2, 0)
    kept = arrangement(shown.table)
    qtbot.waitUntil(lambda: read_columns(tmp_path / "columns.json").get("Levels") == kept, timeout=60_000)
    again = Shown(qtbot, tmp_path / "columns.json")
    assert arrangement(again.table) == kept
    assert again.table.columnWidth(2) == 133
    assert again.table.isColumnHidden(0)


@pytest.mark.parametrize(
    "content", ["", "{", '{"version": 9}', '{"tables": {"Levels": {"widths": {"Id": -4}}}}']
)
def test_a_file_that_cannot_be_read_leaves_the_columns_as_delivered(tmp_path: Path, content: str) -> None:
    path = tmp_path / "columns.json"
    path.write_text(content)
    assert read_columns(path) == {}


def test_an_empty_table_says_why_it_is_empty(shown: Shown, qtbot: QtBot) -> None:
    def said() -> list[str]:
        viewport = shown.table.viewport()
        assert viewport is not None
        return [label.text() for label in viewport.findChildren(QLabel) if not label.isHidden()]

    assert said() == []
    shown.model.show(())
    assert said() == ["Nothing was measured."]
    filtered = text_filter(shown.model, shown.window)
    table = record_table(filtered, "Filtered", "Nothing was measured.")
    table.setParent(shown.window)
    shown.model.show(ROWS)
    filtered.setFilterFixedString("no such name")
    viewport = table.viewport()
    assert viewport is not None
    assert [label.text() for label in viewport.findChildren(QLabel) if not label.isHidden()] == [NO_MATCH]


def test_a_row_is_chosen_by_its_place_below_the_order(shown: Shown) -> None:
    shown.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    select_source_row(shown.table, 0)
    assert shown.table.currentIndex().siblingAtColumn(1).data() == "10 Sport"
