"""Events of a stream as marks in a lane below the curves: each kind has a shape, a colour and a height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PyQt6.QtCore import Qt

from ibe100.models.alarms.alarm import Severity
from ibe100.models.stream_event import EventKind, StreamEvent
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, px
from ibe100.ui.themes.tokens import Colour, shade

LANES: tuple[EventKind, ...] = (
    EventKind.CHANGE,
    EventKind.RESTART,
    EventKind.ALARM,
    EventKind.CUE,
    EventKind.SESSION,
)
LANE_HEIGHT, AXIS_HEIGHT = 17, 24
LANE_WORDS = {
    EventKind.SESSION: "sessions",
    EventKind.CUE: "cues",
    EventKind.ALARM: "alarms",
    EventKind.RESTART: "restarts",
    EventKind.CHANGE: "changes",
}
SEVERITY_MARK = {
    Severity.CRITICAL: ("d", Colour.ALARM_MAGENTA_TEXT),
    Severity.MAJOR: ("t1", Colour.ALARM_YELLOW_TEXT),
    Severity.MINOR: ("o", Colour.ALARM_CYAN_TEXT),
}
KIND_MARK = {
    EventKind.SESSION: ("s", Colour.TEXT_SECOND),
    EventKind.CUE: ("t", Colour.TEXT),
    EventKind.RESTART: ("x", Colour.TEXT),
    EventKind.CHANGE: ("+", Colour.TEXT_SECOND),
    EventKind.ALARM: ("o", Colour.ALARM_CYAN_TEXT),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Shape, colour and height of one event."""

    symbol: str
    colour: Colour


def mark_of(event: StreamEvent) -> Mark:
    """Mark of an event: alarms as everywhere in the console, other bad events in magenta."""
    if event.severity is not None:
        return Mark(*SEVERITY_MARK[event.severity])
    symbol, colour = KIND_MARK[event.kind]
    return Mark(symbol, Colour.ALARM_MAGENTA_TEXT if event.is_bad else colour)


class EventLane:
    """Marks of one plot item; alarms also show how long they stood."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        plot.setMouseEnabled(x=True, y=False)
        self.height = 0
        self._marks = pg.ScatterPlotItem(pxMode=True)
        self._spans = pg.PlotDataItem(connect="pairs")
        plot.addItem(self._spans)
        plot.addItem(self._marks)

    def show(self, events: Sequence[StreamEvent], now: float) -> None:
        """Draw all marks anew, a lane for each kind there is; `height` in pixels follows."""
        kinds = {event.kind for event in events} | {EventKind.ALARM, EventKind.CUE}
        lanes = [kind for kind in LANES if kind in kinds]
        self.height = px(LANE_HEIGHT * len(lanes) + AXIS_HEIGHT)
        self._plot.setYRange(-0.6, len(lanes) - 0.4, padding=0)
        names = [(place, LANE_WORDS[kind]) for place, kind in enumerate(lanes)]
        axis = self._plot.getAxis("left")
        axis.setStyle(tickFont=sans(SCALE))
        axis.setTicks([names])
        spots = []
        ends: list[float] = []
        heights: list[float] = []
        for event in events:
            mark, height = mark_of(event), lanes.index(event.kind)
            pen = pg.mkPen(shade(mark.colour), width=1.5)
            brush = pg.mkBrush(shade(mark.colour)) if event.is_bad else None
            spots.append(
                {"pos": (event.at, height), "symbol": mark.symbol, "size": px(11), "pen": pen, "brush": brush}
            )
            if event.kind is EventKind.ALARM:
                ends += [event.at, now if event.ends_at is None else event.ends_at]
                heights += [height, height]
        self._marks.setData(spots)
        self._spans.setPen(pg.mkPen(shade(Colour.ALARM_CYAN_TEXT), width=2, style=Qt.PenStyle.DotLine))
        self._spans.setData(ends, heights)
