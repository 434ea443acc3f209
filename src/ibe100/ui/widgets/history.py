"""What is on record: sessions, cues, what operators did."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QAbstractItemModel, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QTableView, QTabWidget, QVBoxLayout, QWidget

from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.ui.formats import date_text, event_id_text, now, span_text
from ibe100.ui.icons import icon
from ibe100.ui.qt_models.cue_list import receipt_words
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.enterprise_theme import SMALL_PX, Colour
from ibe100.ui.widgets.alarm_history import AlarmHistory
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import fit_columns, quiet_table

SESSION_COLUMNS: tuple[Column[SessionRecord], ...] = (
    Column("Session", lambda s: str(s.session_id), numeric=True),
    Column("Started (UTC)", lambda s: date_text(s.started_at), numeric=True),
    Column("Lasted", lambda s: span_text((s.ended_at or now()) - s.started_at), numeric=True),
    Column("Stream", lambda s: s.stream_name),
    Column("Engine", lambda s: s.engine),
    Column("How it ended", lambda s: s.end_reason if s.ended_at is not None else "still running"),
)
CUE_COLUMNS: tuple[Column[Cue], ...] = (
    Column("Asked (UTC)", lambda c: date_text(c.requested_at), numeric=True),
    Column("Stream", lambda c: c.stream_id),
    Column("Action", lambda c: str(c.action)),
    Column("Event", lambda c: event_id_text(c.splice_event_id), numeric=True),
    Column(
        "State",
        lambda c: str(c.state),
        colour=lambda c: Colour.ALARM_MAGENTA if c.state is CueState.FAILED else None,
    ),
    Column("Receipt", receipt_words),
)
AUDIT_COLUMNS: tuple[Column[AuditRecord], ...] = (
    Column("At (UTC)", lambda a: date_text(a.at), numeric=True),
    Column("Who", lambda a: a.who),
    Column("Did", lambda a: a.action),
    Column("To", lambda a: a.subject),
    Column("Detail", lambda a: a.detail),
)

SESSION_WIDTHS = {0: 64, 1: 148, 2: 76, 3: 120, 4: 120}
CUE_WIDTHS = {0: 146, 1: 88, 2: 138, 3: 86, 4: 72}
AUDIT_WIDTHS = {0: 148, 1: 80, 2: 130, 3: 120}


class HistoryPage(QWidget):
    """Read again whenever its tab comes up, and on Refresh."""

    wanted = pyqtSignal()

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.alarms = AlarmHistory(client)
        self.sessions: KeyedTableModel[SessionRecord] = KeyedTableModel(
            SESSION_COLUMNS, lambda s: s.session_id, self, font_px=SMALL_PX
        )
        self.cues: KeyedTableModel[Cue] = KeyedTableModel(
            CUE_COLUMNS, lambda c: c.cue_id, self, font_px=SMALL_PX
        )
        self.audit: KeyedTableModel[tuple[int, AuditRecord]] = KeyedTableModel(
            [_numbered(column) for column in AUDIT_COLUMNS], lambda pair: pair[0], self, font_px=SMALL_PX
        )
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("History")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(_table(self.sessions, "Sessions", SESSION_WIDTHS, 5), "Sessions")
        self.tabs.addTab(_table(self.cues, "Cues", CUE_WIDTHS, 5), "Cues")
        self.tabs.addTab(self.alarms, "Alarms")
        self.tabs.addTab(_table(self.audit, "Audit", AUDIT_WIDTHS, 4), "Audit")
        bar = self.tabs.tabBar()
        assert bar is not None
        bar.setAccessibleName("Kinds of history")
        self.read_at = label("", "muted")
        self.refresh = QPushButton(icon("refresh"), "Refresh")
        self.refresh.setAccessibleName("Read the history again")
        self.refresh.clicked.connect(self.wanted)
        self.wanted.connect(self.alarms.read)
        head = QHBoxLayout()
        head.addWidget(label("On record", "strong"))
        head.addWidget(self.read_at, 1)
        head.addWidget(self.refresh)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(head)
        layout.addWidget(self.tabs, 1)

    def show_records(
        self, records: tuple[Sequence[SessionRecord], Sequence[Cue], Sequence[AuditRecord]]
    ) -> None:
        """Sessions, cues and audit records, newest first."""
        sessions, cues, audit = records
        self.sessions.show(sessions)
        self.cues.show(cues)
        # Audit records have no id of their own: they are numbered from the oldest, which stays.
        self.audit.show([(len(audit) - at, record) for at, record in enumerate(audit)])
        self.read_at.setText(f"as of {date_text(now())} UTC")


def _table(model: QAbstractItemModel, name: str, widths: dict[int, int], stretch: int) -> QTableView:
    table = quiet_table(model, name)
    fit_columns(table, widths, stretch)
    return table


def _numbered(column: Column[AuditRecord]) -> Column[tuple[int, AuditRecord]]:
    return Column(column.title, lambda pair: column.text(pair[1]), numeric=column.numeric)
