"""Request of a page of curves, and its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibe100.models.metrics import Curve, Series, Subject
from ibe100.models.stream_event import StreamEvent
from ibe100.ui.plots.plot_views import PlotChoice, series_of

if TYPE_CHECKING:
    from ibe100.services.ports import Services


@dataclass(frozen=True, slots=True)
class PlotRequest:
    """Curves of a view over a range: of one stream, or of several to be compared."""

    stream_ids: tuple[str, ...]
    choice: PlotChoice
    begins_at: float
    ends_at: float
    points: int

    @property
    def compares(self) -> bool:
        """True for several streams: only what each of them has once is shown."""
        return len(self.stream_ids) > 1


@dataclass(frozen=True, slots=True)
class PlotData:
    """Answer to a PlotRequest."""

    request: PlotRequest
    curves: tuple[Curve, ...]
    events: tuple[StreamEvent, ...]
    problem: str
    """Fault of the recording; empty when there is none."""


async def read_plot(services: Services, request: PlotRequest) -> PlotData:
    """Read curves and events. Raises OperatorError when the metrics cannot be read."""
    metrics, begins_at, ends_at = services.metrics, request.begins_at, request.ends_at
    if request.compares:
        kinds = [kind for kind in request.choice.kinds if kind.subject is Subject.STREAM]
        series = tuple(Series(kind) for kind in kinds[:1])
        events: tuple[StreamEvent, ...] = ()
    else:
        (stream_id,) = request.stream_ids
        measured, events = await asyncio.gather(
            metrics.series(stream_id, begins_at, ends_at),
            services.stream_events.between(stream_id, begins_at, ends_at),
        )
        series = series_of(request.choice, measured)
    curves = await metrics.curves(request.stream_ids, series, begins_at, ends_at, request.points)
    return PlotData(request, curves, events, metrics.health().problem)
