"""The keys of cues: wherever the keyboard is, in docks, fields, dialogs, popups and the multiview."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLineEdit, QWidget

from console_under_test import Console, editor_of
from fake_services import FakeServices
from fake_values import running
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.ui.actions.command_palette import CommandPalette
from ibe100.ui.actions.key_overlay import KeyOverlay
from ibe100.ui.widgets.name_question import NameQuestion

Key = Qt.Key


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    return open_console(FakeServices([running(1, "IBE News HD"), running(2, "Sport 1 HD")]))


def focus(console: Console, widget: QWidget) -> QWidget:
    place = widget.window()
    assert place is not None
    place.activateWindow()
    widget.setFocus()
    console.until(widget.hasFocus)
    return widget


def actions(console: Console) -> list[CueAction]:
    return [request.action for request in console.services.cues.requests]


@pytest.mark.parametrize(
    ("name", "floating"), [("streams", False), ("schedule", True), ("cues", True)], ids=str
)
def test_all_cue_keys_work_in_every_dock(console: Console, name: str, floating: bool) -> None:
    parts = console.parts
    dock = parts.docks[name]
    dock.raise_()
    dock.setFloating(floating)
    inside = {
        "streams": parts.stream_panel.list,
        "schedule": parts.schedule.head.plan_button,
        "cues": parts.cue_panel.break_row.button(60),
    }[name]
    console.until(inside.isVisible)
    console.until(inside.isEnabled)
    focus(console, inside)
    QTest.keyPress(inside, Key.Key_F11)
    console.until(lambda: actions(console) == [CueAction.CRASH_OUT])
    QTest.keyRelease(inside, Key.Key_F11)
    console.until(lambda: parts.cue_panel.buttons.crash_in.isEnabled())
    QTest.keyPress(inside, Key.Key_F12)
    console.until(lambda: actions(console)[1:] == [CueAction.CRASH_IN])
    QTest.keyRelease(inside, Key.Key_F12)
    parts.cue_panel.pre_roll_row.set_value(8)
    console.until(parts.cue_panel.buttons.to_break.isEnabled)
    QTest.keyClick(inside, Key.Key_F9)
    console.until(lambda: actions(console)[2:] == [CueAction.TO_BREAK])
    console.until(parts.cue_panel.status.disarm.isVisible)
    QTest.keyClick(inside, Key.Key_Escape)
    console.until(lambda: console.services.cues.cues[-1].state is CueState.CANCELLED)
    dock.setFloating(False)


def test_cue_keys_work_while_text_is_typed_and_the_text_stays(console: Console) -> None:
    panel = console.parts.stream_panel
    panel.open_filter()
    edit = focus(console, panel.filter_edit)
    QTest.keyClicks(edit, "1")
    QTest.keyClick(edit, Key.Key_F9)
    console.until(lambda: actions(console) == [CueAction.TO_BREAK])
    console.until(console.parts.cue_panel.buttons.back.isEnabled)
    QTest.keyClick(edit, Key.Key_F10)
    console.until(lambda: actions(console)[1:] == [CueAction.BACK_TO_PROGRAMME])
    console.until(console.parts.cue_panel.buttons.crash_out.isEnabled)
    QTest.keyPress(edit, Key.Key_F11)
    console.until(lambda: actions(console)[2:] == [CueAction.CRASH_OUT])
    QTest.keyRelease(edit, Key.Key_F11)
    assert (edit.hasFocus(), panel.filter_edit.text()) == (True, "1")


def open_palette(console: Console) -> QWidget:
    console.window.dialogs.show_palette()
    return console.window.findChildren(CommandPalette)[-1].edit


def open_overlay(console: Console) -> QWidget:
    console.window.dialogs.show_keys()
    return console.window.findChildren(KeyOverlay)[-1]


def open_editor(console: Console) -> QWidget:
    console.parts.stream_controller.add()
    return editor_of(console).findChildren(QLineEdit)[0]


def open_modal_question(console: Console) -> QWidget:
    question = NameQuestion("Save profile", "Save", (), own=True, thing="profile", parent=console.window)
    question.open()
    return question.findChildren(QLineEdit)[0]


def open_multiview(console: Console) -> QWidget:
    console.parts.multiview_controller.show()
    return console.parts.multiview_controller.view


def open_drop_down(console: Console) -> QWidget:
    console.parts.cue_panel.prepare(CueAction.TIME_SIGNAL)
    combo = console.parts.cue_panel.more.signal.type
    combo.showPopup()
    view = combo.view()
    assert view is not None
    return view


@pytest.mark.parametrize(
    "opened",
    [open_palette, open_overlay, open_editor, open_modal_question, open_multiview, open_drop_down],
    ids=lambda opened: opened.__name__,
)
def test_cue_keys_work_over_whatever_is_open(console: Console, opened: Callable[[Console], QWidget]) -> None:
    place = opened(console)
    console.until(place.isVisible)
    QTest.keyClick(place, Key.Key_F9)
    console.until(lambda: actions(console) == [CueAction.TO_BREAK])
    console.until(console.parts.cue_panel.buttons.crash_in.isEnabled)
    QTest.keyPress(place, Key.Key_F12)
    console.until(lambda: actions(console)[1:] == [CueAction.CRASH_IN])
    QTest.keyRelease(place, Key.Key_F12)
    assert place.isVisible()
    top = place.window()
    assert top is not None
    if top is not console.window:
        top.close()


def test_a_pre_rolled_cue_is_not_disarmed_by_the_esc_that_leaves_a_field(console: Console) -> None:
    window = console.window
    parts = window.parts
    parts.cue_panel.pre_roll_row.set_value(8)
    QTest.keyClick(window, Key.Key_F9)
    console.until(parts.cue_panel.status.disarm.isVisible)
    edit = focus(console, parts.cue_panel.break_row.own)
    QTest.keyClick(edit, Key.Key_Escape)
    console.settle()
    assert console.services.cues.cues[-1].state is CueState.ARMED
    QTest.keyClick(window, Key.Key_Escape)
    console.until(lambda: console.services.cues.cues[-1].state is CueState.CANCELLED)


@pytest.mark.parametrize(
    "opened",
    [open_overlay, open_modal_question, open_multiview, open_drop_down],
    ids=lambda one: one.__name__,
)
def test_esc_closes_what_is_in_front_and_shift_esc_disarms_behind_it(
    console: Console, opened: Callable[[Console], QWidget]
) -> None:
    panel, cues = console.parts.cue_panel, console.services.cues
    panel.pre_roll_row.set_value(8)
    QTest.keyClick(console.window, Key.Key_F9)
    console.until(panel.status.disarm.isVisible)
    assert panel.status.disarm.key_now() == "Esc"
    place = opened(console)
    console.until(place.isVisible)
    console.until(lambda: panel.status.disarm.key_now() == "Shift+Esc")
    QTest.keyClick(place, Key.Key_Escape)
    console.until(lambda: not place.isVisible())
    assert cues.cues[-1].state is CueState.ARMED
    assert "TO BREAK is still on its way" in panel.buttons.said
    place = opened(console)
    console.until(place.isVisible)
    QTest.keyClick(place, Key.Key_Escape, Qt.KeyboardModifier.ShiftModifier)
    console.until(lambda: cues.cues[-1].state is CueState.CANCELLED)
    assert panel.buttons.said == "", "what it said holds no more"
    if place.isVisible():  # the overlay of the keys goes at the first key, which is Shift
        QTest.keyClick(place, Key.Key_Escape)


def test_a_duration_that_was_just_typed_does_not_keep_the_key_from_its_cue(console: Console) -> None:
    own = console.parts.cue_panel.break_row.own
    focus(console, own)
    own.selectAll()
    QTest.keyClicks(own, "45")
    QTest.keyClick(own, Key.Key_F9)
    console.until(lambda: actions(console) == [CueAction.TO_BREAK])
    assert console.services.cues.requests[0].duration_s == 45


def test_letters_search_a_list_that_drops_down_and_are_no_commands(console: Console) -> None:
    parts = console.parts
    parts.cue_panel.prepare(CueAction.TIME_SIGNAL)
    combo = focus(console, parts.cue_panel.more.signal.type)
    QTest.keyClicks(combo, "Chapter")
    assert combo.hasFocus()
    assert parts.cue_panel.more.signal.type.currentText().startswith("Chapter Start")
    assert not parts.cue_panel.target.pin.isChecked()


def test_tab_goes_through_what_is_in_sight_only(console: Console) -> None:
    window = console.window
    parts = window.parts
    window.activateWindow()
    start = focus(console, parts.stream_panel.list)
    passed: list[QWidget] = []
    place: QWidget | None = start
    while place is not None and place not in passed:
        passed.append(place)
        QTest.keyClick(place, Key.Key_Tab)
        place = window.focusWidget()
    assert all(parts.docks.is_in_sight(widget) for widget in passed)
    for widget in (parts.cue_panel.buttons.to_break, parts.cue_panel.pre_roll_row.button(0)):
        assert widget in passed
    assert parts.cue_log.search not in passed
    parts.docks.raise_page("cue_log")
    console.until(lambda: parts.docks.is_in_sight(parts.cue_log.search))
    focus(console, parts.cue_log.refresh)
    QTest.keyClick(parts.cue_log.refresh, Key.Key_Tab)
    assert parts.cue_log.search.hasFocus()
