"""Layouts with names, the order of the cards, and undo of a change in Set-up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from console_under_test import PATIENCE_MS, Console
from fake_services import FakeServices
from fake_values import running, view
from ibe100.core.background_loop import BackgroundLoop
from ibe100.models.stream_config import StreamConfig
from ibe100.ui.event_bridge import EventBridge
from ibe100.ui.main_window import MainWindow
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.widgets.name_question import NameQuestion
from ibe100.ui.window.layout_file import LayoutFile

Open = Callable[[FakeServices], Console]
LEFT = Qt.MouseButton.LeftButton


def six_streams() -> FakeServices:
    return FakeServices([running(n, f"Channel {n}") for n in range(1, 7)])


def cards_in_reading_order(console: Console) -> list[str]:
    cards = [
        (row.name, console.parts.dashboard.card(row.stream_id)) for row in console.parts.state.streams.rows()
    ]
    placed = sorted((card.y(), card.x(), name) for name, card in cards if card is not None)
    return [name.removeprefix("Channel ") for _y, _x, name in placed]


def drag(console: Console, number: int, onto: int) -> None:
    source, target = (console.parts.dashboard.card(f"stream-{n}") for n in (number, onto))
    assert source is not None and target is not None
    end = source.mapFromGlobal(target.mapToGlobal(target.rect().center()))
    start = source.rect().center()
    QTest.mousePress(source, LEFT, pos=start)
    QTest.mouseMove(source, start + (end - start) / 2)
    QTest.mouseMove(source, end)
    QTest.mouseRelease(source, LEFT, pos=source.rect().center())


def test_a_card_is_dragged_to_another_place_in_set_up_only(open_console: Open) -> None:
    console = open_console(six_streams())
    console.settle()
    drag(console, 6, 1)
    assert cards_in_reading_order(console) == ["1", "2", "3", "4", "5", "6"]
    console.parts.top_bar.set_up.click()
    drag(console, 6, 1)
    console.until(lambda: cards_in_reading_order(console) == ["6", "1", "2", "3", "4", "5"])


def test_a_click_that_shakes_a_little_moves_no_card(open_console: Open) -> None:
    console = open_console(six_streams())
    console.settle()
    console.parts.top_bar.set_up.click()
    card = console.parts.dashboard.card("stream-1")
    assert card is not None
    QTest.mousePress(card, LEFT, pos=QPoint(5, 5))
    QTest.mouseMove(card, QPoint(7, 6))
    QTest.mouseRelease(card, LEFT, pos=QPoint(7, 6))
    assert console.parts.card_order.placed == ()


def test_keys_move_the_selected_streams_card_and_the_multiview_follows(open_console: Open) -> None:
    console = open_console(six_streams())
    console.parts.top_bar.set_up.click()
    console.select(2)
    console.parts.actions["card_on"].trigger()
    console.until(lambda: cards_in_reading_order(console) == ["1", "3", "2", "4", "5", "6"])
    console.parts.actions["card_back"].trigger()
    console.parts.actions["card_back"].trigger()
    console.until(lambda: cards_in_reading_order(console) == ["2", "1", "3", "4", "5", "6"])
    console.parts.actions["card_back"].trigger()
    assert [row.view.number for row in console.parts.card_order.rows()] == [2, 1, 3, 4, 5, 6]
    multiview = console.parts.multiview_controller.view
    multiview.resize(1280, 720)
    multiview.show()
    tiles = [multiview.tile(f"stream-{n}") for n in (2, 1)]
    assert tiles[0] is not None and tiles[1] is not None
    assert (tiles[0].y(), tiles[0].x()) < (tiles[1].y(), tiles[1].x())


def test_a_stream_that_comes_later_stands_after_those_that_were_placed(open_console: Open) -> None:
    console = open_console(six_streams())
    console.parts.card_order.place(["stream-5", "stream-gone", "stream-4"])
    console.do(lambda: console.services.streams.put(view(7, "Channel 7")))
    console.until(lambda: cards_in_reading_order(console) == ["5", "4", "1", "2", "3", "6", "7"])


def window_on(path: Path, qtbot: QtBot, loop: BackgroundLoop) -> MainWindow:
    opened = MainWindow(ServiceClient(loop), EventBridge(), layout_file=path)
    qtbot.addWidget(opened)
    opened.show()
    return opened


def answer(window: MainWindow, qtbot: QtBot, name: str) -> None:
    qtbot.waitUntil(lambda: bool(window.findChildren(NameQuestion)), timeout=PATIENCE_MS)
    question = window.findChildren(NameQuestion)[-1]
    question.name.setCurrentText(name)
    question.accept_button.click()
    qtbot.waitUntil(lambda: not window.findChildren(NameQuestion), timeout=PATIENCE_MS)


def test_layouts_have_names_and_outlive_the_console(
    themed: QApplication, qtbot: QtBot, loop: BackgroundLoop, tmp_path: Path
) -> None:
    path = tmp_path / "layouts.json"
    window = window_on(path, qtbot, loop)
    window.parts.top_bar.set_up.click()
    window.parts.docks["alarms"].hide()
    window.parts.card_order.place(["stream-2"])
    window.parts.actions["save_layout"].trigger()
    answer(window, qtbot, "MCR day / 2")
    assert "MCR day / 2 is saved" in window.parts.notices.text.text()
    window.parts.layout_controller.reset()
    assert window.parts.docks["alarms"].isVisible()
    window.parts.layout_controller.save_as("Night")
    window.close()
    again = window_on(path, qtbot, loop)
    assert again.parts.docks["alarms"].isVisible()
    again.parts.actions["choose_layout"].trigger()
    answer(again, qtbot, "MCR day / 2")
    assert not again.parts.docks["alarms"].isVisible()
    assert again.parts.card_order.placed == ("stream-2",)
    assert LayoutFile(path).names() == ("MCR day / 2", "Night")
    again.parts.layout_controller.remove("Night")
    assert LayoutFile(path).names() == ("MCR day / 2",)


def test_saved_layouts_stand_in_the_view_menu(
    themed: QApplication, qtbot: QtBot, loop: BackgroundLoop, tmp_path: Path
) -> None:
    window = window_on(tmp_path / "layouts.json", qtbot, loop)
    menu = next(menu for menu in window.findChildren(QMenu) if menu.title() == "Layouts")
    menu.aboutToShow.emit()
    assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [("None saved yet", False)]
    window.parts.docks["streams"].hide()
    window.parts.layout_controller.save_as("Wide & empty")
    window.parts.layout_controller.reset()
    menu.aboutToShow.emit()
    (action,) = menu.actions()
    assert action.text() == "Wide && empty"
    action.trigger()
    assert not window.parts.docks["streams"].isVisible()


def test_a_layout_that_cannot_be_kept_says_so(
    themed: QApplication, qtbot: QtBot, loop: BackgroundLoop, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    window = window_on(tmp_path / "file" / "layouts.json", qtbot, loop)
    window.parts.layout_controller.save_as("Day")
    assert "could not be saved" in window.parts.notices.text.text()


def test_an_edit_of_a_stream_is_taken_back(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News", config=StreamConfig(name="News"))]))
    console.parts.top_bar.set_up.click()
    console.parts.stream_controller.edit("stream-1")
    editor = console.parts.stream_controller.editor
    assert editor is not None
    editor.name.set_value("Sport")
    editor.save()
    console.until(lambda: console.services.streams.views["stream-1"].config.name == "Sport")
    undo = console.parts.notices.undo_button
    console.until(undo.isVisible)
    assert "Sport is saved" in console.parts.notices.text.text()
    QTest.mouseClick(undo, LEFT)
    console.until(lambda: console.services.streams.views["stream-1"].config.name == "News")
