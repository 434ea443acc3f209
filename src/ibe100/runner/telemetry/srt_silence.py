"""Silence of an SRT peer, and its figures once a second, from statistics that come several times a second.

They are asked for so often that a peer which died without a word is noticed in time; followers of the stream
get one figure a second, as of everything else.
"""

from collections.abc import Mapping

from ibe100.runner.telemetry.pulse import PulseJudge

SILENT_S = 0.4
"""Time without an acknowledgement that is silence: receivers acknowledge a hundred times a second."""
TOLD_S = 0.95
"""Time between two figures that are passed on: just below a second, as the statistics come on the second."""
_RATE = "rate-mbps"


class Acknowledgements:
    """Silence of an output's receiver: it acknowledges nothing. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._heard_at: float | None = None
        self.is_silent = False

    def observe(self, statistics: Mapping[str, object], now: float) -> None:
        """Statistics of the interval that ends now; one in which nothing was sent proves nothing."""
        sent = number(statistics, "send", "interval", "packets")
        acknowledged = number(statistics, "send", "interval", "received-ack-packets")
        if self._heard_at is None or acknowledged > 0 or sent == 0:
            self._heard_at = now
        self.is_silent = now - self._heard_at >= SILENT_S

    def look(self, now: float) -> None:
        """Do nothing: time alone proves nothing, as a processor with nothing to send may be silent."""


class Arrivals:
    """Silence of an input's sender: it sends nothing. A sender in bursts is given time for it."""

    def __init__(self) -> None:
        self._judge = PulseJudge(SILENT_S)
        self._came = False
        self.is_silent = False

    def observe(self, statistics: Mapping[str, object], now: float) -> None:
        """Statistics of the interval that ends now; tsp has none while nothing comes."""
        self._came |= number(statistics, "receive", "interval", "packets") > 0

    def look(self, now: float) -> None:
        """Judge; to be called ten times a second."""
        came, self._came = self._came, False
        if news := self._judge.look(came, now):
            self.is_silent = not news[0]


class Figures:
    """Statistics of parts of a second become those of a second."""

    def __init__(self) -> None:
        self._parts: list[Mapping[str, object]] = []
        self._told_at: float | None = None

    def add(self, statistics: Mapping[str, object], now: float) -> dict[str, object] | None:
        """Add statistics; returns the figures of the last second once a second, None in between."""
        self._parts.append(statistics)
        if self._told_at is None:
            self._told_at = now
        if now - self._told_at < TOLD_S:
            return None
        parts, self._parts, self._told_at = self._parts, [], now
        return _merged(parts)


def number(statistics: Mapping[str, object], group: str, span: str, name: str) -> float:
    """A number of `{group: {span: {name: number}}}`, 0 where there is none."""
    spans = statistics.get(group)
    values = spans.get(span) if isinstance(spans, dict) else None
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, int | float) else 0


def _merged(parts: list[Mapping[str, object]]) -> dict[str, object]:
    """The newest, but intervals summed, and their rates averaged."""
    merged: dict[str, object] = {}
    for group, spans in parts[-1].items():
        merged[group] = spans
        interval = spans.get("interval") if isinstance(spans, dict) else None
        if isinstance(spans, dict) and isinstance(interval, dict):
            sums = {name: sum(number(one, group, "interval", name) for one in parts) for name in interval}
            means = {name: total / len(parts) for name, total in sums.items() if name.endswith(_RATE)}
            merged[group] = spans | {"interval": sums | means}
    return merged
