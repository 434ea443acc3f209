"""Three figures of a card beside its curve: continuity errors, PCR interval, and SRT or null packets."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QGridLayout, QWidget

from ibe100.models.stream_state import Telemetry
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, on_text_size, scaled
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.ui.words.tr101290 import normalised
from ibe100.utils.units import UNKNOWN, kilobits

WIDEST = "99,999 kb/s"
MOST_SHOWN = 99_999
CONTINUITY = "continuity_count_error"


class CardFacts(QWidget):
    """Rows of a title and a figure, which keep their width whatever they show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        scaled(grid.setHorizontalSpacing, 8)
        grid.setVerticalSpacing(0)
        self.titles = [label(title, "muted") for title in ("CC", "PCR", "Null")]
        self.figures = [label(UNKNOWN, "small_number") for _ in self.titles]
        for row, (title, figure) in enumerate(zip(self.titles, self.figures, strict=True)):
            on_text_size(
                figure,
                lambda f: f.setMinimumWidth(QFontMetrics(sans(SCALE)).horizontalAdvance(WIDEST)),
            )
            figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(title, row, 0)
            grid.addWidget(figure, row, 1)

    def show_sample(self, sample: Telemetry | None) -> None:
        """Show the figures as of now."""
        errors = None if sample is None else normalised(sample.counters_total).get(CONTINUITY)
        third, words, figure = _third(sample)
        self.titles[2].setText(third)
        shown = (_count(errors), _interval(sample), figure)
        hints = (
            "Continuity errors since the stream started or the counters were reset",
            "Longest mean interval between PCRs of a PID",
            words,
        )
        for label_, text, hint in zip(self.figures, shown, hints, strict=True):
            label_.setText(text)
            set_tooltip(label_, hint)
            label_.setAccessibleName(f"{hint}: {text}")
        is_now = sample is not None and bool(normalised(sample.counters).get(CONTINUITY))
        set_kind(self.figures[0], "small_alarm" if is_now else "small_number")


def _count(errors: int | None) -> str:
    if errors is None:
        return UNKNOWN
    return f"{errors:,}" if errors <= MOST_SHOWN else f"{MOST_SHOWN:,}+"


def _interval(sample: Telemetry | None) -> str:
    pids = () if sample is None else sample.pids
    intervals = [pid.pcr_interval_ms for pid in pids if pid.pcr_interval_ms is not None]
    return f"{max(intervals):.0f} ms" if intervals else UNKNOWN


def _third(sample: Telemetry | None) -> tuple[str, str, str]:
    """Title, hint and figure of the third row: round trip where there is an SRT edge, else null packets."""
    if sample is None:
        return "Null", "Null packets", UNKNOWN
    links = [link for link in (sample.srt_output, sample.srt_input) if link is not None]
    if not links:
        return "Null", "Null packets", f"{kilobits(sample.null_bps)} kb/s"
    trips = [link.statistics.rtt_ms for link in links if link.connected and link.statistics is not None]
    return "RTT", "Longest round trip of an SRT edge", f"{max(trips):.0f} ms" if trips else UNKNOWN
