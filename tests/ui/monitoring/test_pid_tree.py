"""Tree of PIDs: ordered by a click, columns chosen, kept and copied, as the tables have it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QTreeWidgetItem, QWidget
from pytestqt.qtbot import QtBot

from fake_values import telemetry
from ibe100.ui.monitoring.pid_tree import COLUMNS, PidTree
from ibe100.ui.widgets.context_menu import Choice
from ibe100.ui.widgets.tables import as_csv, copy_choices, show_column, shown_columns
from ibe100.ui.window.table_columns import TableColumns

KB_S, PTS = COLUMNS.index("kb/s"), COLUMNS.index("PTS ms")


@pytest.fixture
def tree(themed: QApplication, qtbot: QtBot) -> PidTree:
    shown = PidTree()
    qtbot.addWidget(shown)
    shown.resize(1000, 400)
    shown.show()
    shown.show_sample(telemetry("stream-1", 2_000_000))
    return shown


def first_cells(tree: PidTree) -> list[str]:
    """First cells of the rows of the last group."""
    group = tree.topLevelItem(tree.topLevelItemCount() - 1)
    assert group is not None
    rows = [group.child(at) for at in range(group.childCount())]
    return [row.text(0) for row in rows if isinstance(row, QTreeWidgetItem)]


def test_a_click_orders_pids_by_their_numbers_and_the_first_column_puts_them_back(tree: PidTree) -> None:
    by_pid = ["0x0000", "0x0100", "0x0101", "0x01F4", "0x1000", "0x1FFF"]
    assert first_cells(tree) == by_pid
    tree.sortByColumn(KB_S, Qt.SortOrder.DescendingOrder)
    assert first_cells(tree)[:3] == ["0x0100", "0x1FFF", "0x0101"]
    tree.show_sample(telemetry("stream-1", 3_000_000))
    assert first_cells(tree)[0] == "0x0100"
    tree.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert first_cells(tree) == by_pid


def test_columns_are_chosen_and_kept_and_copied_as_they_stand(
    themed: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    tree = PidTree(window)
    tree.show_sample(telemetry("stream-1", 2_000_000))
    kept = TableColumns(window, tmp_path / "columns.json")
    menu = copy_choices(tree)[-1]
    assert not isinstance(menu, Choice)
    hide = next(action for action in menu.actions() if "PTS ms" in action.text())
    hide.trigger()
    assert PTS not in shown_columns(tree)
    assert as_csv(tree).splitlines()[0] == ",".join(title for title in COLUMNS if title != "PTS ms")
    kept.write()
    again = QWidget()
    qtbot.addWidget(again)
    other = PidTree(again)
    TableColumns(again, tmp_path / "columns.json")
    assert PTS not in shown_columns(other)
    show_column(other, PTS, True)
    assert PTS not in shown_columns(other), "what is hidden by choice stays hidden in a wide window"
