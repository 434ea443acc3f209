"""System view: the machine, the console's own queues, and the load of each stream's processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PyQt6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.ui.window.system_button import clock_words, rate_words
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_bytes

Figure = tuple[str, str]
WIDTH, HEIGHT = 560, 520


def figures(health: MachineHealth) -> Iterator[Figure]:
    """Names and values of figures that concern no single stream."""
    yield "CPU, all cores", f"{health.cpu_percent:.0f} %"
    used, total = format_bytes(health.memory_used_bytes), format_bytes(health.memory_total_bytes)
    yield "Memory in use", f"{used} of {total} ({health.memory_percent:.0f} %)"
    free = f"{format_bytes(health.disk_free_bytes)} of {format_bytes(health.disk_total_bytes)}"
    yield "Disk of the data folder, free", free
    yield "Network in, Mb/s", rate_words(health.network_in_bps)
    yield "Network out, Mb/s", rate_words(health.network_out_bps)
    yield (
        "Last good backup",
        "none yet" if health.last_backup_at is None else format_utc(health.last_backup_at),
    )
    clock = health.clock
    error = "" if clock.error_ms is None else f", estimated error {clock.error_ms:.1f} ms"
    yield "Clock (NTP or PTP)", f"{clock_words(clock)}{error}"
    yield "Console: longest wait of its loop", f"{health.loop_lag_ms:.0f} ms"
    for name, waiting in health.queues.items():
        yield f"Console: waiting for the {name}", f"{waiting}"
    yield "Console: samples dropped since the start", f"{health.dropped}"


class MachineView(QDialog):
    """Dialog that is kept up to date while it is open."""

    def __init__(self, name_of: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("System")
        self.setAccessibleName("System")
        self._name_of = name_of
        self.figures: KeyedTableModel[Figure] = KeyedTableModel(
            (Column("Measured", lambda f: f[0]), Column("Value", lambda f: f[1], numeric=True)),
            lambda f: f[0],
            self,
        )
        self.loads: KeyedTableModel[tuple[str, ...]] = KeyedTableModel(
            (
                Column("Stream", lambda row: row[1]),
                Column("CPU, % of a core", lambda row: row[2], numeric=True),
                Column("Memory", lambda row: row[3], numeric=True),
                Column("Processes", lambda row: row[4], numeric=True),
            ),
            lambda row: row[0],
            self,
        )
        machine = quiet_table(self.figures, "The machine and the console")
        fit_columns(machine, {1: 260}, 0)
        streams = quiet_table(self.loads, "Processes by stream")
        fit_columns(streams, {1: 130, 2: 100, 3: 90}, 0)
        close = push_button("Close")
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 12, 16, 12)
        layout.addWidget(label("The machine and the console", "strong"))
        layout.addWidget(machine, 3)
        layout.addWidget(label("Processes by stream", "strong"))
        layout.addWidget(streams, 2)
        layout.addLayout(row)
        self.resize(px(WIDTH), px(HEIGHT))
        self.finished.connect(self.deleteLater)

    def show_health(self, health: MachineHealth) -> None:
        """Show the newest measurement."""
        self.figures.show(tuple(figures(health)))
        self.loads.show(
            [
                (
                    load.stream_id,
                    self._name_of(load.stream_id),
                    f"{load.cpu_percent:.0f}",
                    format_bytes(load.memory_bytes),
                    f"{load.processes}",
                )
                for load in health.streams
            ]
        )
