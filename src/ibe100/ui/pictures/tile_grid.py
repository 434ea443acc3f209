"""How the tiles of the multiview share a screen: the grid in which their pictures are largest."""

from __future__ import annotations

from dataclasses import dataclass

PICTURE_SHAPE = 16 / 9


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Columns and rows, all of one size."""

    columns: int
    rows: int


def tile_grid(count: int, width: int, height: int, beside: int, below: int) -> TileGrid:
    """For `count` tiles in `width` x `height` pixels, of each `beside` and `below` for what is no picture.

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
