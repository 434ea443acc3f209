"""Every control has a name that a screen reader says, and Tab goes as the eye does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from console_under_test import Console
from fake_services import FakeServices
from many_streams import many_streams
from scenes import PAGES, dialogs, pages
from spoken import dump, goes_back, unnamed

ROW = 24
"""Controls of one row stand at heights that differ by less."""


def test_a_control_without_a_name_is_found(qtbot: QtBot) -> None:
    window = QWidget()
    field, label = QLineEdit(window), QLabel("Host", window)
    layout = QVBoxLayout(window)
    for widget in (field, label, QPushButton("Save", window)):
        layout.addWidget(widget)
    qtbot.addWidget(window)
    assert unnamed(window) == ["QWidget > QLineEdit has no name"]
    label.setBuddy(field)
    assert unnamed(window) == []


def test_tab_that_goes_up_is_found(qtbot: QtBot) -> None:
    window = QWidget()
    second, first = QPushButton("second", window), QPushButton("first", window)
    layout = QVBoxLayout(window)
    layout.addWidget(first)
    layout.addWidget(second)
    third = QPushButton("third", window)
    layout.addWidget(third)
    qtbot.addWidget(window)
    window.show()
    QWidget.setTabOrder(first, third)
    QWidget.setTabOrder(third, second)
    assert goes_back(window, 4) == ["from 'third' up to 'second'"]


@pytest.mark.parametrize("count", [0, 2])
def test_every_control_of_every_page_has_a_name(
    open_console: Callable[[FakeServices], Console], count: int
) -> None:
    console = open_console(many_streams(count))
    console.settle()
    found = {page: unnamed(root) for page, root in pages(console.window, console.qtbot.wait)}
    assert found == {page: [] for page in PAGES}
    assert "button 'TO BREAK" in dump(console.window)


def test_every_control_of_every_dialog_has_a_name(
    open_console: Callable[[FakeServices], Console],
) -> None:
    console = open_console(many_streams(2))
    console.settle()
    console.parts.top_bar.set_up.click()
    found = {name: unnamed(dialog) for name, dialog in dialogs(console.window, console.qtbot.wait)}
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert found, "dialogs were opened"


def test_a_field_that_chooses_is_described_by_its_name(
    open_console: Callable[[FakeServices], Console],
) -> None:
    """Under Linux Qt's bridge gives what is chosen as its name."""
    console = open_console(many_streams(2))
    console.parts.docks.raise_page("cue_log")
    combo = console.parts.cue_log.state
    console.until(combo.isVisible)
    assert (combo.accessibleName(), combo.accessibleDescription()) == ("State", "State")
    digits = console.parts.cue_panel.status.digits
    assert (digits.accessibleName(), digits.accessibleDescription()) == ("", "Countdown")


def test_tab_goes_down_the_cue_panel(open_console: Callable[[FakeServices], Console]) -> None:
    console = open_console(many_streams(2))
    console.settle()
    assert goes_back(console.parts.cue_panel, ROW) == []
