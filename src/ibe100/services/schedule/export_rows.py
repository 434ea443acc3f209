"""Exports what is still planned as rows that an import takes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ibe100.models.cues.recurrence import Every, Weekly
from ibe100.models.cues.schedule import After, At, BreakState, ScheduledBreak
from ibe100.models.messages import StreamView
from ibe100.services.schedule.times import format_moment
from ibe100.services.streams.which_stream import StreamNames


def rows_of(breaks: Iterable[ScheduledBreak], streams: StreamNames[StreamView]) -> tuple[dict[str, str], ...]:
    """A row per planned break by the columns of `schedule_import`, leaders before what follows them.

    What a series has made is left out: the series makes it again.
    """
    planned = [one for one in breaks if one.state is BreakState.PLANNED and one.series_id is None]
    planned.sort(key=lambda one: (one.planned_at or 0, one.break_id))
    ids = {one.break_id for one in planned}
    return tuple(row_of(one, ids, streams) for one in planned)


def row_of(one: ScheduledBreak, exported: set[int], streams: StreamNames[StreamView]) -> dict[str, str]:
    """One break by column; one it follows is named by its `ref` where that is among those `exported`."""
    row = {
        "ref": str(one.break_id),
        "stream": streams.reference_to(one.stream_id),
        "title": one.title,
        "duration": _plain(one.duration_s),
        "returns": one.returns.value,
        "enabled": "yes" if one.enabled else "no",
        **_when(one, exported),
    }
    return row if one.pre_roll_s is None else {**row, "pre_roll": _plain(one.pre_roll_s)}


def _when(one: ScheduledBreak, exported: set[int]) -> Mapping[str, str]:
    match one.when:
        case At(at=at):
            return {"start": format_moment(at)}
        case After(break_id=leader, offset_s=offset_s):
            after = str(leader) if leader in exported else f"#{leader}"
            return {"after": after, "offset": _plain(offset_s)}
        case Every(start=start, minutes=minutes, until=until):
            row = {"start": format_moment(start), "every_minutes": repr(minutes)}
            return row if until is None else {**row, "until": format_moment(until)}
        case Weekly() as rule:
            row = {
                "weekdays": " ".join(rule.weekdays),
                "local_time": rule.local_time.isoformat(),
                "time_zone": rule.time_zone,
                "from_date": rule.first_date.isoformat(),
                "except_dates": " ".join(day.isoformat() for day in rule.except_dates),
            }
            return row if rule.last_date is None else {**row, "until_date": rule.last_date.isoformat()}


def _plain(seconds: float) -> str:
    """Without an exponent, which durations do not have in files."""
    return f"{seconds:.6f}".rstrip("0").rstrip(".")
