"""No text is cut on any page, at the smallest and at larger windows, with few and with many streams."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from console_under_test import Console
from cut_text import cut_text
from fake_services import FakeServices
from ibe100.ui.widgets.labels import ElidedLabel

Open = Callable[[FakeServices], Console]


@pytest.mark.parametrize(
    ("widget", "says"),
    [
        (lambda: QLabel("no null packets on the output"), "needs"),
        (lambda: QPushButton("Acknowledge the page"), "needs"),
        (lambda: ElidedLabel("the contract asks for 4 s of pre-roll", "problem"), "elided"),
    ],
)
def test_a_cut_text_is_found(
    themed: QApplication, qtbot: QtBot, widget: Callable[[], QWidget], says: str
) -> None:
    window = QWidget()
    inside = widget()
    QVBoxLayout(window).addWidget(inside)
    inside.setFixedWidth(60)
    qtbot.addWidget(window)
    window.show()
    found = cut_text(window)
    assert len(found) == 1
    assert says in found[0]
