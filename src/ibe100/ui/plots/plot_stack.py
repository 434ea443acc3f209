"""Panes of curves above a lane of events. Imports pyqtgraph: to be imported when it is first shown."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent

from ibe100.models.metrics import Curve
from ibe100.models.stream_event import StreamEvent
from ibe100.ui.plots.event_lane import EventLane
from ibe100.ui.plots.plot_views import BRIDGED_S, Pane, pen
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, px, scaled, type_px
from ibe100.ui.themes.tokens import Colour, shade

LEFT_AXIS_WIDTH = 68
LEAST_SPAN_S = 10.0
FAINT = 90
"""Alpha of the lowest and highest curve beside a mean."""
PAN, ZOOM = 0.2, 0.6
STRONG_PX = 2.5


class PlotStack(pg.GraphicsLayoutWidget):  # type: ignore[misc]
    """Curves zoomed by wheel, drag and keys; `range_chosen` with the range, `cursor_moved` with the time."""

    range_chosen = pyqtSignal(float, float)
    cursor_moved = pyqtSignal(float)
    home_requested = pyqtSignal()

    def __init__(self) -> None:
        # Before Qt's own constructor: it may tell of a palette already.
        self.plots: list[pg.PlotItem] = []
        self._cursors: list[pg.InfiniteLine] = []
        self._events: tuple[StreamEvent, ...] = ()
        self._lane: EventLane | None = None
        self._panes: tuple[Pane, ...] = ()
        self._setting = False
        self._lines: dict[tuple[str, int], pg.PlotDataItem] = {}
        """Drawn curves, by title of the pane and place within it."""
        self._marked: tuple[str, int] | None = None
        self.cursor_at = math.nan
        super().__init__()
        self.setBackground(shade(Colour.FIELD))
        self.setAccessibleName("Curves over time")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        scaled(self.ci.layout.setContentsMargins, 4, 4, 8, 4)
        scaled(self.ci.layout.setVerticalSpacing, 4)
        self.scene().sigMouseMoved.connect(self._mouse_moved)

    def show_panes(
        self, panes: Sequence[tuple[Pane, Sequence[Curve]]], begins_at: float, ends_at: float
    ) -> None:
        """Draw everything anew over a range."""
        if tuple(pane for pane, _ in panes) != self._panes:
            self._build(tuple(pane for pane, _ in panes))
        self._setting = True
        self._lines.clear()
        for plot, (pane, curves) in zip(self.plots, panes, strict=False):
            plot.clearPlots()
            for place, curve in enumerate(curves):
                line = _draw(plot, pane, curve, place, with_band=len(curves) <= 4)
                self._lines[pane.title, place] = line
            plot.enableAutoRange(axis="y")
            if curves and all(curve.series.kind.counts for curve in curves):
                plot.setLimits(yMin=0, minYRange=1)
        for plot in self.plots:
            plot.setXRange(begins_at, ends_at, padding=0)
        self._setting = False
        if self._marked is not None:
            self.mark(self._marked)

    def mark(self, chosen: tuple[str, int] | None) -> None:
        """Emphasise one curve, by title of its pane and place; None: all are alike again."""
        self._marked = chosen
        for (title, place), line in self._lines.items():
            if (title, place) == chosen:
                strong = pen(place, STRONG_PX)
                strong.setStyle(Qt.PenStyle.SolidLine)
                line.setPen(strong)
                line.setZValue(1)
            else:
                plain = pen(place)
                if chosen is not None and title == chosen[0]:
                    colour = plain.color()
                    colour.setAlpha(FAINT)
                    plain.setColor(colour)
                line.setPen(plain)
                line.setZValue(0)

    def show_events(self, events: Sequence[StreamEvent]) -> None:
        """Show the events in the lane."""
        self._events = tuple(events)
        self._show_marks()

    def visible_range(self) -> tuple[float, float]:
        """Visible range, seconds since the epoch."""
        begins_at, ends_at = self.plots[-1].viewRange()[0]
        return float(begins_at), float(ends_at)

    def set_cursor(self, at: float) -> None:
        """Move the cursor line through all panes."""
        self.cursor_at = at
        for line in self._cursors:
            line.setPos(at)
            line.setVisible(not math.isnan(at))
        self.cursor_moved.emit(at)

    def _build(self, panes: tuple[Pane, ...]) -> None:
        self.clear()
        self._panes = panes
        self.plots, self._cursors = [], []
        for row, pane in enumerate(panes):
            plot = self._add_plot(row)
            plot.setLabel("left", pane.label, **{"font-size": f"{type_px(SCALE)}px"})
            plot.getAxis("bottom").setStyle(showValues=False)
            plot.showGrid(x=True, y=True, alpha=0.18)
            plot.setMouseEnabled(x=True, y=False)
        lane = self._add_plot(len(panes))
        self._lane = EventLane(lane)
        self._show_marks()
        for plot in self.plots[:-1]:
            plot.setXLink(lane)
        lane.sigXRangeChanged.connect(self._range_changed)

    def changeEvent(self, event: QEvent | None) -> None:
        """Draw anew in the colours and sizes of another look."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.setBackground(shade(Colour.FIELD))
            for plot in self.plots:
                _colour_axes(plot)
                _size_axes(plot)
            for cursor in self._cursors:
                cursor.setPen(pg.mkPen(shade(Colour.CHOSEN), width=1))
            self._show_marks()
            self.mark(self._marked)

    def _show_marks(self) -> None:
        if self._lane is not None:
            self._lane.show(self._events, time.time())
            self.ci.layout.setRowFixedHeight(len(self._panes), self._lane.height)

    def _add_plot(self, row: int) -> pg.PlotItem:
        axis = pg.DateAxisItem(orientation="bottom", utcOffset=0)
        plot = self.addPlot(row=row, col=0, axisItems={"bottom": axis})
        plot.setMenuEnabled(False)
        plot.hideButtons()
        for side in ("left", "bottom"):
            item = plot.getAxis(side)
            item.enableAutoSIPrefix(False)
        _colour_axes(plot)
        _size_axes(plot)
        cursor = pg.InfiniteLine(angle=90, pen=pg.mkPen(shade(Colour.CHOSEN), width=1))
        cursor.setVisible(False)
        plot.addItem(cursor, ignoreBounds=True)
        self._cursors.append(cursor)
        self.plots.append(plot)
        return plot

    def _range_changed(self) -> None:
        if not self._setting:
            self.range_chosen.emit(*self.visible_range())

    def _mouse_moved(self, place: QPointF) -> None:
        for plot in self.plots:
            if plot.sceneBoundingRect().contains(place):
                self.set_cursor(float(plot.vb.mapSceneToView(place).x()))
                return

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Pan with the arrows, zoom with + and -, show all with Home, go from event to event with [ and ]."""
        if event is None or not self.plots or not self._take_key(event):
            super().keyPressEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        begins_at, ends_at = self.visible_range()
        span_s = ends_at - begins_at
        match event.key():
            case Qt.Key.Key_Left:
                self._look_at(begins_at - PAN * span_s, ends_at - PAN * span_s)
            case Qt.Key.Key_Right:
                self._look_at(begins_at + PAN * span_s, ends_at + PAN * span_s)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._zoom(ZOOM)
            case Qt.Key.Key_Minus:
                self._zoom(1 / ZOOM)
            case Qt.Key.Key_Home:
                self.home_requested.emit()
            case Qt.Key.Key_BracketLeft | Qt.Key.Key_BracketRight:
                self._go_to_event(forward=event.key() == Qt.Key.Key_BracketRight)
            case _:
                return False
        return True

    def _look_at(self, begins_at: float, ends_at: float) -> None:
        self.plots[-1].setXRange(begins_at, ends_at, padding=0)

    def _zoom(self, factor: float) -> None:
        """Zoom around the cursor where it is in sight, else around the middle."""
        begins_at, ends_at = self.visible_range()
        around = self.cursor_at if begins_at <= self.cursor_at <= ends_at else (begins_at + ends_at) / 2
        if (ends_at - begins_at) * factor >= LEAST_SPAN_S:
            self._look_at(around - (around - begins_at) * factor, around + (ends_at - around) * factor)

    def _go_to_event(self, *, forward: bool) -> None:
        begins_at, ends_at = self.visible_range()
        here = self.cursor_at if not math.isnan(self.cursor_at) else (begins_at if forward else ends_at)
        moments = sorted(event.at for event in self._events)
        ahead = [at for at in moments if (at > here + 1e-3 if forward else at < here - 1e-3)]
        if not ahead:
            return
        self.go_to(ahead[0] if forward else ahead[-1])

    def go_to(self, at: float) -> None:
        """Put the cursor on a moment; in the middle of the range if it was out of sight."""
        begins_at, ends_at = self.visible_range()
        if not begins_at <= at <= ends_at:
            half_s = (ends_at - begins_at) / 2
            self._look_at(at - half_s, at + half_s)
        self.set_cursor(at)


def _size_axes(plot: pg.PlotItem) -> None:
    for side in ("left", "bottom"):
        item = plot.getAxis(side)
        item.setStyle(tickFont=sans(SCALE))
        item.label.setFont(sans(SCALE))
    plot.getAxis("left").setWidth(px(LEFT_AXIS_WIDTH))


def _colour_axes(plot: pg.PlotItem) -> None:
    for side in ("left", "bottom"):
        plot.getAxis(side).setTextPen(shade(Colour.TEXT_SECOND))
        plot.getAxis(side).setPen(shade(Colour.BORDER_STRONG))


def _draw(plot: pg.PlotItem, pane: Pane, curve: Curve, place: int, *, with_band: bool) -> pg.PlotDataItem:
    """Draw the mean of a curve; where a point stands for many samples also, faintly, lowest and highest."""
    present = ~np.isnan(np.asarray(curve.mean))
    at = np.asarray(curve.at)[present] + (curve.step_s / 2 if curve.step_s > 1 else 0)
    joined = np.append(np.diff(at) <= max(BRIDGED_S, 2.0 * curve.step_s), False)
    line = pen(place)
    if with_band and curve.step_s > 1 and not curve.series.kind.counts:
        faint = QColor(line.color())
        faint.setAlpha(FAINT)
        for edge in (curve.low, curve.high):
            plot.plot(
                at, np.asarray(edge)[present] * pane.scale, pen=pg.mkPen(faint, width=1), connect=joined
            )
    means = np.asarray(curve.mean)[present] * pane.scale
    drawn = plot.plot(at, means, pen=line, connect=joined)
    alone = ~joined & ~np.append(False, joined[:-1])
    if alone.any():
        plot.plot(
            at[alone],
            means[alone],
            pen=None,
            symbol="o",
            symbolSize=4,
            symbolPen=None,
            symbolBrush=line.color(),
        )
    return drawn
