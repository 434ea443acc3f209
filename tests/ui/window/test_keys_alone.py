"""A shift with the keyboard alone, from the empty console to the as-run log."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from console_under_test import Console
from fake_services import FakeServices
from ibe100.models.cues.segmentation import SegmentationType
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import StreamState

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


class Keyboard:
    """Keyboard whose keys go to the widget with the focus, as from a real one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        console.window.activateWindow()
        console.until(lambda: QApplication.activeWindow() is console.window)

    def place(self) -> QWidget:
        return QApplication.focusWidget() or self._console.window

    def press(self, *keys: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        for key in keys:
            QTest.keyClick(self.place(), key, modifiers)

    def write(self, text: str) -> None:
        QTest.keyClicks(self.place(), text)

    def hold(self, key: Qt.Key, until: Callable[[], object]) -> None:
        place = self.place()
        QTest.keyPress(place, key)
        self._console.until(until)
        QTest.keyRelease(place, key)


def test_a_shift_with_keys_alone(open_console: Callable[[FakeServices], Console]) -> None:
    console = open_console(FakeServices())
    window, cues, panel = console.window, console.services.cues, console.parts.cue_panel
    keys = Keyboard(console)

    def actions() -> list[CueAction]:
        return [request.action for request in cues.requests]

    keys.press(Key.Key_Return)
    console.until(
        lambda: any(view.state is StreamState.RUNNING for view in console.services.streams.streams())
    )
    console.until(panel.buttons.to_break.isEnabled)

    keys.press(Key.Key_B, Key.Key_Left, Key.Key_Tab, Key.Key_Tab)
    keys.press(Key.Key_Right, Key.Key_Right, Key.Key_Right)
    assert (panel.break_row.value(), panel.pre_roll_row.value()) == (30, 8)
    console.until(lambda: "splice" in panel.preview.when.text() and "PTS" in panel.preview.when.text())
    keys.press(Key.Key_F9)
    console.until(panel.status.disarm.isVisible)
    keys.press(Key.Key_Escape)
    console.until(lambda: cues.cues[-1].state is CueState.CANCELLED)

    keys.hold(Key.Key_F11, lambda: actions()[1:] == [CueAction.CRASH_OUT])
    console.until(panel.buttons.crash_in.isEnabled)
    keys.hold(Key.Key_F12, lambda: actions()[2:] == [CueAction.CRASH_IN])
    console.until(panel.buttons.to_break.isEnabled)

    keys.press(Key.Key_T, modifiers=CTRL)
    keys.write("Chapter")
    console.until(panel.more.send.isEnabled)
    keys.press(Key.Key_Return, modifiers=CTRL)
    console.until(lambda: actions()[3:] == [CueAction.TIME_SIGNAL])
    asked = cues.requests[3].segmentation
    assert asked is not None
    assert asked.type is SegmentationType.CHAPTER_START

    keys.press(Key.Key_B, modifiers=CTRL)
    console.until(lambda: window.parts.schedule_controller.editor is not None)
    console.until(lambda: QApplication.activeWindow() is window.parts.schedule_controller.editor)
    keys.press(Key.Key_Return)
    console.until(lambda: len(console.services.schedule.breaks) == 1)
    console.until(
        lambda: (
            window.parts.schedule_controller.editor is None
            and "is planned" in window.parts.notices.text.text()
        )
    )
    window.activateWindow()
    console.until(window.isActiveWindow)
    keys.press(Key.Key_Z, modifiers=CTRL)
    console.until(lambda: not console.services.schedule.breaks)

    keys.press(Key.Key_G, modifiers=CTRL)
    keys.write("chapter")
    console.until(lambda: window.parts.cue_log.log is not None)
    keys.press(Key.Key_Escape)
    keys.press(Key.Key_4, modifiers=CTRL)
    console.until(
        lambda: window.parts.as_run.log is not None and window.parts.as_run.model.rowCount() == len(cues.cues)
    )
