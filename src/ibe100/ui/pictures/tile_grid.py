"""Grid of the multiview: the one in which the pictures are largest."""

from __future__ import annotations

from dataclasses import dataclass

PICTURE_SHAPE = 16 / 9


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Columns and rows, all of one size."""

    columns: int
    rows: int


def tile_grid(count: int, width: int, height: int, beside: int, below: int) -> TileGrid:
    """Grid for `count` tiles in `width` x `height` pixels; `beside` and `below` of each are no picture.

    Of grids with pictures of one size the one with the fewest empty places is taken.
    """
    best, best_rank = TileGrid(1, 1), (-1.0, 0)
    for columns in range(1, max(1, count) + 1):
        rows = -(-max(1, count) // columns)
        picture_width = min(width / columns - beside, (height / rows - below) * PICTURE_SHAPE)
        rank = (round(picture_width, 1), -(columns * rows - count))
        if rank > best_rank:
            best, best_rank = TileGrid(columns, rows), rank
    return best
