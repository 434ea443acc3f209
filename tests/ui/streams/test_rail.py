"""Rail of the streams, and the list on demand."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running
from ibe100.models.stream_state import Tally
from ibe100.ui.streams.stream_panel import LIST_WIDTH, RAIL_WIDTH

LEFT = Qt.MouseButton.LeftButton
Open = Callable[[FakeServices], Console]


def test_a_filter_that_finds_nothing_says_so_and_hides_nothing_from_the_rail(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport")]))
    panel = console.parts.stream_panel
    console.parts.actions["filter"].trigger()
    QTest.keyClicks(panel.filter_edit, "xyz")
    assert panel.nothing.isVisible() and panel.nothing.text() == "No stream matches xyz."
    QTest.mouseClick(panel.open_button, LEFT)
    model = panel.list.model()
    assert model is not None
    assert model.rowCount() == 2 and not panel.nothing.isVisible()


def test_operate_shows_the_rail_and_the_list_on_demand_and_set_up_the_list(open_console: Open) -> None:
    console = open_console(FakeServices([running(n, f"Channel {n}") for n in range(1, 7)]))
    panel, dock = console.parts.stream_panel, console.parts.docks["streams"]
    console.until(lambda: dock.width() == RAIL_WIDTH)
    assert not panel.filter_edit.isVisible() and not panel.run_button.isVisible()
    model = panel.list.model()
    assert model is not None
    third = panel.list.visualRect(model.index(2, 0)).center()
    QTest.mouseClick(panel.list.viewport(), LEFT, pos=third)
    assert panel.selected_id() == "stream-3"
    QTest.mouseClick(panel.open_button, LEFT)
    console.until(lambda: dock.width() >= LIST_WIDTH)
    assert panel.filter_edit.isVisible() and panel.run_button.isVisible()
    QTest.mouseClick(panel.open_button, LEFT)
    console.until(lambda: dock.width() == RAIL_WIDTH)
    console.parts.top_bar.set_up.click()
    console.until(panel.add_button.isVisible)
    console.parts.top_bar.operate.click()
    console.until(lambda: dock.width() == RAIL_WIDTH)


def test_every_stream_is_in_sight_in_the_rail(open_console: Open) -> None:
    console = open_console(FakeServices([running(n, f"Channel {n}") for n in range(1, 20)]))
    console.window.resize(1600, 1000)
    console.settle()
    view = console.parts.stream_panel.list
    model, room = view.model(), view.viewport()
    assert model is not None and room is not None
    console.until(lambda: room.rect().contains(view.visualRect(model.index(18, 0))))


def test_neither_a_filter_nor_a_state_that_it_hides_selects_another_stream(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport"), running(3, "Sport Late")]))
    panel, cues = console.parts.stream_panel, console.parts.cue_panel
    console.select(2)
    console.parts.actions["filter"].trigger()
    chosen: list[str] = []
    panel.selected.connect(chosen.append)
    for text in ("n", "ne", "new", "news", "xyz", "on air"):
        panel.filter_edit.setText(text)
        assert (panel.selected_id(), cues.target_id) == ("stream-2", "stream-2"), text
    console.do(lambda: console.services.streams.update("stream-2", tally=Tally.IN_BREAK))
    console.settle()
    assert (panel.selected_id(), cues.target_id) == ("stream-2", "stream-2")
    panel.filter_edit.clear()
    assert chosen == []


def test_how_many_are_selected_is_said(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), running(2, "Sport"), running(3, "Kids")]))
    panel = console.parts.stream_panel
    panel.set_list_open(True)
    assert panel.count.text() == "3 streams"
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert panel.count.text() == "2 of 3 selected"
    QTest.keyClick(panel.list, Qt.Key.Key_Down)
    assert panel.count.text() == "3 streams"
