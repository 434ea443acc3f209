"""Legend of the curves: stroke, value at the cursor, mean, lowest and highest of what is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PyQt6.QtCore import QModelIndex, QObject, Qt
from PyQt6.QtGui import QColor, QPainter, QPixmap

from ibe100.models.metrics import Curve
from ibe100.ui.plots.plot_views import BRIDGED_S, Pane, pen
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.themes.sizes import SCALE
from ibe100.ui.themes.tokens import Theme, shown_theme
from ibe100.utils.units import UNKNOWN

SWATCH = (34, 12)
FIGURES = (3, 4, 5, 6)
"""Columns that a narrow legend leaves out: mean, lowest, highest, unit."""


@dataclass(frozen=True, slots=True)
class LegendRow:
    """Row of one curve; figures in the unit of its pane."""

    pane: Pane
    place: int
    name: str
    at_cursor: float
    mean: float
    low: float
    high: float

    @property
    def unit(self) -> str:
        return self.pane.unit


COLUMNS: tuple[Column[LegendRow], ...] = (
    Column("Line", lambda row: ""),
    Column("Curve", lambda row: row.name),
    Column("Cursor", lambda row: figure(row.at_cursor), numeric=True),
    Column("Mean or sum", lambda row: figure(row.mean), numeric=True),
    Column("Lowest", lambda row: figure(row.low), numeric=True),
    Column("Highest", lambda row: figure(row.high), numeric=True),
    Column("Unit", lambda row: row.unit),
)


class LegendModel(KeyedTableModel[LegendRow]):
    """Model of the legend; the first column is the stroke."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, lambda row: (row.pane.title, row.name), parent, font_size=SCALE)
        self._swatches: dict[tuple[Theme, int], QPixmap] = {}

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0 and index.row() < self.rowCount():
            return self._swatch(self.rows()[index.row()].place)
        return super().data(index, role)

    def _swatch(self, place: int) -> QPixmap:
        key = shown_theme(), place
        found = self._swatches.get(key)
        if found is None:
            found = self._swatches[key] = QPixmap(*SWATCH)
            found.fill(QColor(0, 0, 0, 0))
            painter = QPainter(found)
            painter.setPen(pen(place, 2.0))
            painter.drawLine(0, SWATCH[1] // 2, SWATCH[0], SWATCH[1] // 2)
            painter.end()
        return found


def legend_row(pane: Pane, place: int, name: str, curve: Curve, cursor_at: float) -> LegendRow:
    """Row of a curve; for a counter the sum stands in place of the mean."""
    means = [value for value in curve.mean if not math.isnan(value)]
    lows = [value for value in curve.low if not math.isnan(value)]
    highs = [value for value in curve.high if not math.isnan(value)]
    total = sum(means) if means else math.nan
    mean = total if curve.series.kind.counts or not means else total / len(means)
    return LegendRow(
        pane,
        place,
        name,
        at_cursor=value_at(curve, cursor_at) * pane.scale,
        mean=mean * pane.scale,
        low=min(lows, default=math.nan) * pane.scale,
        high=max(highs, default=math.nan) * pane.scale,
    )


def value_at(curve: Curve, at: float) -> float:
    """Value of the point a moment falls into, or of the last one shortly before it; NaN in a gap."""
    if math.isnan(at) or not curve.at:
        return math.nan
    place = math.floor((at - curve.at[0]) / curve.step_s)
    first = place - math.floor(BRIDGED_S / curve.step_s)
    known = (curve.mean[one] for one in range(place, first - 1, -1) if 0 <= one < len(curve.mean))
    return next((value for value in known if not math.isnan(value)), math.nan)


def figure(value: float) -> str:
    """A figure with three decimals below 100, fewer above: always about as wide."""
    if math.isnan(value):
        return UNKNOWN
    decimals = 3 if abs(value) < 100 else 1 if abs(value) < 10_000 else 0
    return f"{value:,.{decimals}f}"
