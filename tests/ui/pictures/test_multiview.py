"""The multiview: every stream on a screen of its own, left by a key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtCore import Qt

from console_under_test import Console
from fake_services import FakeServices
from ibe100.models.messages import StreamView
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.pictures.multiview import MOST_TILES, Multiview
from ibe100.ui.pictures.tile_grid import tile_grid

OpenConsole = Callable[[FakeServices], Console]


def channels(count: int) -> FakeServices:
    return FakeServices(
        StreamView(
            stream_id=f"stream-{number}",
            number=number,
            config=StreamConfig(name=f"Channel {number}"),
            state=StreamState.RUNNING,
            tally=Tally.ON_AIR,
        )
        for number in range(1, count + 1)
    )


def up(console: Console) -> Multiview:
    view = console.parts.multiview_controller.view
    console.parts.actions["multiview"].trigger()
    console.until(view.isVisible)
    view.showNormal()
    view.resize(1280, 720)
    return view


@pytest.mark.parametrize("count", [1, 2, 6, 24])
def test_every_stream_has_a_tile_and_none_covers_another(open_console: OpenConsole, count: int) -> None:
    console = open_console(channels(count))
    view = up(console)
    tiles = [view.tile(f"stream-{number}") for number in range(1, count + 1)]
    areas = [tile.geometry() for tile in tiles if tile is not None]
    assert len(areas) == count
    assert all(view.rect().contains(area) for area in areas)
    areas.append(view.foot.geometry())
    assert not any(one.intersects(other) for at, one in enumerate(areas) for other in areas[at + 1 :])
    for tile in tiles:
        assert tile is not None
        picture, meter = tile.pane.picture.geometry(), tile.pane.meter.geometry()
        assert tile.pane.rect().contains(picture) and tile.pane.rect().contains(meter)
        assert picture.width() >= 150 and abs(picture.width() / picture.height() - 16 / 9) < 0.03


def test_it_is_left_by_escape_and_nothing_is_decoded_for_it_any_more(open_console: OpenConsole) -> None:
    console = open_console(channels(3))
    view = up(console)
    wanted = console.services.preview.wanted
    console.until(lambda: set(wanted.get("multiview", {})) == {"stream-1", "stream-2", "stream-3"})
    console.qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.isVisible()
    console.until(lambda: wanted["multiview"] == {})


def test_a_stream_is_chosen_by_its_number_and_by_a_click(open_console: OpenConsole) -> None:
    console = open_console(channels(3))
    view = up(console)
    console.qtbot.keyClick(view, Qt.Key.Key_2)
    assert console.window.parts.stream_panel.selected_id() == "stream-2"
    tile = view.tile("stream-3")
    assert tile is not None
    console.qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)
    assert console.window.parts.stream_panel.selected_id() == "stream-3"


def test_streams_come_and_go_while_it_is_up(open_console: OpenConsole) -> None:
    console = open_console(channels(2))
    view = up(console)
    console.run(console.services.streams.add(StreamConfig(name="Channel 3")))
    console.until(lambda: view.tile("stream-3") is not None)
    console.run(console.services.streams.remove("stream-1"))
    console.until(lambda: view.tile("stream-1") is None)


def test_more_streams_than_fit_are_counted(open_console: OpenConsole) -> None:
    console = open_console(channels(MOST_TILES + 3))
    view = up(console)
    assert view.tile(f"stream-{MOST_TILES}") is not None and view.tile(f"stream-{MOST_TILES + 1}") is None
    assert view.words.text() == "3 more streams are not shown"


@given(st.integers(1, 24), st.integers(640, 3840), st.integers(480, 2160))
def test_a_grid_holds_all_tiles_and_has_no_empty_row(count: int, width: int, height: int) -> None:
    grid = tile_grid(count, width, height, 60, 40)
    assert grid.columns * grid.rows >= count > grid.columns * (grid.rows - 1)
