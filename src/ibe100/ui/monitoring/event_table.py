"""Events of a stream as a list, the newest first."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex, pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from ibe100.models.stream_event import StreamEvent
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.themes.sizes import SCALE, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.labels import ElidedLabel
from ibe100.ui.widgets.tables import DATE, Widths, fit_columns, record_table
from ibe100.ui.widgets.tally_mark import SEVERITY_TEXT
from ibe100.utils.timecode import format_date, format_span
from ibe100.utils.units import counted

WIDTHS: Widths = {0: DATE, 1: 78, 2: 76}
Numbered = tuple[int, StreamEvent]


def _kind(event: StreamEvent) -> str:
    return str(event.kind) if event.severity is None else f"{event.kind} {int(event.severity)}"


def _lasted(event: StreamEvent) -> str:
    if event.severity is None:
        return ""
    return format_span((time.time() if event.ends_at is None else event.ends_at) - event.at)


def _colour(event: StreamEvent) -> Colour | None:
    if event.severity is not None:
        return SEVERITY_TEXT[event.severity]
    return Colour.ALARM_MAGENTA_TEXT if event.is_bad else Colour.TEXT_SECOND


COLUMNS: tuple[Column[Numbered], ...] = (
    Column("At (UTC)", lambda pair: format_date(pair[1].at), numeric=True),
    Column("What", lambda pair: _kind(pair[1]), colour=lambda pair: _colour(pair[1])),
    Column("Lasted", lambda pair: _lasted(pair[1]), numeric=True),
    Column("What happened", lambda pair: pair[1].text),
)


class EventTable(QWidget):
    """Table with a line per event; Enter or a double click asks for its moment in the curves."""

    moment_wanted = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: KeyedTableModel[Numbered] = KeyedTableModel(
            COLUMNS, lambda pair: pair[0], self, font_size=SCALE
        )
        self.table = record_table(self.model, "What happened on the stream", "Nothing happened in this time.")
        fit_columns(self.table, WIDTHS, 3)
        self.table.activated.connect(self._activated)
        self.summary = ElidedLabel("", "muted")
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 4, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)

    def _activated(self, index: QModelIndex) -> None:
        row = index.data(TABLE_ROW_ROLE)
        if row is not None:
            self.moment_wanted.emit(row[1].at)

    def show_events(self, events: Sequence[StreamEvent], words: str) -> None:
        """Show events, given the oldest first; `words` name their range of time."""
        self.model.show([(place, event) for place, event in enumerate(events)][::-1])
        bad = sum(1 for event in events if event.is_bad)
        self.summary.setText(f"{words} · {counted(len(events), 'event')}, {bad} bad")
