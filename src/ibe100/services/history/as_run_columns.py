"""The columns of exported as-run logs, by cue and by break: for the export, the check of a file, the PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeAlias, TypeVar

from ibe100.models.cues.as_run import AsRunRow
from ibe100.models.cues.break_log import AsRunBreak
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.cues.time_zone import local_time

Row = TypeVar("Row")
Cell: TypeAlias = str | int | float | None
Record: TypeAlias = dict[str, Cell]
"""An exported row: times are UTC with milliseconds, empty where unknown; PTS are 90 kHz ticks mod 2^33."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: its name in the file, the type of its values, where they come from."""

    name: str
    kind: type[str] | type[int] | type[float]
    """Numbers may be None; a text that is not known is empty."""
    value: Callable[[Row], Cell]
    since: int = 1
    """The first layout with this column. Files of each layout are kept as tests: one that was released is
    never changed, a new column has the next number."""


def utc_text(at: float | None) -> str:
    """`2026-11-22T14:03:07.024Z`; empty if unknown."""
    if at is None:
        return ""
    try:
        moment = datetime.fromtimestamp(round(at, 3), UTC)
    except (OverflowError, ValueError, OSError):
        # A refused request may have asked for any time; the rest of the day is to be read all the same.
        return "beyond the calendar"
    return f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"


def _returned(value: Callable[[ReturnReceipt], Cell]) -> Callable[[AsRunRow], Cell]:
    """Value of a receipt at the return feed; nothing where none was watched."""
    return lambda row: None if row.came_back is None else value(row.came_back)


COLUMNS: tuple[Column[AsRunRow], ...] = (
    Column("cue_id", int, lambda row: row.cue.cue_id),
    Column("stream_id", str, lambda row: row.cue.stream_id),
    Column("stream_name", str, lambda row: row.stream_name),
    Column("action", str, lambda row: row.cue.action.value),
    Column("state", str, lambda row: row.cue.state.value),
    Column("splice_event_id", int, lambda row: row.cue.splice_event_id),
    Column("duration_s", float, lambda row: row.cue.duration_s),
    Column("scheduled_at", str, lambda row: utc_text(row.cue.scheduled_at)),
    Column("requested_at", str, lambda row: utc_text(row.cue.requested_at)),
    Column("requested_by", str, lambda row: row.cue.requested_by),
    Column("due_at", str, lambda row: utc_text(row.due_at)),
    Column("sent_at", str, lambda row: utc_text(row.cue.sent_at)),
    Column("seen_at", str, lambda row: utc_text(row.cue.seen_at)),
    Column("aired_at", str, lambda row: utc_text(row.aired_at)),
    Column("lateness_ms", float, lambda row: row.lateness_ms),
    Column("lateness_frames", float, lambda row: row.lateness_frames),
    Column("splice_pts", int, lambda row: row.cue.pts_time),
    Column("seen_pts", int, lambda row: row.cue.seen_pts),
    Column("pre_roll_asked_ms", float, lambda row: row.pre_roll_asked_ms),
    Column("pre_roll_real_ms", float, lambda row: row.cue.pre_roll_ms),
    Column("sent", int, lambda row: row.cue.sent),
    Column("sent_expected", int, lambda row: row.cue.sent_expected),
    Column("seen", int, lambda row: row.cue.seen),
    Column("receipt", str, lambda row: row.receipt),
    Column("reason", str, lambda row: row.cue.reason),
    Column("section_base64", str, lambda row: row.cue.section_base64),
    Column("return_state", str, _returned(lambda receipt: receipt.state.value), since=2),
    Column("return_seen_at", str, _returned(lambda receipt: utc_text(receipt.seen_at)), since=2),
    Column("return_delay_s", float, _returned(lambda receipt: receipt.delay_s), since=2),
    Column("return_seen", int, _returned(lambda receipt: receipt.seen), since=2),
    Column("return_expected", int, _returned(lambda receipt: receipt.expected), since=2),
    Column("return_pid", int, _returned(lambda receipt: receipt.splice_pid), since=2),
    Column("return_pre_roll_ms", float, _returned(lambda receipt: receipt.pre_roll_ms), since=2),
    Column("return_reason", str, _returned(lambda receipt: receipt.reason), since=2),
    Column("return_base64", str, _returned(lambda receipt: receipt.seen_base64), since=2),
    Column("idr_offset_ms", float, lambda row: row.cue.idr_offset_ms, since=3),
    Column("idr_kind", str, lambda row: row.cue.idr_kind, since=3),
    Column("break_update", int, lambda row: row.cue.break_update, since=3),
)


def _local(one: AsRunBreak, at: float | None) -> str:
    """`2026-11-22T15:03:07.024+01:00` on the clocks of the channel; empty if unknown."""
    return "" if at is None else local_time(round(at, 3), one.time_zone).isoformat(timespec="milliseconds")


BREAK_COLUMNS: tuple[Column[AsRunBreak], ...] = (
    Column("stream_id", str, lambda one: one.stream_id),
    Column("stream_name", str, lambda one: one.stream_name),
    Column("distributor", str, lambda one: one.distributor),
    Column("outcome", str, lambda one: one.outcome.value),
    Column("title", str, lambda one: one.title),
    Column("splice_event_id", int, lambda one: one.splice_event_id),
    Column("break_id", int, lambda one: one.break_id),
    Column("out_cue_id", int, lambda one: one.out_cue_id),
    Column("in_cue_id", int, lambda one: one.in_cue_id),
    Column("planned_at", str, lambda one: utc_text(one.planned_at)),
    Column("planned_s", float, lambda one: one.planned_s),
    Column("announced_s", float, lambda one: one.announced_s),
    Column("aired_at", str, lambda one: utc_text(one.aired_at)),
    Column("aired_local", str, lambda one: _local(one, one.aired_at)),
    Column("time_zone", str, lambda one: one.time_zone),
    Column("late_s", float, lambda one: one.late_s),
    Column("ended_at", str, lambda one: utc_text(one.ended_at)),
    Column("ending", str, lambda one: one.ending.value),
    Column("actual_s", float, lambda one: one.actual_s),
    Column("over_s", float, lambda one: one.over_s),
    Column("idr_offset_ms", float, lambda one: one.idr_offset_ms),
    Column("output_proof", str, lambda one: one.output_proof),
    Column("return_proof", str, lambda one: one.return_proof),
    Column("requested_by", str, lambda one: one.requested_by),
    Column("reason", str, lambda one: one.reason),
)


def records_of(rows: Iterable[Row], columns: tuple[Column[Row], ...]) -> list[Record]:
    """Rows as they are exported, column by column."""
    return [{one.name: _cell(one, row) for one in columns} for row in rows]


def _cell(column: Column[Row], row: Row) -> Cell:
    value = column.value(row)
    return "" if column.kind is str and value is None else value


def layout_named(names: list[str]) -> dict[str, type[str] | type[int] | type[float]]:
    """The columns of a file whose first line has these names, with the types of their values.

    Raises ValueError for no layout of ours.
    """
    tables = (
        tuple((one.name, one.kind, one.since) for one in COLUMNS),
        tuple((one.name, one.kind, one.since) for one in BREAK_COLUMNS),
    )
    for table in tables:
        for layout in range(max(since for _, _, since in table), 0, -1):
            kinds = {name: kind for name, kind, since in table if since <= layout}
            if list(kinds) == names:
                return kinds
    raise ValueError("its first line does not name the columns")
