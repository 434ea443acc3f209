"""The ring lies outside the widget that has the keyboard, and moves with the focus."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QApplication, QDialog, QFocusFrame, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ibe100.ui.themes.tokens import TOKENS, Colour, shown_theme
from ibe100.ui.widgets.focus_ring import AWAY, LINE, FocusRing

PATIENCE_MS = 20_000


def rings(window: QWidget) -> list[QFocusFrame]:
    return [ring for ring in window.findChildren(QFocusFrame) if ring.isVisible()]


@pytest.fixture
def window(themed: QApplication, qtbot: QtBot) -> QWidget:
    window = QWidget()
    layout = QVBoxLayout(window)
    layout.setContentsMargins(40, 40, 40, 40)
    layout.addWidget(QPushButton("Stop"))
    layout.addWidget(QLineEdit())
    FocusRing(window)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)
    return window


@pytest.mark.parametrize("kind", [QPushButton, QLineEdit])
def test_the_ring_lies_outside_and_away(window: QWidget, qtbot: QtBot, kind: type[QWidget]) -> None:
    focused = window.findChild(kind)
    focused.setFocus()
    qtbot.waitUntil(lambda: len(rings(window)) == 1, timeout=PATIENCE_MS)
    (ring,) = rings(window)
    room = AWAY + LINE
    at = focused.mapTo(window, QPoint())
    assert ring.mapTo(window, QPoint()) == at - QPoint(room, room)
    assert (ring.width(), ring.height()) == (focused.width() + 2 * room, focused.height() + 2 * room)
    image = window.grab().toImage()
    middle = at.y() + focused.height() // 2
    colours = [image.pixelColor(at.x() - away, middle).name() for away in (1, 4)]
    tokens = TOKENS[shown_theme()]
    assert colours[1] == tokens[Colour.RING]
    assert colours[0] != tokens[Colour.RING], "the ring is a little away"


def test_a_dialog_that_is_closed_takes_its_ring_with_it(window: QWidget, qtbot: QtBot) -> None:
    dialog = QDialog(window)
    field = QLineEdit()
    QVBoxLayout(dialog).addWidget(field)
    dialog.show()
    dialog.activateWindow()
    field.setFocus()
    qtbot.waitUntil(lambda: len(rings(dialog)) == 1, timeout=PATIENCE_MS)
    dialog.deleteLater()
    button = window.findChild(QPushButton)
    window.activateWindow()
    button.setFocus()
    qtbot.waitUntil(lambda: len(rings(window)) == 1, timeout=PATIENCE_MS)
