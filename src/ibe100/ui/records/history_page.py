"""History: sessions, cues, alarms and audit records."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QAbstractItemModel
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.cues.as_run import LoggedStream
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.ui.alarms.alarm_history import AlarmHistory
from ibe100.ui.qt_models.cue_list import receipt_words, state_words
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.records.session_history import SessionHistory
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import SCALE, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.tables import (
    ACTION,
    DATE,
    EVENT_ID,
    READING,
    STATE,
    Widths,
    fit_columns,
    record_table,
    say_nothing,
    text_filter,
)
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.timecode import format_date
from ibe100.utils.units import event_id_hint, format_event_id

if TYPE_CHECKING:
    from ibe100.services.ports import Services

MOST_CUES = 500
NOTHING = {
    "Sessions": "No stream was ever started here.",
    "Cues": "No cue is on record yet.",
    "Audit": "Nothing is on record under audit yet.",
}
"""Words over an empty table, by its name."""
Records = tuple[Sequence[SessionRecord], Sequence[Cue], Sequence[AuditRecord], Sequence[LoggedStream]]
"""Sessions, cues and audit records, the newest first; and the streams that they name by id."""
CUE_COLUMNS: tuple[Column[Cue], ...] = (
    Column("Asked (UTC)", lambda c: format_date(c.requested_at), numeric=True),
    Column("Action", lambda c: str(c.action)),
    Column(
        "Event",
        lambda c: format_event_id(c.splice_event_id),
        numeric=True,
        hint=lambda c: event_id_hint(c.splice_event_id),
    ),
    Column(
        "State",
        state_words,
        colour=lambda c: (
            Colour.ALARM_MAGENTA_TEXT if c.state in (CueState.FAILED, CueState.AIRED_LATE) else None
        ),
    ),
    Column("Receipt", receipt_words),
)
AUDIT_COLUMNS: tuple[Column[AuditRecord], ...] = (
    Column("At (UTC)", lambda a: format_date(a.at), numeric=True),
    Column("Who", lambda a: a.who),
    Column("Did", lambda a: a.action),
    Column("To", lambda a: a.subject),
    Column("Detail", lambda a: a.detail),
)

CUE_WIDTHS: Widths = {0: DATE, 1: 120, 2: ACTION, 3: EVENT_ID, 4: STATE}
AUDIT_WIDTHS: Widths = {0: DATE, 1: 80, 2: ACTION, 3: 120}


class HistoryPage(QWidget):
    """Page of the history, read again whenever it comes to the front, and on Refresh."""

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self.alarms = AlarmHistory(client)
        self.sessions = SessionHistory(client)
        self._names: dict[str, str] = {}
        self._tables = {"Sessions": self.sessions.table}
        stream: Column[Cue] = Column("Stream", lambda c: self._names.get(c.stream_id, c.stream_id))
        self.cues: KeyedTableModel[Cue] = KeyedTableModel(
            (CUE_COLUMNS[0], stream, *CUE_COLUMNS[1:]), lambda c: c.cue_id, self, font_size=SCALE
        )
        self.audit: KeyedTableModel[tuple[int, AuditRecord]] = KeyedTableModel(
            [_numbered(column) for column in AUDIT_COLUMNS], lambda pair: pair[0], self, font_size=SCALE
        )
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter what is listed")
        self.filter.setAccessibleName("Filter the history")
        self.filter.setClearButtonEnabled(True)
        self.refresh = push_button("", "Read the history again", icon_name="refresh")
        self.refresh.clicked.connect(self.read)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("History")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.sessions, "Sessions")
        self.tabs.addTab(self._table(self.cues, "Cues", CUE_WIDTHS, 5), "Cues")
        self.tabs.addTab(self.alarms, "Alarms")
        self.tabs.addTab(self._table(self.audit, "Audit", AUDIT_WIDTHS, 4), "Audit")
        bar = self.tabs.tabBar()
        assert bar is not None
        bar.setAccessibleName("Kinds of history")
        self.filter.textChanged.connect(self.sessions.filter.setFilterFixedString)
        self.refresh.clicked.connect(self.alarms.read)
        # Alarms are found by more than words: they have a filter of their own.
        self.tabs.currentChanged.connect(
            lambda: self.filter.setVisible(self.tabs.currentWidget() is not self.alarms)
        )
        corner = QWidget()
        beside = QHBoxLayout(corner)
        scaled(beside.setContentsMargins, 0, 0, 0, 4)
        beside.addWidget(self.filter)
        beside.addWidget(self.refresh)
        self.tabs.setCornerWidget(corner)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        layout.addWidget(self.tabs, 1)

    def read(self) -> None:
        """Ask for sessions, cues and audit records."""
        if self._client.is_bound:
            self._say(dict.fromkeys(self._tables, READING))
            self._client.ask("History", _read_records).then(self._show_records, self._refused)

    def _refused(self, words: str) -> None:
        self._say(dict.fromkeys(self._tables, "The history could not be read."))
        self._client.refused.emit("History", words)

    def _say(self, words: dict[str, str]) -> None:
        """Say over the tables that are empty why they are."""
        for name, nothing in words.items():
            say_nothing(self._tables[name], nothing)

    def _show_records(self, records: Records) -> None:
        sessions, cues, audit, streams = records
        self._say(NOTHING)
        # A stream that was deleted keeps its name here.
        self._names = {one.stream_id: one.name for one in streams}
        self.sessions.show_sessions(sessions)
        self.cues.show(cues)
        # Audit records have no id of their own: they are numbered from the oldest, which stays.
        said = (
            record.model_copy(update={"subject": self._names.get(record.subject, record.subject)})
            for record in audit
        )
        self.audit.show([(len(audit) - at, record) for at, record in enumerate(said)])
        set_tooltip(self.refresh, f"Read the history again; this is as of {format_date(time.time())} UTC")

    def _table(self, model: QAbstractItemModel, name: str, widths: Widths, stretch: int) -> QTableView:
        filtered = text_filter(model, self)
        self.filter.textChanged.connect(filtered.setFilterFixedString)
        table = record_table(filtered, name, READING)
        fit_columns(table, widths, stretch)
        self._tables[name] = table
        return table


async def _read_records(services: Services) -> Records:
    records = services.records
    # Together: a server on another machine is asked for each.
    return await asyncio.gather(
        records.sessions.list(),
        records.cues.recent(limit=MOST_CUES),
        records.audit.list(),
        services.as_run.streams(),
    )


def _numbered(column: Column[AuditRecord]) -> Column[tuple[int, AuditRecord]]:
    return Column(column.title, lambda pair: column.text(pair[1]), numeric=column.numeric)
