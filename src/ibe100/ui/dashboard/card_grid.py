"""Grid of the dashboard's cards: few streams get large cards, many get compact ones."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.ui.dashboard.card_layout import LEAST, MOST_COMPACT_HEIGHT, picture_width
from ibe100.ui.qt_models.card_order import CardSize
from ibe100.ui.themes.sizes import px

SCROLLED_WIDTH = 1.15
"""Width of cards that are scrolled, in least widths."""
SIZES = (CardSize.LARGE, CardSize.MEDIUM, CardSize.COMPACT)


@dataclass(frozen=True, slots=True)
class CardGrid:
    """Columns, and size and height in pixels of each card."""

    columns: int
    card_height: int
    size: CardSize


def card_grid(
    count: int, width: int, height: int, spacing: int, choice: CardSize = CardSize.AUTO
) -> CardGrid:
    """The grid of the largest cards at which all fit in `width` x `height`, or of the size that is chosen.

    Of one size, the grid with the largest pictures is taken. What does not fit is scrolled.
    """
    count = max(1, count)
    for size in SIZES if choice is CardSize.AUTO else (choice,):
        found = _best(count, width, height, spacing, size)
        if found is not None:
            return found
    size = SIZES[-1] if choice is CardSize.AUTO else choice
    least_width, least_height = (px(length) for length in LEAST[size])
    # They are scrolled in any case: a little wider, so that their names stand whole.
    columns = _most_columns(count, width, spacing, int(least_width * SCROLLED_WIDTH))
    return CardGrid(columns, least_height, size)


def _most_columns(count: int, width: int, spacing: int, least_width: int) -> int:
    return max(1, min(count, (width + spacing) // (least_width + spacing)))


def _best(count: int, width: int, height: int, spacing: int, size: CardSize) -> CardGrid | None:
    least_width, least_height = (px(length) for length in LEAST[size])
    best, best_rank = None, 0.0
    for columns in range(1, _most_columns(count, width, spacing, least_width) + 1):
        rows = -(-count // columns)
        card_width = (width + spacing) // columns - spacing
        card_height = (height + spacing) // rows - spacing
        if size is CardSize.COMPACT:
            card_height = min(card_height, px(MOST_COMPACT_HEIGHT))
        if card_height < least_height or card_width < least_width:
            continue
        # Empty places count against a grid as much as pictures that are smaller by their share.
        rank = picture_width(size, card_width, card_height) * count / (columns * rows)
        if rank > best_rank:
            best, best_rank = CardGrid(columns, card_height, size), rank
    return best
