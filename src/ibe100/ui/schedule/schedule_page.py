"""Schedule: all planned breaks, with the series that make them and how each ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ibe100.models.cues.schedule import BreakState, ReturnPolicy, ScheduledBreak
from ibe100.models.rights import Act
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.schedule.import_dialog import when_words
from ibe100.ui.themes.sizes import SCALE, px, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.ui.widgets.timers import repeating
from ibe100.utils.timecode import format_countdown, format_day
from ibe100.utils.units import UNKNOWN

TICK_MS = 1000
WIDTHS = {0: 68, 1: 124, 2: 112, 3: 100, 4: 68, 5: 76}
WORDS_COLUMN = 6
STATE_COLOURS = {
    BreakState.ARMED: Colour.TALLY_AMBER_TEXT,
    BreakState.MISSED: Colour.ALARM_MAGENTA_TEXT,
    BreakState.FAILED: Colour.ALARM_MAGENTA_TEXT,
}


RETURN_WORDS = {ReturnPolicy.AUTO: "", ReturnPolicy.BACK_CUE: "ended by a cue"}


class SchedulePage(QWidget):
    """Table of planned breaks, and what can be done with the chosen one."""

    plan_requested = pyqtSignal()
    edit_requested = pyqtSignal(int)
    remove_requested = pyqtSignal(int)
    import_requested = pyqtSignal()
    undo_requested = pyqtSignal()

    def __init__(
        self, streams: StreamListModel, schedule: ScheduleModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._streams, self._schedule = streams, schedule
        self.model: KeyedTableModel[ScheduledBreak] = KeyedTableModel(
            (
                Column("In", _countdown, numeric=True),
                Column("When (UTC)", lambda one: format_day(one.planned_at), numeric=True),
                Column("Stream", lambda one: streams.words(one.stream_id)),
                Column("Title", lambda one: one.title),
                Column("Length s", lambda one: f"{one.duration_s:g}", numeric=True),
                Column("State", _state_words, colour=lambda one: STATE_COLOURS.get(one.state)),
                Column("Notes", self._words, colour=self._colour),
            ),
            lambda one: one.break_id,
            self,
            font_size=SCALE,
        )
        self.table = quiet_table(self.model, "Planned breaks")
        fit_columns(self.table, WIDTHS, WORDS_COLUMN)
        self.table.activated.connect(self._activated)
        self.with_past = QCheckBox("past ones too")
        self.with_past.setAccessibleName("Show breaks that are over")
        self.with_past.toggled.connect(self._read)
        self.plan_button = _button("Plan a break", "calendar-plus")
        self.edit_button = _button("Edit", "pencil")
        self.remove_button = _button("Remove", "calendar-remove-outline")
        self.import_button = _button("Import", "import")
        self.undo_button = _button("Undo", "undo")
        self.empty = label(
            "No breaks are planned. Plan one, import a list, or double-click the break time line.", "muted"
        )
        self._lay_out()
        self._connect()
        self._read()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.with_past)
        head.addStretch(1)
        for button in (self.undo_button, self.remove_button, self.edit_button):
            head.addWidget(button)
        head.addSpacing(px(8))
        for button in (self.import_button, self.plan_button):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        layout.addLayout(head)
        layout.addWidget(self.empty)
        layout.addWidget(self.table, 1)

    def _connect(self) -> None:
        self.plan_button.clicked.connect(self.plan_requested)
        self.import_button.clicked.connect(self.import_requested)
        self.undo_button.clicked.connect(self.undo_requested)
        self.edit_button.clicked.connect(lambda: self._request(self.edit_requested.emit))
        self.remove_button.clicked.connect(lambda: self._request(self.remove_requested.emit))
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.remove_button.click)
        for signal in (self._schedule.changed, self._schedule.conflicts_changed):
            signal.connect(self._read)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self._refresh)
        self._timer = repeating(self, TICK_MS, self._tick)
        self._timer.start()

    def chosen(self) -> ScheduledBreak | None:
        """The selected break."""
        one = self.table.currentIndex().data(TABLE_ROW_ROLE)
        return one if isinstance(one, ScheduledBreak) else None

    def _read(self) -> None:
        past = self.with_past.isChecked()
        self.model.show([one for one in self._schedule.breaks() if past or not one.state.is_final])
        self.empty.setVisible(self.model.rowCount() == 0)
        self._refresh()

    def _refresh(self) -> None:
        one = self.chosen()
        self.edit_button.setEnabled(one is not None and one.state is BreakState.PLANNED)
        self.remove_button.setEnabled(one is not None and one.state is BreakState.PLANNED)

    def _tick(self) -> None:
        viewport = self.table.viewport()
        if viewport is not None and self.isVisible():
            viewport.update()

    def _activated(self, index: QModelIndex) -> None:
        one = index.data(TABLE_ROW_ROLE)
        if isinstance(one, ScheduledBreak):
            self.edit_requested.emit(one.break_id)

    def _request(self, ask: Callable[[int], object]) -> None:
        one = self.chosen()
        if one is not None:
            ask(one.break_id)

    def _words(self, one: ScheduledBreak) -> str:
        conflict = self._schedule.conflict(one.break_id)
        if conflict:
            return f"▲ {conflict}"
        parts = [one.reason, "" if one.when.kind == "at" else when_words(one.plan), RETURN_WORDS[one.returns]]
        return " · ".join(filter(None, parts))

    def _colour(self, one: ScheduledBreak) -> Colour | None:
        return Colour.ALARM_YELLOW_TEXT if self._schedule.conflict(one.break_id) else Colour.TEXT_SECOND


def _countdown(one: ScheduledBreak) -> str:
    if one.state.is_final or one.planned_at is None or one.planned_at < time.time():
        return UNKNOWN
    return format_countdown(one.planned_at - time.time())


def _state_words(one: ScheduledBreak) -> str:
    if not one.enabled and not one.state.is_final:
        return "OFF"
    return "SERIES" if one.is_series else str(one.state)


def _button(text: str, icon_name: str) -> QPushButton:
    return push_button(text, f"{text}: planned breaks", icon_name=icon_name, act=Act.PLAN_BREAKS)
