"""Context menus over streams, alarms and PIDs, and what is asked before one act on many streams."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QItemSelectionModel, QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMenu, QWidget

from console_under_test import Console
from fake_services import FakeServices
from fake_values import running, view
from ibe100.models.stream_list import ManyAct
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.window.menus.many_question import ManyQuestion

Open = Callable[[FakeServices], Console]


def menu_over(widget: QWidget, place: QPoint | None = None) -> list[str]:
    """Texts of the menu that opens over a place; it is closed again."""
    at = widget.rect().center() if place is None else place
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions() if action.text()]
    menu.close()
    return texts


def choose(console: Console, *numbers: int) -> None:
    """Choose several rows of the list, as Ctrl and clicks do."""
    panel = console.parts.stream_panel
    panel.select(f"stream-{numbers[0]}")
    selection = panel.list.selectionModel()
    assert selection is not None
    for number in numbers[1:]:
        index = panel._filter.index(number - 1, 0)
        selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.Select)


def question_of(console: Console) -> ManyQuestion:
    question = console.window.dialogs.context_menus.question
    assert question is not None
    return question


def test_a_menu_over_a_card_chooses_its_stream_and_has_the_actions(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), view(2, "Sport")]))
    card = console.parts.dashboard.card("stream-2")
    assert card is not None
    console.until(lambda: card.x() + card.y() > 0)  # it is laid out
    texts = menu_over(card)
    assert console.parts.stream_panel.selected_id() == "stream-2"
    assert {"Duplicate the selected stream", "Group", "Start all in the list…"} <= set(texts)


def test_the_list_offers_what_can_be_done_to_all_that_are_chosen(open_console: Open) -> None:
    console = open_console(FakeServices([running(1, "News"), view(2, "Sport"), view(3, "Kids")]))
    choose(console, 1, 3)
    assert console.parts.stream_panel.selected_ids() == ("stream-1", "stream-3")
    viewport = console.parts.stream_panel.list.viewport()
    assert viewport is not None
    texts = menu_over(viewport, QPoint(10, 10))
    assert texts[:2] == ["Start 2 streams…", "Stop 2 streams…"]
    assert "Delete 2 streams… (Switch to Set-up first (Ctrl+L))" in texts


def test_one_act_on_many_lists_them_names_breaks_and_wants_to_be_held(open_console: Open) -> None:
    services = FakeServices([running(1, "News"), running(2, "Sport"), view(3, "Kids")])
    console = open_console(services)
    console.do(lambda: services.streams.update("stream-2", tally=Tally.IN_BREAK))
    console.settle()
    console.parts.actions["stop_all"].trigger()
    question = question_of(console)
    assert question.windowTitle() == "Stop 2 streams in the list"
    assert question.lines[0] == "1 News: stop, ON AIR"
    assert question.lines[1].startswith("▲ 2 Sport: stop. It is IN BREAK")
    QTest.mouseClick(question.hold, Qt.MouseButton.LeftButton)
    assert services.streams.views["stream-1"].state is StreamState.RUNNING, "a click is no hold"
    QTest.mousePress(question.hold, Qt.MouseButton.LeftButton)
    console.until(lambda: services.streams.views["stream-2"].state is StreamState.STOPPED)
    assert services.streams.views["stream-1"].state is StreamState.STOPPED


def test_there_is_nothing_to_hold_where_nothing_would_be_done(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    console.parts.actions["stop_all"].trigger()
    question = question_of(console)
    assert not question.hold.isEnabled()
    question.reject()


def test_a_group_is_started_together(open_console: Open) -> None:
    services = FakeServices([view(1, "News"), view(2, "Sport"), view(3, "Kids")])
    console = open_console(services)
    console.parts.stream_controller.group(["stream-1", "stream-3"], "Regional")
    console.until(lambda: console.parts.state.streams.rows()[2].view.config.group == "Regional")
    console.select(1)
    viewport = console.parts.stream_panel.list.viewport()
    assert viewport is not None
    assert "Start all of group Regional…" in menu_over(viewport, QPoint(10, 10))
    console.window.dialogs.context_menus.ask_many(
        ManyAct.START, ["stream-1", "stream-3"], "of group Regional"
    )
    question_of(console).hold.held.emit()
    console.until(lambda: services.streams.views["stream-3"].state is StreamState.RUNNING)
    assert services.streams.views["stream-2"].state is StreamState.OFF


def test_the_menu_of_the_alarms_has_their_actions(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    table = console.parts.alarm_panel.table
    QTest.keyClick(table, Qt.Key.Key_Menu)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert console.parts.actions["acknowledge"] in menu.actions()
    assert console.parts.actions["alarm_history"] in menu.actions()
    menu.close()
