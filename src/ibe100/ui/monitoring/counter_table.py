"""TR 101 290 counters: errors of the last second, total since start or reset, time of the last."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.models.rights import Act
from ibe100.models.stream_state import Telemetry
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel
from ibe100.ui.widgets.tables import record_table
from ibe100.ui.widgets.tally_mark import SEVERITY_TEXT
from ibe100.ui.words import tr101290
from ibe100.utils.timecode import format_day
from ibe100.utils.units import UNKNOWN

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class CounterRow:
    """Row of one check; None where it is not measured."""

    priority: int
    name: str
    last_second: int | None
    total: int | None
    seen: str
    """Time of the last error, or that the check is not measured."""


def _lit(priority: int, count: int | None) -> Colour:
    return SEVERITY_TEXT[Severity(priority)] if count else Colour.TEXT_MUTED


COLUMNS: tuple[Column[CounterRow], ...] = (
    Column("P", lambda row: str(row.priority), numeric=True),
    Column("No.", lambda row: tr101290.CLAUSES[row.name][0], numeric=True),
    Column("Check", lambda row: row.name),
    Column("Counts", lambda row: tr101290.CLAUSES[row.name][1], colour=lambda _: Colour.TEXT_MUTED),
    Column(
        "1 s",
        lambda row: _count(row.last_second),
        numeric=True,
        colour=lambda row: _lit(row.priority, row.last_second),
    ),
    Column(
        "Total",
        lambda row: _count(row.total),
        numeric=True,
        colour=lambda row: _lit(row.priority, row.total),
    ),
    Column("Last seen (UTC)", lambda row: row.seen, numeric=True),
)


class CounterPanel(QWidget):
    """Table of every check of TR 101 290 that a processor may count; what is not measured says so."""

    reset_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: KeyedTableModel[CounterRow] = KeyedTableModel(COLUMNS, lambda row: row.name, self)
        self.table = record_table(self.model, "TR 101 290 counters", "No check is counted.", stretch=3)
        self.reset = push_button(
            "Reset",
            "Reset the totals of the TR 101 290 counters",
            icon_name="restart",
            hint="Count the totals from zero",
            act=Act.RESET_COUNTERS,
        )
        self.reset.clicked.connect(self.reset_requested)
        self.rules = push_button(
            "Thresholds",
            "Alarm rules: delays, priorities, thresholds",
            icon_name="tune",
            hint="From how many errors a second an alarm is raised, and after how long (Set-up)",
        )
        head = QHBoxLayout()
        hint = "Counted on the output: in the last second, and since the start or the last reset"
        head.addWidget(ElidedLabel(hint, "muted"), 1)
        head.addWidget(self.rules)
        head.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)

    def show_sample(self, sample: Telemetry | None, engine: str) -> None:
        """Show the counters as of now; without a sample the checks have no count."""
        if sample is None:
            self.model.show([CounterRow(p, name, None, None, UNKNOWN) for p, name in tr101290.CHECKS])
            self.reset.setEnabled(False)
            return
        now, since = tr101290.normalised(sample.counters), tr101290.normalised(sample.counters_total)
        blind = tr101290.not_measured_by(engine)
        rows = []
        for priority, name in tr101290.CHECKS:
            key = name.lower()
            last_second = None if key in blind else now.get(key)
            total = None if key in blind else since.get(key)
            is_measured = last_second is not None or total is not None
            seen = _seen(sample.counters_seen_at.get(key)) if is_measured else NOT_MEASURED
            rows.append(CounterRow(priority, name, last_second, total, seen))
        self.model.show(rows)
        self.reset.setEnabled(True)


def _seen(at: float | None) -> str:
    return "never" if at is None else format_day(at)


def _count(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}"
