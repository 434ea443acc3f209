"""Sessions on record, and the curves and events of the chosen one on one time axis."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from ibe100.models.session import SessionRecord
from ibe100.ui.monitoring.metrics_panel import MetricsPanel
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import SCALE, px, scaled
from ibe100.ui.widgets.tables import DATE, READING, Widths, fit_columns, record_table, text_filter
from ibe100.utils.timecode import format_date, format_span


def _lasted_s(session: SessionRecord) -> float:
    return (session.ended_at or time.time()) - session.started_at


COLUMNS: tuple[Column[SessionRecord], ...] = (
    Column("Session", lambda s: str(s.session_id), numeric=True),
    Column("Started (UTC)", lambda s: format_date(s.started_at), numeric=True),
    Column("Lasted", lambda s: format_span(_lasted_s(s)), numeric=True, value=lambda s: _lasted_s(s)),
    Column("Stream", lambda s: s.stream_name),
    Column("Engine", lambda s: s.engine),
    Column("How it ended", lambda s: s.end_reason if s.ended_at is not None else "still running"),
)
LEAST_TABLE = 78
WIDTHS: Widths = {0: 64, 1: DATE, 2: 76, 3: 120, 4: 176}


class SessionHistory(QWidget):
    """Table of sessions; the newest is chosen until the operator chooses another."""

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: KeyedTableModel[SessionRecord] = KeyedTableModel(
            COLUMNS, lambda s: s.session_id, self, font_size=SCALE
        )
        self.filter = text_filter(self.model, self)
        self.table = record_table(self.filter, "Sessions", READING)
        fit_columns(self.table, WIDTHS, 5)
        self.plots = MetricsPanel(client, dict, whole="whole session")
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.table)
        splitter.addWidget(self.plots)
        scaled(self.table.setMinimumHeight, LEAST_TABLE)
        splitter.setSizes([px(LEAST_TABLE), px(4 * LEAST_TABLE)])
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)

    def show_sessions(self, sessions: Sequence[SessionRecord]) -> None:
        """Show sessions, the newest first."""
        self.model.show(sessions)
        if not self.table.currentIndex().isValid() and self.filter.rowCount():
            self.table.selectRow(0)
        else:
            self._chosen(self.table.currentIndex())

    def _chosen(self, index: QModelIndex) -> None:
        session = index.data(TABLE_ROW_ROLE)
        if not isinstance(session, SessionRecord):
            return
        self.plots.show_range(session.stream_id, session.stream_name, session.started_at, session.ended_at)
