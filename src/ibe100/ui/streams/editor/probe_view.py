"""Result of a probe: services to choose from, their PIDs and codecs, SCTE-35 that is already there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import quiet_table
from ibe100.utils.units import format_pid, megabits

if TYPE_CHECKING:
    from ibe100.mpegts.stream_report import StreamInfo, StreamReport


@dataclass(frozen=True, slots=True)
class FoundStream:
    """One elementary stream of one service."""

    service_id: int
    service_name: str
    pid: int
    words: str


COLUMNS: tuple[Column[FoundStream], ...] = (
    Column("Service", lambda row: str(row.service_id), numeric=True),
    Column("Name", lambda row: row.service_name or "no SDT"),
    Column("PID", lambda row: format_pid(row.pid), numeric=True),
    Column("Content", lambda row: row.words),
)


class ProbeView(QWidget):
    """Probe button, findings, and the choice of the service."""

    probe_requested = pyqtSignal()
    service_chosen = pyqtSignal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = push_button("Probe the input", icon_name="magnify-scan")
        self.button.clicked.connect(self.probe_requested)
        self.summary = label("Not probed yet: the command is derived from what is there.", "muted", wrap=True)
        self.existing = label("", "problem", wrap=True)
        self.existing.hide()
        self._model: KeyedTableModel[FoundStream] = KeyedTableModel(
            COLUMNS, lambda row: (row.service_id, row.pid), self
        )
        self.table = quiet_table(self._model, "Services and PIDs found by the probe", stretch=3)
        self.table.clicked.connect(lambda index: self._choose(index.data(TABLE_ROW_ROLE)))
        scaled(self.table.setMinimumHeight, 110)
        head = QHBoxLayout()
        head.addWidget(label("What is in the input", "title"), 1)
        head.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.summary)
        layout.addWidget(self.existing)
        layout.addWidget(self.table, 1)

    def show_busy(self) -> None:
        """Show that a probe is running."""
        self.button.setEnabled(False)
        self.summary.setText("Reading the input for a few seconds …")

    def show_problem(self, words: str) -> None:
        """Show why the input could not be read."""
        self.button.setEnabled(True)
        self.summary.setText(words)
        self.existing.hide()
        self._model.show(())

    def show_report(self, report: StreamReport) -> None:
        """Show what was found."""
        self.button.setEnabled(True)
        rate = f"{megabits(report.bitrate_bps)} Mb/s" if report.bitrate_bps else "bitrate unknown"
        services = "1 service" if len(report.services) == 1 else f"{len(report.services)} services"
        self.summary.setText(
            f"{services} · {rate} · {report.null_fraction:.1%} null packets · "
            + " · ".join([*report.notes, "click a row to choose its service"])
        )
        splice_pids = ", ".join(format_pid(pid) for pid in report.scte35_pids)
        self.existing.setText(f"▲ SCTE-35 is already there on {splice_pids}: choose what happens to it below")
        self.existing.setVisible(bool(splice_pids))
        self._model.show(
            [
                FoundStream(service.service_id, service.name, stream.pid, _words(stream))
                for service in report.services
                for stream in service.streams
            ]
        )

    def _choose(self, row: object) -> None:
        if isinstance(row, FoundStream):
            self.service_chosen.emit(row.service_id)


def _words(stream: StreamInfo) -> str:
    parts = [f"{stream.kind.name.lower()} {stream.codec.name}"]
    if stream.video is not None:
        parts.append(f"{stream.video.width}x{stream.video.height}")
        if stream.video.frame_rate:
            parts.append(f"{float(stream.video.frame_rate):g} fps")
    if stream.gops is not None:
        frame_pts = float(stream.frame_duration_pts or 0)
        parts.append(stream.gops.described(stream.pid, stream.codec.name, frame_pts).words)
    parts.extend(stream.languages)
    return " · ".join(parts)
