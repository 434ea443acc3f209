"""One undo stack: streams, layouts, rules and the schedule, in the order they were changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from console_under_test import Console
from fake_services import FakeServices
from fake_values import view
from ibe100.models.alarms.settings import RuleChange
from ibe100.models.cues.schedule import At, BreakPlan
from ibe100.models.stream_config import StreamConfig
from ibe100.ui.alarms.alarm_rules_view import rule_changed
from ibe100.ui.qt_models.undo_stack import Change, Superseded, UndoStack
from ibe100.ui.schedule.break_changes import planned
from ibe100.ui.streams.deleted_streams import DeletedStreamsView
from ibe100.ui.window.layout_file import LayoutFile

Open = Callable[[FakeServices], Console]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def names(console: Console) -> list[str]:
    return [one.name for one in console.services.streams.streams()]


def undo(console: Console) -> None:
    QTest.keyClick(console.window, Qt.Key.Key_Z, CONTROL)


def redo(console: Console) -> None:
    QTest.keyClick(console.window, Qt.Key.Key_Z, CONTROL | SHIFT)


def test_changes_are_undone_in_their_order_and_made_again(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News"), view(2, "Sport")]))
    controller, shown = console.parts.stream_controller, console.parts.state.streams
    console.parts.top_bar.set_up.click()
    controller.remove("stream-2")
    console.until(lambda: names(console) == ["News"])
    controller.group(["stream-1"], "Regional")
    console.until(lambda: console.services.streams.views["stream-1"].config.group == "Regional")
    console.until(lambda: "Regional" in console.parts.actions["undo"].text())
    undo(console)
    console.until(lambda: console.services.streams.views["stream-1"].config.group == "")
    console.until(lambda: "Sport was deleted" in console.parts.actions["undo"].text())
    undo(console)
    console.until(lambda: names(console) == ["News", "Sport"])
    console.until(lambda: "Sport was deleted" in console.parts.actions["redo"].text())
    redo(console)
    console.until(lambda: names(console) == ["News"])
    console.until(lambda: "Regional" in console.parts.actions["redo"].text())
    redo(console)
    console.until(lambda: console.services.streams.views["stream-1"].config.group == "Regional")
    console.until(lambda: shown.rowCount() == 1)


def test_what_another_has_changed_since_is_not_undone(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    changes = console.parts.stream_controller._changes
    before, after = StreamConfig(name="News"), StreamConfig(name="News at ten")
    console.run(console.services.streams.change("stream-1", after))
    console.parts.undo.push(changes.edited("stream-1", before, after))
    console.run(console.services.streams.change("stream-1", StreamConfig(name="Of another")))
    undo(console)
    words = console.parts.notices.text
    console.until(lambda: "Of another was changed since by somebody else" in words.text())
    assert names(console) == ["Of another"]
    assert console.parts.undo.undo_words == ""


def test_an_undo_that_is_refused_stays_for_later(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    console.parts.undo.push(console.parts.stream_controller._changes.deleted("Gone", 99))
    undo(console)
    console.until(lambda: "cannot be brought back" in console.parts.notices.text.text().lower())
    assert "Gone was deleted" in console.parts.undo.undo_words


def test_a_layout_comes_back(open_console: Open, tmp_path: Path) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    layouts, stack = console.parts.layout_controller, console.parts.undo
    layouts._file = LayoutFile(tmp_path / "layouts.json")
    layouts.save_as("Evening")
    layouts.remove("Evening")
    assert layouts._file.names() == ()
    stack.undo()
    assert layouts._file.names() == ("Evening",)
    stack.undo()
    assert layouts._file.names() == ()
    stack.redo()
    assert layouts._file.names() == ("Evening",)


def test_a_rule_comes_back_unless_it_was_changed_since(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    rules, place = console.services.alarm_rules, ("", "cue_failed")
    before, after = RuleChange(), RuleChange(enabled=False)
    console.run(rules.set(*place, after))
    console.parts.undo.push(rule_changed(console.parts.client, "Rule changed.", place, before, after))
    console.parts.undo.undo()

    def change() -> RuleChange:
        return next(rule.change for rule in console.run(rules.views("")) if rule.condition == "cue_failed")

    console.until(lambda: change().is_empty)
    console.until(lambda: console.parts.undo.redo_words)
    console.run(rules.set(*place, RuleChange(on_delay_s=7)))
    console.parts.undo.redo()
    console.until(lambda: "changed since" in console.parts.notices.text.text())
    assert change().on_delay_s == 7


def test_the_offer_of_a_notice_undoes_its_own_change_and_no_later_one() -> None:
    stack, undone, over = UndoStack(), [], list[str]()
    stack.over.connect(over.append)
    offers: list[Callable[[], object]] = []
    stack.notice.connect(lambda _level, _words, offer: offers.append(offer) if offer else None)

    def change(name: str) -> Change:
        return Change(name, lambda: undone.append(name))

    for name in ("first", "second"):
        stack.push(change(name))
    offers[0]()
    assert undone == ["first"]
    offers[0]()
    stack.undo()
    stack.undo()
    assert undone == over == ["first", "second"]
    stack.push(Change("third", lambda: Superseded("it is gone.")))
    stack.undo()
    assert stack.undo_words == stack.redo_words == ""


def test_a_deleted_stream_is_brought_back_from_the_list_of_them(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News"), view(2, "Sport")]))
    console.run(console.services.streams.remove("stream-2"))
    console.parts.actions["deleted_streams"].trigger()
    dialog = console.window.findChildren(DeletedStreamsView)[0]
    console.until(lambda: dialog.model.rowCount() == 1)
    assert "Sport" in [dialog.model.index(0, column).data() for column in range(6)]
    QTest.mouseClick(dialog.restore_button, Qt.MouseButton.LeftButton)
    console.until(lambda: names(console) == ["News", "Sport"])
    console.until(lambda: "Sport is back" in dialog.words.text())
    console.until(lambda: console.parts.stream_panel.selected_id() == "stream-2")
    dialog.accept()


def test_deleted_for_good_asks_once_more(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    deleted_id = console.run(console.services.streams.remove("stream-1"))
    console.parts.actions["deleted_streams"].trigger()
    dialog = console.window.findChildren(DeletedStreamsView)[0]
    console.until(lambda: dialog.model.rowCount() == 1)
    dialog.forget_button.click()
    assert console.services.streams.gone == set()
    assert "Sure" in dialog.forget_button.text()
    dialog.forget_button.click()
    console.until(lambda: console.services.streams.gone == {deleted_id})
    console.until(lambda: dialog.model.rowCount() == 0)
    dialog.accept()


def test_a_break_is_undone_and_planned_again_unless_another_planned_it_otherwise(open_console: Open) -> None:
    console = open_console(FakeServices([view(1, "News")]))
    schedule, stack = console.services.schedule, console.parts.undo
    plan = BreakPlan(stream_id="stream-1", title="Local", when=At(at=4e9), duration_s=30)
    stored = console.run(schedule.add(plan))
    stack.push(planned(console.parts.client, "Local is planned.", [stored]))
    stack.undo()
    console.until(lambda: schedule.list() == ())
    console.until(lambda: stack.redo_words)
    stack.redo()
    console.until(lambda: [one.plan for one in schedule.list()] == [plan])
    console.until(lambda: stack.undo_words)
    (again,) = schedule.list()
    console.run(schedule.change(again.break_id, plan.model_copy(update={"title": "National"})))
    stack.undo()
    console.until(lambda: "planned otherwise since" in console.parts.notices.text.text())
    assert [one.title for one in schedule.list()] == ["National"]
