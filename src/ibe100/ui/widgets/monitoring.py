"""Monitoring of the selected stream: services and PIDs, TR 101 290, the live log, the command."""

from __future__ import annotations

import time

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.ui.formats import kilobits, megabits, pid_text, pts_text
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.qt_models.log_table import LogTableModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.srt_words import srt_words
from ibe100.ui.themes.enterprise_theme import Colour
from ibe100.ui.widgets.command_view import CommandView
from ibe100.ui.widgets.counter_table import CounterPanel
from ibe100.ui.widgets.labels import ElidedLabel, label, set_kind
from ibe100.ui.widgets.log_view import LogView
from ibe100.ui.widgets.tables import quiet_table
from ibe100.ui.widgets.tally_mark import NumberBox, TallyChip

SERVICE_COLUMNS: tuple[Column[ServiceSample], ...] = (
    Column("Service", lambda s: f"{s.service_id}", numeric=True),
    Column("Name", lambda s: s.name or "no name in the SDT"),
    Column("PMT", lambda s: pid_text(s.pmt_pid), numeric=True),
    Column("PCR", lambda s: pid_text(s.pcr_pid), numeric=True),
    Column("kb/s", lambda s: kilobits(s.bitrate_bps), numeric=True),
)
PID_COLUMNS: tuple[Column[PidSample], ...] = (
    Column("PID", lambda p: pid_text(p.pid), numeric=True),
    Column("What it is", lambda p: p.description + (" · scrambled" if p.scrambled else "")),
    Column("kb/s", lambda p: kilobits(p.bitrate_bps), numeric=True),
    Column(
        "CC errors",
        lambda p: f"{p.discontinuities:,}",
        numeric=True,
        colour=lambda p: Colour.ALARM_MAGENTA if p.discontinuities else Colour.TEXT_MUTED,
    ),
)


class MonitoringPanel(QWidget):
    """Follows the selection; a sample older than a few seconds is not shown as live."""

    reset_requested = pyqtSignal(str)
    command_wanted = pyqtSignal(str)

    def __init__(self, streams: StreamListModel, log: LogTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self._stream_id = ""
        self.number = NumberBox(30)
        self.chip = TallyChip()
        self.name = ElidedLabel("No stream selected", "title")
        self.clock = ElidedLabel("", "small_number")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.srt = ElidedLabel("", "muted")
        self._services: KeyedTableModel[ServiceSample] = KeyedTableModel(
            SERVICE_COLUMNS, lambda s: s.service_id, self
        )
        self._pids: KeyedTableModel[PidSample] = KeyedTableModel(PID_COLUMNS, lambda p: p.pid, self)
        self.services = quiet_table(self._services, "Services on the output", stretch=1)
        self.pids = quiet_table(self._pids, "PIDs on the output", stretch=1)
        self.counters = CounterPanel()
        self.log = LogView(log)
        self.command = CommandView()
        self._lay_out()
        self.counters.reset_requested.connect(lambda: self.reset_requested.emit(self._stream_id))
        streams.dataChanged.connect(self._rows_changed)
        streams.rowsRemoved.connect(self._refresh)
        self._refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.number)
        head.addWidget(self.chip)
        head.addWidget(self.name, 1)
        head.addWidget(self.clock, 2)
        tables = QWidget()
        left = QVBoxLayout(tables)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(4)
        title = label("Services and PIDs on the output", "strong")
        title.setMinimumHeight(self.counters.reset.sizeHint().height())
        left.addWidget(title)
        left.addWidget(self.services)
        left.addWidget(self.pids, 1)
        self.services.setFixedHeight(78)
        upper = _splitter(Qt.Orientation.Horizontal, tables, self.counters)
        upper.setSizes([420, 300])
        lower = _splitter(Qt.Orientation.Vertical, upper, self.log, self.command)
        lower.setSizes([320, 170, 90])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.srt)
        layout.addWidget(lower, 1)

    def show_stream(self, stream_id: str) -> None:
        """Change the stream."""
        if stream_id != self._stream_id:
            self._stream_id = stream_id
            self.log.show_stream(stream_id)
            self.command.show_command("")
            self._refresh()
            self.command_wanted.emit(stream_id)

    def show_command(self, stream_id: str, command: str) -> None:
        """The command of a stream that does not run."""
        if stream_id == self._stream_id:
            self.command.show_command(command)

    def _rows_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        rows = self._streams.rows()[first.row() : last.row() + 1]
        if any(row.stream_id == self._stream_id for row in rows):
            self._refresh()

    def _refresh(self) -> None:
        row = self._streams.row_of(self._stream_id)
        self.number.setVisible(row is not None)
        self.chip.setVisible(row is not None)
        words, kind = srt_words(None if row is None else row.telemetry, time.monotonic())
        self.srt.setVisible(bool(words))
        self.srt.setText(words)
        set_kind(self.srt, kind)
        if row is None:
            self.name.setText("No stream selected")
            self.clock.setText("")
            self._services.show(())
            self._pids.show(())
            self.counters.show_counters({}, {}, measured=False)
            return
        self.number.show_number(row.view.number, row.view.tally)
        self.chip.show_tally(row.view.tally, row.state_words)
        self.name.setText(row.name)
        if row.view.command:
            self.command.show_command(row.view.command)
        self._show_sample(row)

    def _show_sample(self, row: StreamRow) -> None:
        sample = row.fresh()
        if sample is None:
            self.clock.setText(row.view.reason or "nothing is measured now")
            self._services.show(())
            self._pids.show(())
            self.counters.show_counters({}, {}, measured=False)
            return
        rate, nulls = megabits(sample.bitrate_bps), megabits(sample.null_bps)
        self.clock.setText(f"{rate} Mb/s · null {nulls} Mb/s · PTS {pts_text(sample.pts)}")
        self._services.show(sample.services)
        self._pids.show(sample.pids)
        self.counters.show_counters(sample.counters, sample.counters_total, measured=True)


def _splitter(orientation: Qt.Orientation, *parts: QWidget) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    for part in parts:
        splitter.addWidget(part)
    return splitter
