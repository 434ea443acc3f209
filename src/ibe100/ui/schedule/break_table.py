"""Table of planned breaks, with the series that make them and how each ended."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QTableView

from ibe100.models.cues.schedule import BreakState, ReturnPolicy, ScheduledBreak
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.schedule.import_dialog import when_words
from ibe100.ui.themes.sizes import SCALE
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.tables import DAY, Widths, fit_columns, record_table
from ibe100.utils.timecode import format_countdown, format_day
from ibe100.utils.units import UNKNOWN

WIDTHS: Widths = {0: 68, 1: DAY, 2: 112, 3: 100, 4: 68, 5: 76}
WORDS_COLUMN = 6
STATE_COLOURS = {
    BreakState.ARMED: Colour.TALLY_AMBER_TEXT,
    BreakState.MISSED: Colour.ALARM_MAGENTA_TEXT,
    BreakState.FAILED: Colour.ALARM_MAGENTA_TEXT,
}
RETURN_WORDS = {ReturnPolicy.AUTO: "", ReturnPolicy.BACK_CUE: "ended by a cue"}


def break_table(
    streams: StreamListModel, schedule: ScheduleModel, parent: QObject
) -> tuple[KeyedTableModel[ScheduledBreak], QTableView]:
    """Model and view of planned breaks."""

    def notes(one: ScheduledBreak) -> str:
        conflict = schedule.conflict(one.break_id)
        if conflict:
            return f"⚠ {conflict}"
        parts = [one.reason, "" if one.when.kind == "at" else when_words(one.plan), RETURN_WORDS[one.returns]]
        return " · ".join(filter(None, parts))

    def shade_of(one: ScheduledBreak) -> Colour | None:
        return Colour.TEXT if schedule.conflict(one.break_id) else Colour.TEXT_SECOND

    model: KeyedTableModel[ScheduledBreak] = KeyedTableModel(
        (
            Column("In", _countdown, numeric=True, value=lambda one: one.planned_at),
            Column(
                "When (UTC)",
                lambda one: format_day(one.planned_at),
                numeric=True,
                value=lambda one: one.planned_at,
            ),
            Column("Stream", lambda one: streams.words(one.stream_id)),
            Column("Title", lambda one: one.title),
            Column("Length s", lambda one: f"{one.duration_s:g}", numeric=True),
            Column("State", _state_words, colour=lambda one: STATE_COLOURS.get(one.state)),
            Column("Notes", notes, colour=shade_of),
        ),
        lambda one: one.break_id,
        parent,
        font_size=SCALE,
    )
    table = record_table(model, "Planned breaks", "No break to list.")
    fit_columns(table, WIDTHS, WORDS_COLUMN)
    return model, table


def _countdown(one: ScheduledBreak) -> str:
    if one.state.is_final or one.planned_at is None or one.planned_at < time.time():
        return UNKNOWN
    return format_countdown(one.planned_at - time.time())


def _state_words(one: ScheduledBreak) -> str:
    if not one.enabled and not one.state.is_final:
        return "OFF"
    return "SERIES" if one.is_series else str(one.state)
