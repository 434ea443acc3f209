"""How the dashboard shares its room among cards."""

from __future__ import annotations

import pytest

from ibe100.ui.card_grid import COMPACT_HEIGHT, FULL_HEIGHT, MOST_HEIGHT, card_grid

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
