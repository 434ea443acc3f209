"""Schedule: the day on lanes or all breaks as a list, conflicts to settle, details of the chosen break."""

from __future__ import annotations

import time

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ibe100.models.cues.recurrence import DAY_S
from ibe100.models.cues.schedule import BreakState, ScheduledBreak
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.schedule.break_details import BreakDetails
from ibe100.ui.schedule.break_table import break_table
from ibe100.ui.schedule.conflict_list import ConflictList
from ibe100.ui.schedule.day_items import Day, DayItem, ItemKind, items_of_day, said
from ibe100.ui.schedule.day_lanes import DayLanes
from ibe100.ui.schedule.day_strip import DayStrip
from ibe100.ui.schedule.schedule_head import DAY, SPANS, ScheduleHead
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.context_menu import Choice, Entry, add_context_menu
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import copy_choices, select_source_row
from ibe100.ui.widgets.timers import repeating, single_shot
from ibe100.utils.units import counted

TICK_MS, TOGETHER_MS = 1000, 60
LOW_PX = 520
BACK = 0.25
"""Part of the window that lies before now when a day is opened."""
NOTHING_PLANNED = "No breaks are planned. Plan one, import a list, or double-click a lane."
NO_BREAKS = "No breaks on this day."
NOTHING_FOUND = "No break matches the filter."


