"""Keys of the break time line."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt

from ibe100.ui.dashboard.break_spans import BreakSpan

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
STEPS_S = {SHIFT: 1.0, CTRL: 10.0, SHIFT | CTRL: 60.0}
ARROWS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
ZOOMS = {Qt.Key.Key_Plus: -1, Qt.Key.Key_Equal: -1, Qt.Key.Key_Minus: 1}
PLACED = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
WORDS = (
    "Drag a planned break to re-time it · double-click to edit or plan · wheel with Ctrl zooms\n"
    "Keys: arrows choose a break · with Shift, Ctrl or both they move it by 1, 10 or 60 s, and Enter sets it "
    "down · Enter edits · + and − zoom"
)


def neighbour(
    planned: Sequence[tuple[int, BreakSpan]], chosen: int | None, by: int
) -> tuple[int, BreakSpan] | None:
    """The next planned break by its time, or the one before; None where there is none at all."""
    if not planned:
        return None
    ordered = sorted(planned, key=lambda found: (found[1].begins, found[0]))
    ids = [span.break_id for _line, span in ordered]
    at = ids.index(chosen) + by if chosen in ids else 0
    return ordered[min(max(at, 0), len(ordered) - 1)]
