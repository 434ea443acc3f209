"""The theme is chosen in the window, worn at once by all that is shown, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QSize
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ibe100.ui.themes.appearance import APPEARANCE_FILE, AppearanceController, read_appearance
from ibe100.ui.themes.enterprise_theme import apply_theme
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.tokens import TOKENS, Colour, Theme, shade


@pytest.fixture
def dark_again(themed: QApplication) -> Iterator[QApplication]:
    yield themed
    apply_theme(themed, Theme.DARK)


def icon_colours(button: QPushButton) -> set[str]:
    image = button.icon().pixmap(QSize(24, 24)).toImage()
    places = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return {place.name() for place in places if place.alpha() == 255}


@pytest.mark.parametrize("theme", Theme)
def test_a_theme_is_worn_at_once_and_by_buttons_that_were_there_before(
    dark_again: QApplication, qtbot: QtBot, theme: Theme
) -> None:
    button = QPushButton("Stop")
    button.setIcon(icon("stop", Colour.TEXT))
    qtbot.addWidget(button)
    AppearanceController(button, None).choose(theme)
    tokens = TOKENS[theme]
    assert shade(Colour.WINDOW).name() == tokens[Colour.WINDOW]
    assert dark_again.palette().window().color().name() == tokens[Colour.WINDOW]
    assert tokens[Colour.WINDOW] in dark_again.styleSheet()
    assert "@" not in dark_again.styleSheet()
    assert tokens[Colour.TEXT] in icon_colours(button)


def test_a_theme_is_kept_for_the_next_start(dark_again: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    file = tmp_path / APPEARANCE_FILE
    assert read_appearance(file).theme is Theme.DARK
    AppearanceController(window, file).choose(Theme.LIGHT)
    assert read_appearance(file).theme is Theme.LIGHT
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{", '{"theme": "pink"}', '{"theme": 1}', "[" * 5000])
def test_a_damaged_file_is_the_look_as_shipped(tmp_path: Path, text: str) -> None:
    file = tmp_path / APPEARANCE_FILE
    file.write_text(text)
    assert read_appearance(file).theme is Theme.DARK


def test_where_it_cannot_be_kept_that_is_said(dark_again: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    controller = AppearanceController(window, tmp_path / "missing" / APPEARANCE_FILE)
    with qtbot.waitSignal(controller.notice) as said:
        controller.choose(Theme.LIGHT)
    assert said.args is not None
    assert said.args[0] == "warning"
    assert "not kept" in said.args[1]


def test_curves_change_their_ground_with_the_theme(dark_again: QApplication, qtbot: QtBot) -> None:
    from ibe100.ui.plots.plot_stack import PlotStack

    stack = PlotStack()
    qtbot.addWidget(stack)
    stack.show()
    AppearanceController(stack, None).choose(Theme.LIGHT)
    qtbot.waitUntil(lambda: stack.backgroundBrush().color().name() == TOKENS[Theme.LIGHT][Colour.FIELD])
