"""Grid of the dashboard's cards."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from fake_values import running
from ibe100.ui.dashboard.card_grid import COMPACT_HEIGHT, COMPACT_WIDTH, FULL_HEIGHT, MOST_HEIGHT, card_grid
from ibe100.ui.dashboard.stream_card import StreamCard
from ibe100.ui.qt_models.stream_list import StreamRow

SPACING = 8


@pytest.mark.parametrize("count", [1, 2, 6])
def test_few_streams_get_large_cards_that_fit(count: int) -> None:
    grid = card_grid(count, 1200, 700, SPACING)
    rows = -(-count // grid.columns)
    assert FULL_HEIGHT <= grid.card_height <= MOST_HEIGHT
    assert rows * (grid.card_height + SPACING) - SPACING <= 700


def test_one_stream_has_the_largest_card() -> None:
    assert card_grid(1, 1200, 700, SPACING).card_height > card_grid(6, 1200, 700, SPACING).card_height


def test_many_streams_are_all_in_sight_as_compact_cards() -> None:
    grid = card_grid(24, 1260, 700, SPACING)
    assert COMPACT_HEIGHT <= grid.card_height < FULL_HEIGHT
    assert -(-24 // grid.columns) * (grid.card_height + SPACING) <= 700 + SPACING


def test_more_than_fit_are_scrolled_in_as_many_columns_as_there_are() -> None:
    grid = card_grid(64, 800, 400, SPACING)
    assert (grid.columns, grid.card_height) == (3, COMPACT_HEIGHT)


def place_in(card: StreamCard, part: QWidget) -> QRect:
    return QRect(part.mapTo(card, QPoint(0, 0)), part.size())


def card_of(qtbot: QtBot, width: int, height: int) -> StreamCard:
    card = StreamCard("stream-1")
    qtbot.addWidget(card)
    card.show_row(StreamRow(running(1, "Regional South HD")), None, None)
    card.setFixedSize(width, height)
    card.show()
    QApplication.processEvents()
    return card


@pytest.mark.parametrize("width", [COMPACT_WIDTH, 260, 310, 420])
@pytest.mark.parametrize("height", [COMPACT_HEIGHT, 125, 150, 184, FULL_HEIGHT - 1, FULL_HEIGHT, 300])
def test_what_a_card_shows_lies_within_it_and_nothing_on_top_of_another(
    qtbot: QtBot, width: int, height: int
) -> None:
    card = card_of(qtbot, width, height)
    parts = (card.name, card.chip, card.pane.picture, card.pane.meter, card.rate, card.curve, card.next)
    shown = [place_in(card, part) for part in parts if part.isVisible()]
    assert len(shown) >= 6
    for at, rect in enumerate(shown):
        assert card.rect().contains(rect)
        assert not any(rect.intersects(other) for other in shown[at + 1 :])


def test_the_picture_of_a_compact_card_grows_with_its_height(qtbot: QtBot) -> None:
    low, high = card_of(qtbot, 310, COMPACT_HEIGHT), card_of(qtbot, 310, 184)
    assert high.pane.picture.width() > 1.4 * low.pane.picture.width()
    assert place_in(high, high.curve).top() > place_in(high, high.rate).bottom()
