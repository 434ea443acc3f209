"""Views of curves that belong together, and the colour and stroke of each curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPen

from ibe100.models.metrics import Curve, Kind, Series
from ibe100.ui.themes.tokens import Theme, shown_theme

BRIDGED_S = 5.0
"""Seconds from which a pause is drawn as a gap, as are two points: analyses come every two seconds."""
MOST_CURVES = 24
"""Curves drawn in one pane at the most."""


@dataclass(frozen=True, slots=True)
class Pane:
    """Pane of curves of one unit above one time axis; `label` stands beside the axis."""

    title: str
    label: str
    kinds: tuple[Kind, ...]
    scale: float
    unit: str


@dataclass(frozen=True, slots=True)
class PlotChoice:
    """Entry of the list of views."""

    title: str
    panes: tuple[Pane, ...]
    of_machine: bool = False
    """True for views of the machine, whichever stream is selected."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kind for pane in self.panes for kind in pane.kinds)


def _bitrates(*kinds: Kind) -> Pane:
    return Pane("Bitrate", "Mb/s", kinds, 1e-6, "Mb/s")


def _errors(title: str, kind: Kind) -> Pane:
    return Pane(title, "errors", (kind,), 1.0, "errors")


CHOICES: tuple[PlotChoice, ...] = (
    PlotChoice(
        "Bitrate and errors",
        (_bitrates(Kind.BITRATE, Kind.NULL_BITRATE), _errors("TR 101 290", Kind.TR_101_290)),
    ),
    PlotChoice("PIDs", (_bitrates(Kind.PID_BITRATE), _errors("Continuity errors", Kind.CONTINUITY_ERRORS))),
    PlotChoice("Services", (_bitrates(Kind.SERVICE_BITRATE),)),
    PlotChoice("Types", (_bitrates(Kind.TYPE_BITRATE),)),
    PlotChoice(
        "PCR",
        (
            Pane("Interval", "interval ms", (Kind.PCR_INTERVAL, Kind.PCR_LONGEST), 1.0, "ms"),
            Pane("Jitter", "jitter µs", (Kind.PCR_JITTER,), 1.0, "µs"),
            Pane("Against the clock", "drift ms", (Kind.PCR_OFFSET,), 1.0, "ms"),
        ),
    ),
    PlotChoice(
        "PTS",
        (
            Pane("Interval", "interval ms", (Kind.PTS_INTERVAL,), 1.0, "ms"),
            Pane("PTS − PCR", "PTS−PCR ms", (Kind.PTS_MINUS_PCR,), 1.0, "ms"),
        ),
    ),
    PlotChoice(
        "SRT",
        (
            Pane("Time", "ms", (Kind.SRT_RTT, Kind.SRT_BUFFER), 1.0, "ms"),
            Pane(
                "Packets", "packets", (Kind.SRT_LOST, Kind.SRT_SENT_AGAIN, Kind.SRT_DROPPED), 1.0, "packets"
            ),
        ),
    ),
    PlotChoice(
        "Processes",
        (
            Pane("CPU", "CPU, %", (Kind.PROCESS_CPU,), 1.0, "% of a core"),
            Pane("Memory", "MB", (Kind.PROCESS_MEMORY,), 1.0, "MB"),
        ),
    ),
    PlotChoice(
        "Machine",
        (
            Pane("CPU and memory", "%", (Kind.MACHINE_CPU, Kind.MACHINE_MEMORY), 1.0, "%"),
            Pane("Network", "Mb/s", (Kind.NETWORK_IN, Kind.NETWORK_OUT), 1e-6, "Mb/s"),
            Pane("Disk free", "GB", (Kind.DISK_FREE,), 1e-3, "GB"),
        ),
        of_machine=True,
    ),
    PlotChoice(
        "Console",
        (
            Pane("Lag", "ms", (Kind.LOOP_LAG, Kind.CLOCK_OFFSET), 1.0, "ms"),
            Pane("Queues", "messages", (Kind.QUEUE_DEPTH, Kind.DROPPED_SAMPLES), 1.0, "messages"),
        ),
        of_machine=True,
    ),
)

# None of them one of the tally's or the alarms'; where colour vision fails, the stroke tells them apart.
ON_DARK: tuple[str, ...] = (
    "#8fb8e0",
    "#d8c08a",
    "#6fbf9f",
    "#c3a2e0",
    "#e3e8ee",
    "#c99a86",
    "#a3b565",
    "#8793a5",
)
ON_LIGHT: tuple[str, ...] = (
    "#1f5c99",
    "#7a5c0a",
    "#0f6b4a",
    "#6a3aa0",
    "#10161d",
    "#8a4128",
    "#4d6108",
    "#4b5866",
)
STROKES: tuple[Qt.PenStyle, ...] = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)


def pen(place: int, width: float = 1.0) -> QPen:
    """Pen of the curve at a place of its pane: neighbours differ in colour and in stroke.

    One pixel wide: anything wider takes twenty times as long to draw when it is dashed.
    """
    colours = ON_LIGHT if shown_theme() is Theme.LIGHT else ON_DARK
    drawn = QPen(QColor(colours[place % len(colours)]), width)
    drawn.setStyle(STROKES[(place + place // len(colours)) % len(STROKES)])
    drawn.setCosmetic(True)
    return drawn


def series_of(choice: PlotChoice, known: Sequence[Series]) -> tuple[Series, ...]:
    """Measured series that a view shows."""
    return tuple(series for series in known if series.kind in choice.kinds)


def curves_of(pane: Pane, curves: Sequence[Curve]) -> list[Curve]:
    """Curves of a pane: counters that stayed at zero only if all did, the largest first if too many."""
    mine = [curve for curve in curves if curve.series.kind in pane.kinds]
    if any(curve.series.kind.counts for curve in mine):
        counted = [curve for curve in mine if any(value > 0 for value in curve.high)]
        mine = counted or mine[:1]
    if len(mine) > MOST_CURVES:
        largest = sorted(mine, key=_largest, reverse=True)[:MOST_CURVES]
        mine = [curve for curve in mine if curve in largest]
    return mine


def _largest(curve: Curve) -> float:
    return max((value for value in curve.high if not math.isnan(value)), default=0.0)
