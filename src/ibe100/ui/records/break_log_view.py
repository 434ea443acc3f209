"""The as-run log by break: its sums, its rows, and what is known of the chosen one."""

from __future__ import annotations

from collections.abc import Iterator

from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtWidgets import QPlainTextEdit, QSplitter, QVBoxLayout, QWidget

from ibe100.models.cues.break_log import AsRunBreak, BreakLog, BreakSums
from ibe100.models.cues.time_zone import local_time
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.themes.sizes import SCALE
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.tables import (
    DATE,
    EVENT_ID,
    READING,
    Widths,
    fit_columns,
    record_table,
    say_nothing,
    text_filter,
)
from ibe100.utils.units import UNKNOWN, counted, event_id_hint, format_event_id

NOTHING = "No break was planned or aired in these days."
SECONDS = "86400.0 s"


def _clock(one: AsRunBreak, at: float | None) -> str:
    """`2026-11-22 15:03:07.0` on the clocks of the channel."""
    if at is None:
        return UNKNOWN
    local = local_time(round(at, 1), one.time_zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 100_000}"


def _seconds(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else f"{seconds:.1f} s"


def _signed(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else f"{round(seconds, 1) + 0.0:+.1f} s"


COLUMNS: tuple[Column[AsRunBreak], ...] = (
    Column(
        "Planned", lambda one: _clock(one, one.planned_at), numeric=True, value=lambda one: one.planned_at
    ),
    Column("Aired", lambda one: _clock(one, one.aired_at), numeric=True, value=lambda one: one.aired_at),
    Column("Stream", lambda one: one.stream_name),
    Column("Break", lambda one: one.title or UNKNOWN),
    Column(
        "Event",
        lambda one: format_event_id(one.splice_event_id),
        numeric=True,
        hint=lambda one: event_id_hint(one.splice_event_id),
    ),
    Column(
        "Outcome",
        lambda one: str(one.outcome),
        colour=lambda one: Colour.ALARM_MAGENTA_TEXT if one.outcome.is_fault else None,
    ),
    Column(
        "Announced", lambda one: _seconds(one.announced_s), numeric=True, value=lambda one: one.announced_s
    ),
    Column("Actual", lambda one: _seconds(one.actual_s), numeric=True, value=lambda one: one.actual_s),
    Column("Over", lambda one: _signed(one.over_s), numeric=True, value=lambda one: one.over_s),
    Column(
        "To IDR",
        lambda one: UNKNOWN if one.idr_offset_ms is None else f"{one.idr_offset_ms:+.0f} ms",
        numeric=True,
        value=lambda one: one.idr_offset_ms,
    ),
    Column("Reason, proof", lambda one: one.reason or one.output_proof or str(one.ending)),
)
WIDTHS: Widths = dict(
    enumerate(
        (
            *(f"{DATE}.0", f"{DATE}.0", 110, 110, EVENT_ID, "RETURN ALONE"),
            *(SECONDS, SECONDS, "+86400.0 s", "+1234 ms", 200),
        )
    )
)


def sum_words(sums: BreakSums) -> str:
    """`41 breaks, 40 of 41 right (97.6 %), actual 1:04:30, over 12.0 s`."""
    if not sums.judged:
        return f"{sums.name}: {counted(sums.breaks, 'break')}, none to be judged yet"
    minutes, seconds = divmod(round(sums.actual_s), 60)
    clock = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    success = f"{(sums.success or 0.0) * 100:.1f} %"
    over = f", over {sums.over_s:.1f} s" if sums.over_s else ""
    short = f", short {sums.short_s:.1f} s" if sums.short_s else ""
    return (
        f"{sums.name}: {counted(sums.breaks, 'break')}, {sums.right} of {sums.judged} right ({success}), "
        f"on air {clock}{over}{short}"
    )


def lines_of(log: BreakLog) -> Iterator[str]:
    """Sums of a log and the reasons of what went wrong, a line each."""
    for title, sums in (("Channels", log.channels), ("Distributors", log.distributors), ("Days", log.days)):
        if len(sums) > 1 or title == "Channels":
            yield title
            yield from (f"  {sum_words(one)}" for one in sums)
    if log.all.reasons:
        yield "Reasons"
    for reason in log.all.reasons:
        yield f"  {reason.count} × {reason.outcome}: {reason.reason or 'no reason is on record'}"


def words_of(one: AsRunBreak) -> str:
    """Say all that is known of a break, a line each."""
    lines = [
        f"{one.stream_name}: {one.title or 'break'}, {one.outcome}",
        f"Planned    {_clock(one, one.planned_at)}  for {_seconds(one.planned_s)}",
        f"Announced  {_seconds(one.announced_s)}",
        f"Aired      {_clock(one, one.aired_at)}  {_signed(one.late_s)} to the plan",
        f"Ended      {_clock(one, one.ended_at)}  {one.ending}",
        f"Actual     {_seconds(one.actual_s)}  {_signed(one.over_s)} to what was promised",
        f"Output     {one.output_proof or UNKNOWN}",
        f"Return     {one.return_proof or 'not watched'}",
    ]
    lines += [f"Asked by   {one.requested_by}"] if one.requested_by else []
    lines += [f"Reason     {one.reason}"] if one.reason else []
    return "\n".join(lines)


class BreakLogView(QWidget):
    """Table of breaks, and below it the chosen one, or the sums while none is chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log: BreakLog | None = None
        self.model: KeyedTableModel[AsRunBreak] = KeyedTableModel(COLUMNS, _key, self, font_size=SCALE)
        self.rows = text_filter(self.model, self)
        self.table = record_table(self.rows, "As-run log by break", READING)
        fit_columns(self.table, WIDTHS, len(WIDTHS) - 1)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName("Sums of the log, or the chosen break")
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.table)
        splitter.addWidget(self.text)
        splitter.setSizes([300, 200])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._show_chosen)

    def show_log(self, log: BreakLog) -> None:
        """Show other breaks; none of them is chosen."""
        self.log = log
        say_nothing(self.table, NOTHING)
        self.model.replace(log.rows)
        self._show_chosen(QModelIndex())

    def _show_chosen(self, index: QModelIndex) -> None:
        one = index.data(TABLE_ROW_ROLE)
        if isinstance(one, AsRunBreak):
            self.text.setPlainText(words_of(one))
        elif self.log is not None:
            self.text.setPlainText("\n".join(lines_of(self.log)))


def _key(one: AsRunBreak) -> tuple[object, ...]:
    return one.stream_id, one.out_cue_id, one.in_cue_id, one.break_id, one.at
