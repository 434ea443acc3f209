"""Monitoring of the selected stream: PID tree, TR 101 290, curves, events, the live log and the command."""

from __future__ import annotations

import time

from PyQt6.QtCore import QModelIndex, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from ibe100.models.stream_state import VideoPictures
from ibe100.ui.monitoring.counter_table import CounterPanel
from ibe100.ui.monitoring.event_table import EventTable
from ibe100.ui.monitoring.input_cue_table import InputCueTable
from ibe100.ui.monitoring.log_view import LogView
from ibe100.ui.monitoring.metrics_panel import MetricsPanel
from ibe100.ui.monitoring.pid_tree import PidTree
from ibe100.ui.qt_models.log_table import LogTableModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.copy_button import CommandView
from ibe100.ui.widgets.error_lamps import ErrorLamps
from ibe100.ui.widgets.labels import ElidedLabel, set_kind
from ibe100.ui.widgets.tally_mark import NumberBox, TallyChip
from ibe100.ui.words.inputs import switch_words
from ibe100.ui.words.srt import srt_words
from ibe100.ui.words.tr101290 import sums
from ibe100.utils.timecode import format_pts_clock
from ibe100.utils.units import format_pid, megabits

EVENTS_OF_S = 86_400.0
EVENTS_EVERY_MS = 5000


class MonitoringPanel(QWidget):
    """Pages of the selected stream; a sample older than a few seconds is not shown as live."""

    reset_requested = pyqtSignal(str)
    command_wanted = pyqtSignal(str)

    def __init__(
        self,
        streams: StreamListModel,
        log: LogTableModel,
        client: ServiceClient,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._streams, self._client = streams, client
        self._stream_id = ""
        self.number = NumberBox(30)
        self.chip = TallyChip()
        self.name = ElidedLabel("No stream selected", "title")
        self.clock = ElidedLabel("", "small_number")
        self.clock.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.lamps = ErrorLamps()
        self.srt = ElidedLabel("", "muted")
        self.gops = ElidedLabel("", "muted")
        self.pids = PidTree()
        self.counters = CounterPanel()
        self.plots = MetricsPanel(client, self._names, compares=True)
        self.events = EventTable()
        self.input_cues = InputCueTable(client)
        self.log = LogView(log)
        self.command = CommandView()
        self.tabs = QTabWidget()
        self._events_timer = QTimer(self)
        self._events_timer.setInterval(EVENTS_EVERY_MS)
        self._lay_out()
        self.counters.reset_requested.connect(lambda: self.reset_requested.emit(self._stream_id))
        self.events.moment_wanted.connect(self._show_moment)
        self.tabs.currentChanged.connect(self._read_events)
        self._events_timer.timeout.connect(self._read_events)
        self._events_timer.start()
        streams.dataChanged.connect(self._rows_changed)
        streams.rowsRemoved.connect(self._refresh)
        self._refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        scaled(head.setSpacing, 8)
        head.addWidget(self.number)
        head.addWidget(self.chip)
        head.addWidget(self.name, 1)
        head.addWidget(self.clock, 2)
        head.addWidget(self.lamps)
        log_and_command = QSplitter(Qt.Orientation.Vertical)
        log_and_command.setChildrenCollapsible(False)
        log_and_command.addWidget(self.log)
        log_and_command.addWidget(self.command)
        log_and_command.setSizes([300, 90])
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Monitoring")
        bar = self.tabs.tabBar()
        assert bar is not None
        bar.setAccessibleName("What is monitored")
        for widget, title in (
            (self.pids, "Services and PIDs"),
            (self.counters, "TR 101 290"),
            (self.plots, "Plots"),
            (self.events, "Events"),
            (self.input_cues, "Input cues"),
            (log_and_command, "Log and command"),
        ):
            self.tabs.addTab(widget, title)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 8)
        layout.addLayout(head)
        layout.addWidget(self.srt)
        layout.addWidget(self.gops)
        layout.addWidget(self.tabs, 1)

    def show_stream(self, stream_id: str) -> None:
        """Change the stream."""
        if stream_id != self._stream_id:
            self._stream_id = stream_id
            self.log.show_stream(stream_id)
            self.command.show_command("")
            self.plots.show_stream(stream_id)
            self.input_cues.show_stream(stream_id)
            self._refresh()
            self._read_events()
            self.command_wanted.emit(stream_id)

    def show_command(self, stream_id: str, command: str) -> None:
        """Show the command of a stream that does not run."""
        if stream_id == self._stream_id:
            self.command.show_command(command)

    def _show_moment(self, at: float) -> None:
        self.tabs.setCurrentWidget(self.plots)
        self.plots.show_moment(at)

    def _names(self) -> dict[str, str]:
        return {row.stream_id: row.name for row in self._streams.rows()}

    def _read_events(self) -> None:
        """Read the events of the last day while their page is in sight."""
        if not (self.events.isVisible() and self._client.is_bound and self._stream_id):
            return
        stream_id, at = self._stream_id, time.time()
        call = self._client.ask("Events", lambda s: s.stream_events.between(stream_id, at - EVENTS_OF_S, at))
        call.then(
            lambda events: (
                self.events.show_events(events, "the last 24 hours") if stream_id == self._stream_id else None
            )
        )

    def _rows_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        rows = self._streams.rows()[first.row() : last.row() + 1]
        if any(row.stream_id == self._stream_id for row in rows):
            self._refresh()

    def _refresh(self) -> None:
        row = self._streams.row_of(self._stream_id)
        self.number.setVisible(row is not None)
        self.chip.setVisible(row is not None)
        telemetry = None if row is None else row.telemetry
        words, kind = srt_words(telemetry, time.monotonic())
        inputs, kind_of_inputs = switch_words(telemetry)
        if inputs:
            words, kind = "    ".join(filter(None, (inputs, words))), kind_of_inputs
        self.srt.setVisible(bool(words))
        self.srt.setText(words)
        set_kind(self.srt, kind)
        sample = None if row is None else row.fresh()
        gops = () if sample is None else sample.pictures
        self.gops.setText(" · ".join(_words(one, time.monotonic()) for one in gops))
        self.gops.setVisible(bool(gops))
        self.pids.show_sample(sample)
        self.counters.show_sample(sample, "" if row is None else row.view.engine)
        self.lamps.show_sums(sums({} if sample is None else sample.counters))
        if row is None:
            self.name.setText("No stream selected")
            self.clock.setText("")
            return
        self.number.show_number(row.view.number, row.view.tally)
        self.chip.show_tally(row.view.tally, row.state_words)
        self.name.setText(row.name)
        if row.view.command:
            self.command.show_command(row.view.command)
        if sample is None:
            self.clock.setText(row.view.reason or "nothing is measured now")
        else:
            rate, nulls = megabits(sample.bitrate_bps), megabits(sample.null_bps)
            clock = f"PTS {format_pts_clock(sample.pts)}"
            self.clock.setText(f"{rate} Mb/s · null {nulls} Mb/s · {clock}")
            if self.clock.shown_text() != self.clock.text():
                self.clock.setText(f"{rate} Mb/s · {clock}")


def _words(pictures: VideoPictures, now_s: float) -> str:
    """Length and kind of a video's GOPs, and the age of its last picture at which decoding can begin."""
    words = f"video {format_pid(pictures.pid)}: {pictures.words}"
    if pictures.last_s is None:
        return words
    kind = "entry point" if pictures.is_open else "IDR"
    return f"{words}, last {kind} {max(0.0, now_s - pictures.last_s):.1f} s ago"
