"""Groups in the list: headings, folds that hide no chosen stream, and the rail without them."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running, view
from ibe100.models.stream_config import StreamConfig

Open = Callable[[FakeServices], Console]


def grouped(open_console: Open) -> Console:
    """1 News without a group; 2 and 4 Sport; 3 Kids."""
    views = [
        running(1, "News"),
        view(2, "Football", config=StreamConfig(name="Football", group="Sport")),
        view(3, "Cartoons", config=StreamConfig(name="Cartoons", group="Kids")),
        view(4, "Tennis", config=StreamConfig(name="Tennis", group="Sport")),
    ]
    console = open_console(FakeServices(views))
    console.parts.stream_panel.set_list_open(True)
    return console


def shown(console: Console) -> list[str]:
    model = console.parts.stream_panel._filter
    return [str(model.index(at, 0).data()) for at in range(model.rowCount())]


def headings(console: Console) -> list[str]:
    model = console.parts.stream_panel._filter
    found = [model.heading(model.index(at, 0)) for at in range(model.rowCount())]
    return [heading.words for heading in found if heading is not None]


def test_streams_stand_under_their_groups_and_without_any_by_number(open_console: Open) -> None:
    console = grouped(open_console)
    assert shown(console) == ["3 Cartoons", "2 Football", "4 Tennis", "1 News"]
    assert headings(console) == [
        "Kids · 1 stream, 0 running",
        "Sport · 2 streams, 0 running",
        "No group · 1 stream, 1 running",
    ]
    console.parts.stream_controller.group(["stream-2", "stream-3", "stream-4"], "")
    console.until(lambda: shown(console) == ["1 News", "2 Football", "3 Cartoons", "4 Tennis"])
    assert headings(console) == []


def test_a_fold_selects_no_other_stream_and_a_selection_unfolds(open_console: Open) -> None:
    console = grouped(open_console)
    panel = console.parts.stream_panel
    panel.select("stream-4")
    selected: list[str] = []
    panel.selected.connect(selected.append)
    QTest.keyClick(panel.list, Qt.Key.Key_Left)
    assert shown(console) == ["3 Cartoons", "2 Football", "4 Tennis", "1 News"], "the current one stays"
    panel.select("stream-1")
    QTest.keyClick(panel.list, Qt.Key.Key_Right)
    panel._fold("Sport", False)
    panel._fold("Sport", True)
    assert shown(console) == ["3 Cartoons", "2 Football", "1 News"]
    assert selected == ["stream-1"]
    panel.filter_edit.setText("tennis")
    assert shown(console) == ["4 Tennis", "1 News"], "the selected one stays"
    panel.filter_edit.clear()
    panel.select_number(4)
    assert panel.selected_id() == "stream-4"
    assert shown(console) == ["3 Cartoons", "2 Football", "4 Tennis", "1 News"]


def test_a_click_on_a_heading_folds_and_chooses_nothing(open_console: Open) -> None:
    console = grouped(open_console)
    panel = console.parts.stream_panel
    panel.select("stream-1")
    viewport = panel.list.viewport()
    assert viewport is not None
    panel.list.doItemsLayout()
    row = panel.list.visualRect(panel._filter.index(1, 0))
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(row.left() + 20, row.top() + 8))
    assert shown(console) == ["3 Cartoons", "2 Football", "1 News"]
    assert panel.selected_id() == "stream-1"


def test_the_rail_shows_every_stream_by_number(open_console: Open) -> None:
    console = grouped(open_console)
    panel = console.parts.stream_panel
    panel._fold("Sport", True)
    panel.set_list_open(False)
    assert shown(console) == ["1 News", "2 Football", "3 Cartoons", "4 Tennis"]
    assert headings(console) == []
