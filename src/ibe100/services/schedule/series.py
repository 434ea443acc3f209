"""A series makes its breaks one by one: each when it comes near, those of weekdays two days ahead."""

from __future__ import annotations

from ibe100.models.cues.recurrence import Series
from ibe100.models.cues.schedule import BreakState, ScheduledBreak
from ibe100.utils.timecode import format_utc

NEW = -1
"""break_id of a break that is not stored yet."""


def turn(
    series: ScheduledBreak, made: tuple[ScheduledBreak, ...], now: float
) -> tuple[ScheduledBreak | None, ScheduledBreak]:
    """The break to be made, if any, and the series as it is when that one is stored.

    Occurrences that went by while nobody was there are one break, MISSED, that says how many they were.
    """
    assert isinstance(series.when, Series)
    assert series.planned_at is not None
    due = series.planned_at
    if not series.enabled:
        return None, series if due > now else _expects(series, series.when.first_after(now))
    upcoming = series.when.first_after(due)
    if any(one.planned_at == due for one in made):  # stored just before the last console ended
        return None, _expects(series, upcoming)
    one = ScheduledBreak.model_validate(
        {
            **{name: getattr(series, name) for name in ScheduledBreak.model_fields},
            "break_id": NEW,
            "when": {"kind": "at", "at": due},
            "series_id": series.break_id,
            "accepted": "",
        }
    )
    if upcoming is not None and upcoming < now:
        passed = series.when.between(due, now)
        reason = (
            f"{len(passed)} breaks of the series, the last at {format_utc(passed[-1])}, were due while no "
            "console or server was running or the machine slept"
        )
        one = one.model_copy(update={"state": BreakState.MISSED, "reason": reason})
        upcoming = series.when.first_after(passed[-1])
    return one, _expects(series, upcoming)


def _expects(series: ScheduledBreak, due: float | None) -> ScheduledBreak:
    if due is None:
        return series.model_copy(update={"state": BreakState.DONE, "reason": "its last break is planned"})
    return series.model_copy(update={"planned_at": due})
