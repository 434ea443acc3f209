"""TR 101 290 counters: the last second, and the total since the start or the last reset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ibe100.models.alarm import Severity
from ibe100.ui import tr101290
from ibe100.ui.formats import UNKNOWN
from ibe100.ui.icons import icon
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.themes.enterprise_theme import Colour
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import quiet_table
from ibe100.ui.widgets.tally_mark import SEVERITY_FILL


@dataclass(frozen=True, slots=True)
class CounterRow:
    """One check."""

    priority: int
    name: str
    last_second: int | None
    total: int | None


def _lit(priority: int, count: int | None) -> Colour:
    return SEVERITY_FILL[Severity(priority)] if count else Colour.TEXT_MUTED


COLUMNS: tuple[Column[CounterRow], ...] = (
    Column("P", lambda row: str(row.priority), numeric=True),
    Column("Check", lambda row: row.name),
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
)


class CounterPanel(QWidget):
    """Only checks that are measured are listed."""

    reset_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: KeyedTableModel[CounterRow] = KeyedTableModel(COLUMNS, lambda row: row.name, self)
        self.table = quiet_table(self.model, "TR 101 290 counters", stretch=1)
        self.reset = QPushButton(icon("restart"), "Reset")
        self.reset.setAccessibleName("Reset the totals of the TR 101 290 counters")
        self.reset.setToolTip("Count the totals from zero")
        self.reset.clicked.connect(self.reset_requested)
        head = QHBoxLayout()
        head.addWidget(label("TR 101 290", "strong"), 1)
        head.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.table, 1)

    def show_counters(
        self, last_second: Mapping[str, int], total: Mapping[str, int], *, measured: bool
    ) -> None:
        """The counters as of now."""
        now, since = tr101290.normalised(last_second), tr101290.normalised(total)
        known = now.keys() | since.keys()
        self.model.show(
            [
                CounterRow(priority, name, now.get(name.lower()), since.get(name.lower()))
                for priority, name in tr101290.CHECKS
                if name.lower() in known
            ]
        )
        self.reset.setEnabled(measured)


def _count(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}"
