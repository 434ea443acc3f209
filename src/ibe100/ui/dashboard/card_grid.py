"""Grid of the dashboard's cards: few streams get large cards, many get compact ones."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.ui.themes.sizes import px

FULL_WIDTH, FULL_HEIGHT = 296, 216
"""Smallest size of a card that shows everything, in pixels at 100 %."""
COMPACT_WIDTH, COMPACT_HEIGHT = 232, 98
"""Smallest size of a card that shows the tally, a small picture, the bitrate and what comes next."""
MOST_HEIGHT = 900
SHAPE = 1.7
"""Width to height at which a card reads best."""


@dataclass(frozen=True, slots=True)
class CardGrid:
    """Columns, and the height of each card in pixels."""

    columns: int
    card_height: int


def card_grid(count: int, width: int, height: int, spacing: int) -> CardGrid:
    """The grid in which `count` cards are largest in `width` x `height`; compact cards may be scrolled."""
    full = _largest(count, width, height, spacing, px(FULL_WIDTH), px(FULL_HEIGHT))
    compact = full or _largest(count, width, height, spacing, px(COMPACT_WIDTH), px(COMPACT_HEIGHT))
    return compact or CardGrid(_most_columns(count, width, spacing, px(COMPACT_WIDTH)), px(COMPACT_HEIGHT))


def _most_columns(count: int, width: int, spacing: int, least_width: int) -> int:
    return max(1, min(count, (width + spacing) // (least_width + spacing)))


def _largest(
    count: int, width: int, height: int, spacing: int, least_width: int, least_height: int
) -> CardGrid | None:
    best, best_size = None, 0.0
    for columns in range(1, _most_columns(count, width, spacing, least_width) + 1):
        rows = -(-max(1, count) // columns)
        card_width = (width + spacing) / columns - spacing
        card_height = min((height + spacing) // rows - spacing, px(MOST_HEIGHT))
        if card_height < least_height:
            continue
        # What counts is the largest picture of the right shape that a card holds.
        size = min(card_width, card_height * SHAPE)
        if size > best_size:
            best, best_size = CardGrid(columns, card_height), size
    return best
