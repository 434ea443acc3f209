"""The held button: a full bar is one command, anything shorter is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import QEvent, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibe100.ui.cues.hold_button import HOLD_MS, HoldButton

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 60_000


@pytest.fixture
def button(themed: QApplication, qtbot: QtBot) -> Iterator[HoldButton]:
    """A crash button on its own, ready."""
    shown = HoldButton("CRASH OUT", "flash-alert", Qt.Key.Key_F11, "F11")
    qtbot.addWidget(shown)
    shown.show()
    shown.show_state("no pre-roll", ready=True)
    return shown


def key(kind: QEvent.Type, *, repeats: bool = False) -> QKeyEvent:
    return QKeyEvent(kind, Qt.Key.Key_F11, Qt.KeyboardModifier.NoModifier, "", repeats)


def test_a_hold_fires_once_when_the_bar_is_full(button: HoldButton, qtbot: QtBot) -> None:
    fired: list[int] = []
    button.held.connect(lambda: fired.append(1))
    with qtbot.waitSignal(button.held, timeout=PATIENCE_MS):
        QTest.mousePress(button, LEFT)
    qtbot.wait(2 * HOLD_MS)
    QTest.mouseRelease(button, LEFT)
    assert fired == [1]


def test_a_click_is_nothing(button: HoldButton, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(button.held, wait=2 * HOLD_MS):
        QTest.mouseClick(button, LEFT)
    assert button.part == 0


def test_the_key_is_held_as_the_mouse_is_and_repeats_do_not_start_anew(
    button: HoldButton, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(button.held, timeout=PATIENCE_MS):
        assert button.take_key(key(QEvent.Type.KeyPress))
        assert button.take_key(key(QEvent.Type.KeyPress, repeats=True))
    assert button.take_key(key(QEvent.Type.KeyRelease))
    with qtbot.assertNotEmitted(button.held, wait=2 * HOLD_MS):
        button.take_key(key(QEvent.Type.KeyPress))
        button.take_key(key(QEvent.Type.KeyRelease))


def test_what_is_not_ready_cannot_be_held(button: HoldButton, qtbot: QtBot) -> None:
    button.show_state("in a break already", ready=False)
    with qtbot.assertNotEmitted(button.held, wait=2 * HOLD_MS):
        button.take_key(key(QEvent.Type.KeyPress))
    assert button.accessibleDescription() == "in a break already"