class SchedulePage(QWidget):
    """Emits what is wanted of a break by its number; `exported` (begin, end, breaks or None for all)."""

    plan_requested = pyqtSignal()
    plan_at_requested = pyqtSignal(str, float)
    edit_requested = pyqtSignal(int)
    remove_requested = pyqtSignal(int)
    moved = pyqtSignal(int, float)
    early_requested = pyqtSignal(int)
    fix_requested = pyqtSignal(object)
    accept_requested = pyqtSignal(object)
    import_requested = pyqtSignal()
    export_requested = pyqtSignal(float, float, object)
    undo_requested = pyqtSignal()

    def __init__(
        self, streams: StreamListModel, schedule: ScheduleModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._streams, self._schedule = streams, schedule
        self._first = 0.0
        self.items: list[DayItem] = []
        self.head = ScheduleHead(streams)
        self.strip = DayStrip()
        self.lanes = DayLanes()
        self.model, self.table = break_table(streams, schedule, self)
        self.empty = label(NOTHING_PLANNED, "muted", wrap=True)
        self.conflicts = ConflictList(streams, schedule)
        self.details = BreakDetails(streams, schedule)
        self._views = QStackedWidget()
        self._soon = single_shot(self, TOGETHER_MS, self._read)
        self._lay_out()
        self._connect()
        self._open_day()
        self._read()

    def _lay_out(self) -> None:
        day = QWidget()
        lanes = QVBoxLayout(day)
        scaled(lanes.setContentsMargins, 0, 0, 0, 0)
        scaled(lanes.setSpacing, 6)
        lanes.addWidget(self.strip)
        lanes.addWidget(self.lanes, 1)
        self._views.addWidget(day)
        self._views.addWidget(self.table)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 6)
        layout.addWidget(self.head)
        layout.addWidget(self.empty)
        layout.addWidget(self._views, 1)
        layout.addWidget(self.conflicts)
        layout.addWidget(self.details)

    def _connect(self) -> None:
        head, lanes = self.head, self.lanes
        head.plan_button.clicked.connect(self.plan_requested)
        head.import_button.clicked.connect(self.import_requested)
        head.undo_button.clicked.connect(self.undo_requested)
        head.export_button.clicked.connect(self._export)
        head.changed.connect(self._read)
        head.day.dateChanged.connect(self._open_day)
        head.span.changed.connect(self._show_window)
        self.strip.window_wanted.connect(self._look_at)
        lanes.window_wanted.connect(self._look_at)
        lanes.zoomed.connect(self._zoom)
        lanes.chosen.connect(self._show_item)
        lanes.moved.connect(self.moved)
        lanes.plan_requested.connect(self.plan_at_requested)
        for place in (lanes, self.details):
            place.edit_requested.connect(self.edit_requested)
            place.remove_requested.connect(self.remove_requested)
        self.details.early_requested.connect(self.early_requested)
        self.conflicts.fix_requested.connect(self.fix_requested)
        self.conflicts.accept_requested.connect(self.accept_requested)
        self.conflicts.drop_requested.connect(self.remove_requested)
        self.conflicts.edit_requested.connect(self.edit_requested)
        self.conflicts.chosen.connect(self.show_break)
        self.table.activated.connect(self._activated)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.table)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self.details.remove_button.click)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self._show_chosen)
        for widget in (lanes, self.table):
            add_context_menu(widget, lambda _place: self._entries())
        for signal in (self._schedule.changed, self._schedule.conflicts_changed, self._streams.rowsRemoved):
            signal.connect(self._read_soon)
        self._timer = repeating(self, TICK_MS, self._tick)
        self._timer.start()

    def chosen(self) -> ScheduledBreak | None:
        """The selected break."""
        if self.head.view.value() == DAY:
            item = self.lanes.current()
            return None if item is None else self._schedule.get(item.break_id)
        one = self.table.currentIndex().data(TABLE_ROW_ROLE)
        return one if isinstance(one, ScheduledBreak) else None

    def show_break(self, break_id: int) -> None:
        """Choose a break, on its day."""
        one = self._schedule.get(break_id)
        if one is None or one.planned_at is None:
            return
        day = self.head.shown()
        if not day.begins <= one.planned_at < day.ends:
            self.head.show_day(day.moved(int((one.planned_at - day.begins) // DAY_S)))
        self.head.stream.setCurrentIndex(0)
        self.head.filter.clear()
        self._read()
        self.lanes.choose(break_id)
        select_source_row(self.table, self.model.row_of(one))

    def _read_soon(self) -> None:
        """Read once for changes that come together, and only where it can be seen."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what changed while it was out of sight."""
        super().showEvent(event)
        self._read()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Leave the lanes some room on a low page."""
        super().resizeEvent(event)
        is_low = self.height() < px(LOW_PX)
        self.details.be_low(is_low)
        self.conflicts.be_low(is_low)

    def _read(self) -> None:
        """Show the breaks as they are planned now."""
        self._soon.stop()
        day, is_day = self.head.shown(), self.head.view.value() == DAY
        self._views.setCurrentIndex(0 if is_day else 1)
        shown = self._read_day(day) if is_day else self._read_list(day)
        words = NOTHING_FOUND if day.is_filtered else NO_BREAKS if is_day else NOTHING_PLANNED
        self.empty.setText(words if self._schedule.breaks() else NOTHING_PLANNED)
        self.empty.setVisible(not shown)
        said = f"{counted(shown, 'break')} {'on this day' if is_day else 'listed'}"
        self.head.summary.setText(f"{said}, filtered" if day.is_filtered else said)
        self.details.read()

    def _read_day(self, day: Day) -> int:
        in_conflict, words = self._schedule.is_to_settle, self._streams.words
        self.items = items_of_day(self._schedule.breaks(), day, time.time(), in_conflict, words)
        rows = [row for row in self._streams.rows() if day.stream_id in ("", row.stream_id)]
        lanes = [(row.stream_id, f"{row.view.number} {row.name}") for row in rows]
        self.strip.show_items(day.begins, self.items, [stream_id for stream_id, _name in lanes])
        self.lanes.show_items(self.items, lanes)
        return len(self.items)

    def _read_list(self, day: Day) -> int:
        past, needle = self.head.with_past.isChecked(), day.text.strip().casefold()
        self.model.show(
            [
                one
                for one in self._schedule.breaks()
                if (past or not one.state.is_final)
                and day.stream_id in ("", one.stream_id)
                and (not needle or needle in said(one, self._streams.words))
            ]
        )
        return self.model.rowCount()

    def _open_day(self) -> None:
        """Show now on today, the first break on another day."""
        day, now = self.head.shown(), time.time()
        is_today = day.begins <= now < day.ends
        self._look_at(now - BACK * self._span_s() if is_today else day.begins + DAY_S / 4)

    def _span_s(self) -> float:
        span_s = self.head.span.value()
        assert isinstance(span_s, float)
        return span_s

    def _look_at(self, first: float) -> None:
        self._first = first
        self._show_window()

    def _show_window(self) -> None:
        day, span_s = self.head.shown(), self._span_s()
        self._first = min(max(self._first, day.begins), day.ends - span_s)
        self.strip.show_window(self._first, span_s)
        self.lanes.show_window(self._first, span_s)

    def _zoom(self, steps: int) -> None:
        spans = [span_s for span_s, _words in SPANS]
        at = spans.index(self._span_s()) + steps
        self.head.span.choose(spans[min(max(at, 0), len(spans) - 1)])

    def _show_item(self, item: DayItem | None) -> None:
        if item is None:
            self.details.show_break(None)
        else:
            made_at = item.begins if item.kind is ItemKind.COMING else None
            self.details.show_break(item.break_id, self.lanes.carried_to(), made_at)

    def _show_chosen(self, index: QModelIndex) -> None:
        one = index.data(TABLE_ROW_ROLE)
        self.details.show_break(one.break_id if isinstance(one, ScheduledBreak) else None)

    def _tick(self) -> None:
        viewport = self.table.viewport()
        if viewport is not None and self.isVisible():
            viewport.update()
            self.details.read()

    def _activated(self, index: QModelIndex) -> None:
        one = index.data(TABLE_ROW_ROLE)
        if isinstance(one, ScheduledBreak):
            self.edit_requested.emit(one.break_id)

    def _export(self) -> None:
        day = self.head.shown()
        shown = {item.break_id for item in self.items} if day.is_filtered else None
        self.export_requested.emit(day.begins, day.ends, shown)

    def _entries(self) -> list[Entry]:
        one = self.chosen()
        plan = Choice("Plan a break …", self.plan_requested.emit)
        copying = [] if self.head.view.value() == DAY else [None, *copy_choices(self.table)]
        if one is None:
            return [plan, *copying]
        why = "" if one.state is BreakState.PLANNED or one.is_series else f"it is {one.state}"
        break_id = one.break_id
        return [
            Choice("Edit …", lambda: self.edit_requested.emit(break_id), why),
            Choice("Take off", lambda: self.remove_requested.emit(break_id), why),
            None,
            plan,
            *copying,
        ]
