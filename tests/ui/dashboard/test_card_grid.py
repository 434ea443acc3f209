"""Grid and layout of the dashboard's cards."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from fake_values import running
from ibe100.ui.dashboard.card_grid import card_grid
from ibe100.ui.dashboard.card_layout import LEAST, card_places, picture_width
from ibe100.ui.dashboard.stream_card import StreamCard
from ibe100.ui.pictures.stream_status import StatusKind, StreamStatus
from ibe100.ui.qt_models.card_order import CardSize
from ibe100.ui.qt_models.stream_list import StreamRow

SPACING = 8
SIZES = (CardSize.LARGE, CardSize.MEDIUM, CardSize.COMPACT)
ROOM = (1120, 690)
"""Room for the cards in a window of 1600 x 1000."""
NEXT = StreamStatus(StatusKind.PLANNED, "Next break 14:35:00", "Next 14:35", "60 s · News", 2e9)


@pytest.mark.parametrize(
    ("count", "room", "size"),
    [
        (1, ROOM, CardSize.LARGE),
        (2, ROOM, CardSize.LARGE),
        (6, ROOM, CardSize.MEDIUM),
        (6, (830, 540), CardSize.COMPACT),
        (6, (1400, 780), CardSize.MEDIUM),
        (24, (1400, 780), CardSize.COMPACT),
        (64, (2060, 1120), CardSize.COMPACT),
    ],
)
def test_cards_take_the_largest_size_at_which_all_fit(
    count: int, room: tuple[int, int], size: CardSize
) -> None:
    grid = card_grid(count, *room, SPACING)
    rows = -(-count // grid.columns)
    assert grid.size is size
    assert rows * (grid.card_height + SPACING) - SPACING <= room[1]
    assert grid.card_height >= LEAST[size][1]


def test_two_streams_stand_side_by_side_with_a_picture_that_grows() -> None:
    two, one = card_grid(2, *ROOM, SPACING), card_grid(1, *ROOM, SPACING)
    assert (two.columns, one.columns) == (2, 1)
    width = (ROOM[0] - SPACING) // 2
    assert picture_width(two.size, width, two.card_height) >= 440
    assert picture_width(one.size, ROOM[0], one.card_height) > 700


@pytest.mark.parametrize("choice", SIZES)
def test_a_size_that_was_chosen_is_kept_and_scrolled(choice: CardSize) -> None:
    grid = card_grid(64, 800, 400, SPACING, choice)
    assert grid.size is choice
    assert (grid.card_height + SPACING) * -(-64 // grid.columns) > 400
    assert card_grid(1, *ROOM, SPACING, choice).size is choice


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("wider", [0, 40, 200, 700])
@pytest.mark.parametrize("higher", [0, 20, 90, 300])
def test_parts_of_a_card_lie_within_it_and_none_on_another(size: CardSize, wider: int, higher: int) -> None:
    width, height = LEAST[size][0] + wider, LEAST[size][1] + higher
    places = card_places(size, width, height)
    parts = [places.head, places.pane, places.band, places.foot]
    parts += [] if places.facts is None else [places.facts]
    for at, part in enumerate(parts):
        assert QRect(0, 0, width, height).contains(part)
        assert part.width() > 0 and part.height() > 0
        assert not any(part.intersects(other) for other in parts[at + 1 :])
    assert picture_width(size, width, height) >= 60


def place_in(card: StreamCard, part: QWidget) -> QRect:
    return QRect(part.mapTo(card, QPoint(0, 0)), part.size())


def card_of(qtbot: QtBot, size: CardSize, width: int, height: int) -> StreamCard:
    card = StreamCard("stream-1")
    qtbot.addWidget(card)
    card.set_size_class(size)
    card.show_row(StreamRow(running(1, "Regional South HD")), NEXT, {}, None)
    card.setFixedSize(width, height)
    card.show()
    QApplication.processEvents()
    return card


@pytest.mark.parametrize("size", SIZES)
def test_what_a_card_shows_lies_within_it_and_nothing_on_top_of_another(
    themed: QApplication, qtbot: QtBot, size: CardSize
) -> None:
    card = card_of(qtbot, size, *LEAST[size])
    parts = (card.head, card.pane.picture, card.pane.meter, card.facts, card.band, card.lamps, card.rate)
    shown = [place_in(card, part) for part in (*parts, card.last, card.run_button) if part.isVisible()]
    assert len(shown) >= 6
    for at, rect in enumerate(shown):
        assert card.rect().contains(rect)
        assert not any(rect.intersects(other) for other in shown[at + 1 :])


def test_stop_and_route_are_on_every_size_above_the_smallest(themed: QApplication, qtbot: QtBot) -> None:
    for size in (CardSize.LARGE, CardSize.MEDIUM):
        card = card_of(qtbot, size, *LEAST[size])
        assert card.run_button.isVisible() and card.run_button.text() == "Stop"
        assert card.head.has_route and "→" in card.head.routes[0]
    assert not card_of(qtbot, CardSize.COMPACT, *LEAST[CardSize.COMPACT]).run_button.isVisible()


def test_the_picture_of_a_compact_card_grows_with_its_size(themed: QApplication, qtbot: QtBot) -> None:
    low, high = card_of(qtbot, CardSize.COMPACT, 310, 110), card_of(qtbot, CardSize.COMPACT, 420, 184)
    assert high.pane.picture.width() > 1.4 * low.pane.picture.width()
    assert high.rate.isVisible() and high.lamps.is_short
