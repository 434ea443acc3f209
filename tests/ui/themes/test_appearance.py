"""Theme and text size are chosen in the window, worn at once by all that is shown, and kept."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtCore import QSize
from PyQt6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ibe100.ui.themes.appearance import APPEARANCE_FILE, Appearance, AppearanceController, read_appearance
from ibe100.ui.themes.enterprise_theme import apply_theme, mono, sans
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import BODY, SCALE, SECOND, TEXT_SIZES, scaled, text_size
from ibe100.ui.themes.tokens import TOKENS, Colour, Theme, shade
from ibe100.ui.widgets.buttons import push_button


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


@pytest.mark.parametrize(
    "text", ["", "{", '{"theme": "pink"}', '{"theme": 1}', '{"text_size": 99}', "[" * 5000]
)
def test_a_damaged_file_is_the_look_as_shipped(tmp_path: Path, text: str) -> None:
    file = tmp_path / APPEARANCE_FILE
    file.write_text(text)
    assert read_appearance(file) == Appearance()


def test_a_text_size_is_worn_at_once_by_what_was_there_before(
    dark_again: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    window = QWidget()
    button, field = QPushButton("Stop"), push_button("Save", height=40)
    layout = QVBoxLayout(window)
    scaled(layout.setContentsMargins, 24, 8, 24, 8)
    layout.addWidget(button)
    layout.addWidget(field)
    qtbot.addWidget(window)
    window.show()
    controller = AppearanceController(window, tmp_path / APPEARANCE_FILE)
    controller.choose_text_size(150)
    assert layout.contentsMargins().left() == 36
    assert field.minimumHeight() == 60
    assert button.font().pixelSize() == 21
    assert read_appearance(tmp_path / APPEARANCE_FILE).text_size == 150
    controller.choose_text_size(100)
    assert (layout.contentsMargins().left(), field.minimumHeight()) == (24, 40)
    assert button.font().pixelSize() == 14


def test_steps_go_through_the_text_sizes_and_stop_at_the_ends(dark_again: QApplication, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    controller = AppearanceController(window, None)
    sizes = []
    for _ in range(4):
        controller.step_text_size(1)
        sizes.append(controller.look.text_size)
    assert sizes == [115, 130, 150, 150]
    controller.step_text_size(-9)
    assert controller.look.text_size == 90


def test_a_series_of_steps_is_worn_once(dark_again: QApplication, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    controller, worn = AppearanceController(window, None), list[int]()
    controller.changed.connect(lambda: worn.append(text_size()))
    for _ in range(3):
        controller.step_text_size(1)
    assert worn == []
    qtbot.waitUntil(lambda: worn == [150])


def test_a_small_window_shows_smaller_text_and_the_choice_is_kept(
    dark_again: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    controller = AppearanceController(window, tmp_path / APPEARANCE_FILE)
    controller.fit_to(QSize(1280, 720))
    with qtbot.waitSignal(controller.notice) as said:
        controller.choose_text_size(150)
    assert said.args == ["info", "Text at 150 % needs a larger window: it is shown at 100 %."]
    assert (text_size(), controller.look.text_size) == (100, 150)
    for size, shown in (((1600, 1000), 130), ((1920, 1080), 150), ((1280, 720), 100), ((2560, 1440), 150)):
        controller.fit_to(QSize(*size))
        assert text_size() == shown
    assert read_appearance(tmp_path / APPEARANCE_FILE).text_size == 150


def test_a_theme_keeps_the_text_size_and_a_text_size_the_theme(
    dark_again: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    file = tmp_path / APPEARANCE_FILE
    controller = AppearanceController(window, file)
    controller.choose_text_size(130)
    controller.choose(Theme.LIGHT)
    assert read_appearance(file) == Appearance(theme=Theme.LIGHT, text_size=130)
    controller.choose_text_size(90)
    assert read_appearance(file) == Appearance(theme=Theme.LIGHT, text_size=90)


@pytest.mark.parametrize("percent", TEXT_SIZES)
def test_no_text_is_below_twelve_pixels(dark_again: QApplication, qtbot: QtBot, percent: int) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    AppearanceController(window, None).choose_text_size(percent)
    sizes = [int(found) for found in re.findall(r"font-size: (\d+)px", dark_again.styleSheet())]
    sizes += [font(size).pixelSize() for font in (sans, mono) for size in (SCALE, SECOND, BODY)]
    assert min(sizes) >= 12


def test_lengths_of_what_is_gone_are_forgotten(themed: QApplication) -> None:
    widget = QWidget()
    scaled(widget.setFixedHeight, 20)
    gone = weakref.ref(widget)
    del widget
    assert gone() is None


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
