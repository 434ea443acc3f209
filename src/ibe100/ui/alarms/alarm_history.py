"""Alarms on record, filtered by priority, time and words."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ibe100.models.alarms.alarm import Alarm, AlarmFilter, Severity
from ibe100.ui.clips.clip_button import ClipButton
from ibe100.ui.qt_models.alarm_table import MACHINE, SEVERITY_WORDS, STATE_WORDS, lasted
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import SCALE, scaled
from ibe100.ui.widgets.labels import ElidedLabel, set_kind
from ibe100.ui.widgets.tables import CLOCK, DAY, READING, Widths, fit_columns, record_table, say_nothing
from ibe100.ui.widgets.tally_mark import SEVERITY_TEXT
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.timecode import format_clock, format_day
from ibe100.utils.units import counted

TYPING_MS = 250
"""Pause after the last key before the filter is applied, in ms."""
SPANS: tuple[tuple[str, float | None], ...] = (
    ("last hour", 3600.0),
    ("last 24 hours", 86_400.0),
    ("last 7 days", 7 * 86_400.0),
    ("all on record", None),
)
LAST_DAY = 1


def seen_to(alarm: Alarm) -> str:
    """Name and time of the acknowledgement, or how the alarm ended without one."""
    if alarm.acknowledged_at is not None:
        return f"{alarm.acknowledged_by} {format_clock(alarm.acknowledged_at)}"
    if alarm.suppressed_by:
        return f"grouped: {alarm.suppressed_by}"
    return STATE_WORDS[alarm.state]


COLUMNS: tuple[Column[Alarm], ...] = (
    Column(
        "Priority",
        lambda a: f"{int(a.severity)} {SEVERITY_WORDS[a.severity]}",
        colour=lambda a: SEVERITY_TEXT[a.severity],
    ),
    Column("Raised (UTC)", lambda a: format_day(a.raised_at), numeric=True),
    Column("Cleared", lambda a: format_clock(a.cleared_at), numeric=True),
    Column("For", lasted, numeric=True),
    Column("Stream", lambda a: a.stream_name or MACHINE),
    Column("Condition", lambda a: a.title),
    Column("Value", lambda a: a.value or "–"),
    Column("Acknowledged", seen_to),
)
NOTHING = "No alarm was raised in this time."
WIDTHS: Widths = {0: 72, 1: DAY, 2: CLOCK, 3: 62, 4: 96, 6: 110, 7: 104}
CONDITION_COLUMN = 5


class AlarmHistory(QWidget):
    """Reads the alarms when its tab comes to the front and whenever the filter changes."""

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._asked = 0
        self.severity = QComboBox()
        self.severity.setAccessibleName("Priority")
        self.severity.addItem("all priorities", None)
        for severity in Severity:
            self.severity.addItem(f"{int(severity)} {SEVERITY_WORDS[severity]}", severity)
        self.span = QComboBox()
        self.span.setAccessibleName("Time")
        for words, seconds in SPANS:
            self.span.addItem(words, seconds)
        self.span.setCurrentIndex(LAST_DAY)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Stream, condition, value")
        self.words.setAccessibleName("Search the alarms")
        self.words.setClearButtonEnabled(True)
        self.clip = ClipButton(client)
        self.summary = ElidedLabel("", "muted")
        self.model: KeyedTableModel[Alarm] = KeyedTableModel(
            COLUMNS, lambda a: a.alarm_id, self, font_size=SCALE
        )
        self.table = record_table(
            self.model,
            "Alarms on record",
            READING,
            is_filtered=lambda: bool(self.words.text()) or self.severity.currentData() is not None,
        )
        fit_columns(self.table, WIDTHS, CONDITION_COLUMN)
        head = QHBoxLayout()
        head.addWidget(self.span)
        head.addWidget(self.severity)
        head.addWidget(self.words, 1)
        head.addWidget(self.clip)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 8, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)
        self._typing = single_shot(self, TYPING_MS, self.read)
        self.words.textChanged.connect(lambda: self._typing.start())
        for choice in (self.severity, self.span):
            choice.currentIndexChanged.connect(self.read)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Read whenever the tab comes to the front."""
        super().showEvent(event)
        self.read()

    def _chosen(self, index: QModelIndex) -> None:
        alarm = index.data(TABLE_ROW_ROLE)
        self.clip.show_alarm(alarm if isinstance(alarm, Alarm) else None)

    def wanted(self) -> AlarmFilter:
        """The filter as the fields have it."""
        seconds = self.span.currentData()
        return AlarmFilter(
            severity=self.severity.currentData(),
            words=self.words.text(),
            since=None if seconds is None else time.time() - seconds,
        )

    def read(self) -> None:
        """Ask; only the last question asked is shown."""
        if not self._client.is_bound:
            return
        self._asked += 1
        say_nothing(self.table, READING)
        wanted, asked = self.wanted(), self._asked
        call = self._client.ask("Alarm history", lambda s: s.records.alarms.list(wanted))
        call.then(lambda alarms: self._show(alarms, wanted, asked), self._refused)

    def _show(self, alarms: Sequence[Alarm], wanted: AlarmFilter, asked: int) -> None:
        if asked != self._asked:
            return
        say_nothing(self.table, NOTHING)
        self.model.show(alarms)
        more = f"; the newest {wanted.limit} are shown" if len(alarms) >= wanted.limit else ""
        self.summary.setText(f"{counted(len(alarms), 'alarm')}{more}")
        set_kind(self.summary, "muted")

    def _refused(self, words: str) -> None:
        self.summary.setText(f"▲ {words}")
        set_kind(self.summary, "problem")
        say_nothing(self.table, "The alarms could not be read.")
