"""The list of a field shows its longest words whole, and scrolls to its last row."""

from __future__ import annotations

from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from ibe100.ui.actions.application_events import ApplicationEvents
from ibe100.ui.widgets.choices import widen_list

PATIENCE_MS = 20_000
LONG = "Provider Placement Opportunity Start  0x34"


def test_a_list_is_as_wide_as_its_longest_words(themed: QApplication, qtbot: QtBot) -> None:
    window = QWidget()
    events = ApplicationEvents(window)
    events.take(widen_list, QEvent.Type.Show)
    combo = QComboBox(window)
    combo.addItems([LONG, *(f"row {place}" for place in range(40))])
    combo.setFixedWidth(60)
    qtbot.addWidget(window)
    window.show()
    combo.showPopup()
    view = combo.view()
    assert view is not None
    qtbot.waitUntil(view.isVisible, timeout=PATIENCE_MS)
    port = view.viewport()
    assert port is not None
    assert port.width() >= view.sizeHintForColumn(0)
    view.scrollToBottom()
    assert port.rect().contains(view.visualRect(combo.model().index(40, 0)))
    combo.hidePopup()
