"""Context menus: by mouse, Menu key and Shift+F10, with reasons for what cannot be chosen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QPoint, QStringListModel, Qt
from PyQt6.QtGui import QAction, QContextMenuEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QListView, QMenu
from pytestqt.qtbot import QtBot

from ibe100.ui.widgets.context_menu import Choice, Entry, add_context_menu


class Rows(QListView):
    """Three rows; a menu for the row at the place."""

    def __init__(self) -> None:
        super().__init__()
        self.setModel(QStringListModel(["a", "b", "c"], self))
        self.chosen: list[str] = []
        self.entries: list[Entry] = []
        add_context_menu(self, self._entries)

    def _entries(self, place: QPoint) -> list[Entry]:
        name = self.indexAt(place).data()
        return [*self.entries, Choice(f"Open {name}", lambda: self.chosen.append(name))]

    def menu(self) -> QMenu:
        menus = [menu for menu in self.findChildren(QMenu) if menu.isVisible()]
        assert len(menus) == 1
        return menus[0]


@pytest.fixture
def rows(qapp: QApplication, qtbot: QtBot) -> Iterator[Rows]:
    view = Rows()
    view.show()
    yield view
    for menu in view.findChildren(QMenu):
        menu.close()
    view.close()


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_keys_open_the_menu_of_the_current_row(
    rows: Rows, key: Qt.Key, modifier: Qt.KeyboardModifier
) -> None:
    model = rows.model()
    assert model is not None
    rows.setCurrentIndex(model.index(1, 0))
    QTest.keyClick(rows, key, modifier)
    rows.menu().actions()[0].trigger()
    assert rows.chosen == ["b"]


def test_the_mouse_opens_the_menu_of_the_row_under_it_once(rows: Rows) -> None:
    model, viewport = rows.model(), rows.viewport()
    assert model is not None
    assert viewport is not None
    place = rows.visualRect(model.index(2, 0)).center()
    for _again in range(2):
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, viewport.mapToGlobal(place))
        QApplication.sendEvent(viewport, event)
    assert [action.text() for action in rows.menu().actions()] == ["Open c"]


def test_what_cannot_be_chosen_says_why(rows: Rows) -> None:
    refused = Choice("Delete R&D", lambda: rows.chosen.append("deleted"), "stop it first")
    shared = QAction("Restart", rows)
    rows.entries = [refused, None, shared]
    QTest.keyClick(rows, Qt.Key.Key_Menu)
    first, line, second, _open = rows.menu().actions()
    assert (first.text(), first.isEnabled()) == ("Delete R&&D (stop it first)", False)
    assert line.isSeparator()
    assert second is shared


def test_a_menu_goes_when_it_is_closed(rows: Rows, qtbot: QtBot) -> None:
    QTest.keyClick(rows, Qt.Key.Key_Menu)
    rows.menu().close()
    qtbot.waitUntil(lambda: not rows.findChildren(QMenu))
    QTest.keyClick(rows, Qt.Key.Key_Menu)
    assert rows.menu().isVisible()
