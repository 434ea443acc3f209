"""Focus, wheel and keys typed ahead: nothing of them gets in the way of a cue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QComboBox, QLineEdit, QTabBar, QWidget

from console_under_test import Console, editor_of
from fake_services import FakeServices
from fake_values import alarm, running
from ibe100.models.alarms.alarm import Severity
from ibe100.models.scte35_marker import CueAction
from ibe100.ui.actions.command_palette import CommandPalette
from ibe100.ui.widgets.name_question import NameQuestion

Key = Qt.Key
LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def console(open_console: Callable[[FakeServices], Console]) -> Console:
    opened = open_console(
        FakeServices(
            [running(1, "IBE News HD"), running(2, "Sport 1 HD")], [alarm(1, Severity.CRITICAL, "Input lost")]
        )
    )
    opened.window.activateWindow()
    opened.until(opened.window.isActiveWindow)
    return opened


def give_focus(console: Console, widget: QWidget) -> QWidget:
    widget.setFocus()
    console.until(widget.hasFocus)
    return widget


def place(console: Console) -> QWidget:
    return QApplication.focusWidget() or console.window


def turn_wheel(widget: QWidget) -> None:
    middle = widget.rect().center()
    event = QWheelEvent(
        QPointF(middle),
        QPointF(widget.mapToGlobal(middle)),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("by_key", [False, True], ids=["by mouse", "by key"])
def test_a_dismissed_notice_gives_the_focus_back_and_no_key_is_lost(console: Console, by_key: bool) -> None:
    parts = console.parts
    before = give_focus(console, parts.stream_panel.list)
    parts.notices.post("error", "Start Kids TV: port 9007 is taken")
    console.until(parts.notices.dismiss_button.isVisible)
    if by_key:
        give_focus(console, parts.notices.dismiss_button)
        QTest.keyClick(parts.notices.dismiss_button, Key.Key_Space)
    else:
        parts.notices.dismiss_button.setFocus()
        QTest.mouseClick(parts.notices.dismiss_button, LEFT)
    console.until(before.hasFocus)
    QTest.keyClick(place(console), Key.Key_A)
    console.until(lambda: parts.state.alarms.awaiting_count() == 0)
    QTest.keyClick(place(console), Key.Key_2)
    assert parts.stream_panel.selected_id() == "stream-2"
    QTest.keyClick(place(console), Key.Key_F9)
    console.until(lambda: [one.stream_id for one in console.services.cues.requests] == ["stream-2"])
    assert parts.stream_panel.filter_edit.text() == ""


def test_the_palette_and_a_dialog_give_the_focus_back(console: Console) -> None:
    before = give_focus(console, console.parts.cue_panel.pre_roll_row.button(0))
    console.window.dialogs.show_palette()
    palette = console.window.findChildren(CommandPalette)[-1]
    console.until(palette.isVisible)
    palette.close()
    console.until(before.hasFocus)
    question = NameQuestion("Save profile", "Save", (), own=True, thing="profile", parent=console.window)
    question.open()
    console.until(lambda: QApplication.activeWindow() is question)
    question.reject()
    console.until(before.hasFocus)


def test_a_field_behind_a_tab_does_not_keep_the_keyboard(console: Console) -> None:
    parts = console.parts
    before = give_focus(console, parts.stream_panel.list)
    QTest.keyClick(console.window, Key.Key_G, CTRL)
    console.until(parts.cue_log.search.hasFocus)
    parts.docks.raise_page("dashboard")
    console.until(before.hasFocus)


def test_keys_typed_after_ctrl_n_go_to_the_editor_and_never_to_the_window_behind(console: Console) -> None:
    parts = console.parts
    parts.top_bar.set_up.click()
    QTest.keyClick(console.window, Key.Key_N, CTRL)
    QTest.keyClicks(console.window, "Sport 2p")
    assert not parts.cue_panel.target.pin.isChecked()
    assert parts.stream_panel.selected_id() == "stream-1"
    editor = editor_of(console)
    assert any(field.text().endswith("Sport 2p") for field in editor.findChildren(QLineEdit))
    editor.close()


def test_keys_typed_after_ctrl_k_go_to_the_palette(console: Console) -> None:
    QTest.keyClick(console.window, Key.Key_K, CTRL)
    QTest.keyClicks(console.window, "p2")
    palette = console.window.findChildren(CommandPalette)[-1]
    assert palette.edit.text() == "p2"
    assert not console.parts.cue_panel.target.pin.isChecked()
    palette.close()


def test_keys_typed_before_the_services_have_answered_are_dropped(console: Console) -> None:
    release, names = asyncio.Event(), console.services.profiles.names

    async def slowly() -> tuple[str, ...]:
        await release.wait()
        return await names()

    console.services.profiles.names = slowly  # type: ignore[method-assign]
    QTest.keyClick(console.window, Key.Key_S, CTRL)
    QTest.keyClicks(console.window, "p2")
    assert not console.parts.cue_panel.target.pin.isChecked()
    console.do(release.set)
    console.until(lambda: console.window.findChildren(NameQuestion))
    console.window.findChildren(NameQuestion)[-1].reject()
    console.until(lambda: QApplication.activeWindow() is console.window)
    QTest.keyClick(console.window, Key.Key_2)
    assert console.parts.stream_panel.selected_id() == "stream-2"


def test_the_wheel_changes_nothing_that_has_no_focus(console: Console) -> None:
    parts = console.parts
    parts.cue_panel.prepare(CueAction.TIME_SIGNAL)
    combo = parts.cue_panel.more.signal.type
    console.until(combo.isVisible)
    give_focus(console, parts.stream_panel.list)
    before = combo.currentIndex()
    combo.setCurrentIndex(before + 1)
    turn_wheel(combo)
    assert combo.currentIndex() == before + 1
    assert not combo.hasFocus()
    give_focus(console, combo)
    turn_wheel(combo)
    assert combo.currentIndex() == before
    tabs = parts.cue_panel.details.tabs
    shown = tabs.currentIndex()
    bar = tabs.tabBar()
    assert isinstance(bar, QTabBar)
    turn_wheel(bar)
    assert tabs.currentIndex() == shown
    for box in console.window.findChildren(QComboBox):
        assert not box.isVisible() or box.focusPolicy() != Qt.FocusPolicy.WheelFocus, box.accessibleName()
