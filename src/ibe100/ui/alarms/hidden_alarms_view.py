"""Alarms hidden from the active list: shelved ones, and those that follow from another."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QTableView, QVBoxLayout, QWidget

from ibe100.ui.qt_models.alarm_groups import HiddenAlarm
from ibe100.ui.qt_models.alarm_table import MACHINE, SEVERITY_WORDS, AlarmTableModel, lasted
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.ui.widgets.tally_mark import SEVERITY_TEXT
from ibe100.utils.timecode import format_clock


def why(one: HiddenAlarm) -> str:
    """Reason why an alarm is hidden: who shelved it and why, or which alarm it follows from."""
    alarm = one.alarm
    if not one.is_shelved:
        return f"Follows from: {one.cause}"
    return f"Shelved by {alarm.shelved_by}: {alarm.shelve_reason}"


COLUMNS: tuple[Column[HiddenAlarm], ...] = (
    Column(
        "Priority",
        lambda one: f"{int(one.alarm.severity)} {SEVERITY_WORDS[one.alarm.severity]}",
        colour=lambda one: SEVERITY_TEXT[one.alarm.severity],
    ),
    Column("Stream", lambda one: one.alarm.stream_name or MACHINE),
    Column("Condition", lambda one: one.alarm.title),
    Column("Value", lambda one: one.alarm.value or "–"),
    Column("For", lambda one: lasted(one.alarm), numeric=True),
    Column("Back at (UTC)", lambda one: format_clock(one.alarm.shelved_until), numeric=True),
    Column("Why it is not in the list", why),
)
WIDTHS = {0: 84, 1: 120, 2: 220, 3: 110, 4: 64, 5: 106}
WHY_COLUMN = 6
UNSHELVE_KEYS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete})


class HiddenAlarmsView(QWidget):
    """Table of hidden alarms; `unshelve_requested` with the alarm's id on Delete or Return."""

    unshelve_requested = pyqtSignal(object)
    changed = pyqtSignal()

    def __init__(self, alarms: AlarmTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._alarms = alarms
        self.model: KeyedTableModel[HiddenAlarm] = KeyedTableModel(
            COLUMNS, lambda one: one.alarm.alarm_id, self
        )
        self.table: QTableView = quiet_table(self.model, "Shelved and grouped alarms")
        fit_columns(self.table, WIDTHS, WHY_COLUMN)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self.changed)
        alarms.hidden_changed.connect(self._show)
        self._show()

    def chosen(self) -> HiddenAlarm | None:
        """The selected alarm, or else the first; None unless it is shelved."""
        row = self.table.currentIndex().data(TABLE_ROW_ROLE)
        if row is None:
            row = next(iter(self.model.rows()), None)
        return row if isinstance(row, HiddenAlarm) and row.is_shelved else None

    def unshelve(self) -> None:
        """Request that the selected alarm is unshelved."""
        chosen = self.chosen()
        if chosen is not None:
            self.unshelve_requested.emit(chosen.alarm.alarm_id)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Unshelve the selected alarm on Return and Delete."""
        if event is not None and event.key() in UNSHELVE_KEYS:
            self.unshelve()
            return
        super().keyPressEvent(event)

    def _show(self) -> None:
        self.model.show(self._alarms.hidden_alarms())
        self.changed.emit()
