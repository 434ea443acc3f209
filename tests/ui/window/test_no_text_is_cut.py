"""No text is cut on any page, at the smallest and at larger windows, with few and with many streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from console_under_test import Console
from cut_text import cut_text
from fake_services import FakeServices
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.widgets.labels import ElidedLabel
from many_streams import many_streams, measure_all
from scenes import dialogs, faults_of, pages, settled

Open = Callable[[FakeServices], Console]


@pytest.fixture
def as_shipped(themed: QApplication) -> Iterator[QApplication]:
    yield themed
    apply_theme(themed)


@pytest.mark.parametrize(
    ("size", "text", "streams"),
    [((1280, 720), 100, 6), ((1600, 1000), 100, 2), ((1920, 1080), 150, 6), ((1280, 720), 90, 24)],
)
def test_no_text_of_a_page_is_cut(
    as_shipped: QApplication, open_console: Open, size: tuple[int, int], text: int, streams: int
) -> None:
    services = many_streams(streams)
    console = open_console(services)
    console.parts.appearance.choose_text_size(text)
    console.window.resize(*size)
    console.do(lambda: measure_all(services))
    console.settle()
    for page, root in pages(console.window, console.qtbot.wait):
        assert settled(root, faults_of, console.qtbot.wait) == [], f"{page} at {size}, {text} %"
    assert (console.window.width(), console.window.height()) == size, "the window kept its size"


def test_no_text_of_a_dialog_is_cut(as_shipped: QApplication, open_console: Open) -> None:
    services = many_streams(6)
    console = open_console(services)
    console.window.resize(1280, 720)
    console.parts.top_bar.set_up.click()
    for name, dialog in dialogs(console.window, console.qtbot.wait):
        assert settled(dialog, faults_of, console.qtbot.wait) == [], f"dialog {name}"


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
