"""Curves and their legend; pyqtgraph is imported when they are first in sight, not before."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPixmap, QResizeEvent
from PyQt6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from ibe100.models.metrics import Curve
from ibe100.models.stream_event import StreamEvent
from ibe100.ui.plots.legend_table import FIGURES, LegendModel, legend_row
from ibe100.ui.plots.plot_request import PlotData
from ibe100.ui.plots.plot_views import Pane, curves_of
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import HEADING, NEAR, SECOND, TIGHT, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.tables import quiet_table

if TYPE_CHECKING:
    from ibe100.ui.plots.plot_stack import PlotStack

LOW = 360
BELOW, BESIDE = 112, 250
NEAR_S = 3.0
"""Seconds from the cursor within which an event is named; also within a hundredth of the range."""
NAMED_EVENTS = 3
TITLE_BAND = 48


def titled(picture: QPixmap, title: str, below: str) -> QPixmap:
    """A picture under a band with its title and what else one has to know who was not there."""
    ratio, band = picture.devicePixelRatioF(), px(TITLE_BAND)
    width = picture.width() / ratio
    whole = QPixmap(picture.width(), picture.height() + round(band * ratio))
    whole.setDevicePixelRatio(ratio)
    whole.fill(shade(Colour.FIELD))
    painter = QPainter(whole)
    room = QRectF(px(NEAR), px(TIGHT), width - 2 * px(NEAR), (band - 2 * px(TIGHT)) / 2)
    for words, font, colour in (
        (title, sans(HEADING, bold=True), Colour.TEXT),
        (below, sans(SECOND), Colour.TEXT_SECOND),
    ):
        painter.setFont(font)
        painter.setPen(shade(colour))
        fitting = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fitting)
        room.translate(0, room.height())
    painter.drawPixmap(QPointF(0, band), picture)
    painter.end()
    return whole


class PlotArea(QWidget):
    """Curves above their legend; in a low window it stands beside them, with values at the cursor only."""

    range_chosen = pyqtSignal(float, float)
    cursor_moved = pyqtSignal(float)
    home_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stack: PlotStack | None = None
        self._panes: list[tuple[Pane, list[Curve]]] = []
        self._data: PlotData | None = None
        self._name_of: Callable[[Curve], str] = lambda curve: curve.series.title
        self.legend_model = LegendModel(self)
        self.legend = quiet_table(self.legend_model, "Curves", stretch=1)
        scaled(self.legend.setMinimumHeight, 76)
        selection = self.legend.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._mark)
        self._is_low: bool | None = None
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)

    def make_ready(self) -> None:
        """Import and build the curves, once, when they come in sight: takes half a second."""
        if self.stack is not None:
            return
        from ibe100.ui.plots.plot_stack import PlotStack

        self.stack = PlotStack()
        self.stack.range_chosen.connect(self.range_chosen)
        self.stack.cursor_moved.connect(self._cursor_moved)
        self.stack.home_requested.connect(self.home_requested)
        self._splitter.insertWidget(0, self.stack)
        self._splitter.setStretchFactor(0, 1)
        self._arrange()

    def show_data(self, data: PlotData, name_of: Callable[[Curve], str]) -> None:
        """Draw an answer; `name_of` tells how a curve is called in the legend."""
        if self.stack is None:
            return
        self._data, self._name_of = data, name_of
        panes = data.request.choice.panes
        shown = panes[:1] if data.request.compares else panes
        self._panes = [(pane, curves_of(pane, data.curves)) for pane in shown]
        self.stack.show_events(data.events)
        self.stack.show_panes(self._panes, data.request.begins_at, data.request.ends_at)
        self._show_legend()

    def show_moment(self, at: float) -> None:
        """Put the cursor on a moment, and scroll there if it is not in sight."""
        if self.stack is not None and self._data is not None:
            self.stack.go_to(at)

    def events_near(self, at: float) -> Sequence[StreamEvent]:
        """Events at the cursor, the nearest first."""
        if self._data is None:
            return ()
        request = self._data.request
        reach_s = max(NEAR_S, (request.ends_at - request.begins_at) / 100)
        near = [event for event in self._data.events if abs(event.at - at) <= reach_s]
        return sorted(near, key=lambda event: abs(event.at - at))[:NAMED_EVENTS]

    def export_png(self, path: Path, title: str, below: str) -> bool:
        """Write the curves and their legend as they are on screen, under a title of two lines."""
        return self.stack is not None and titled(self.grab(), title, below).save(str(path), "PNG")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Put the legend below or beside the curves."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        is_low = self.height() < px(LOW)
        if self.stack is None or is_low == self._is_low:
            return
        self._is_low = is_low
        self._splitter.setOrientation(Qt.Orientation.Horizontal if is_low else Qt.Orientation.Vertical)
        for column in FIGURES:
            self.legend.setColumnHidden(column, is_low)
        self._splitter.setSizes([1000, px(BESIDE if is_low else BELOW)])

    def _mark(self) -> None:
        """Emphasise the curve that is chosen in the legend."""
        selection = self.legend.selectionModel()
        chosen = [] if selection is None else selection.selectedRows()
        row = chosen[0].data(TABLE_ROW_ROLE) if chosen else None
        if self.stack is not None:
            self.stack.mark(None if row is None else (row.pane.title, row.place))

    def _cursor_moved(self, at: float) -> None:
        self._show_legend()
        if not math.isnan(at):
            self.cursor_moved.emit(at)

    def _show_legend(self) -> None:
        at = math.nan if self.stack is None else self.stack.cursor_at
        self.legend_model.show(
            [
                legend_row(pane, place, self._name_of(curve), curve, at)
                for pane, curves in self._panes
                for place, curve in enumerate(curves)
            ]
        )
