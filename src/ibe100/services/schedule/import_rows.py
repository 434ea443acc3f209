"""Planned breaks from the rows of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from ibe100.models.base import build
from ibe100.models.cues.recurrence import WEEKDAYS, Weekday
from ibe100.models.cues.schedule import BreakPlan, ImportRow
from ibe100.models.errors import ConfigurationError, OperatorError
from ibe100.models.messages import StreamView
from ibe100.services.schedule.raw_rows import raw_rows
from ibe100.services.schedule.times import decimal_point, parse_duration, parse_moment, zone_of
from ibe100.services.streams.which_stream import StreamNames
from ibe100.utils.long_work import Turns

MOST_ROWS = 20_000
LONGEST_CELL, LONGEST_LIST = 1000, 12_000
RULE_COLUMNS = frozenset({"weekdays", "local_time", "from_date", "until_date", "except_dates"})
_LISTED = re.compile(r"[\s,;]+")
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def read_rows(
    path: Path, time_zone: str, streams: StreamNames[StreamView], turns: Turns
) -> Iterator[ImportRow]:
    """The plans in a file, each row with its own error. Blocks on the disk.

    Raises ConfigurationError when the file as a whole cannot be read, WorkStopped.
    """
    raw = list(turns.each(islice(raw_rows(path, time_zone, turns), MOST_ROWS + 1)))
    if len(raw) > MOST_ROWS:
        raise ConfigurationError(f"{path.name} has more than {MOST_ROWS} rows: split it")
    lines: dict[str, int] = {}
    for row in turns.each(raw):
        try:
            if row.error:
                raise ConfigurationError(row.error)
            plan = plan_of(row.values, lines, time_zone, streams)
            ref = row.values.get("ref", "")
            if ref in lines:
                raise ConfigurationError(f"ref {ref!r} is that of row {lines[ref]} already")
            if ref:
                lines[ref] = row.line
            yield ImportRow(line=row.line, plan=plan)
        except OperatorError as error:
            yield ImportRow(line=row.line, error=str(error))


def plan_of(
    values: Mapping[str, str], lines: Mapping[str, int], time_zone: str, streams: StreamNames[StreamView]
) -> BreakPlan:
    """The plan that a row says; `lines` are those of the refs above it.

    Raises ConfigurationError, and NotFound or AmbiguousName for its stream.
    """
    known = {name: value for name, value in values.items() if value}
    for name, value in known.items():
        longest = LONGEST_LIST if name == "except_dates" else LONGEST_CELL
        if len(value) > longest:
            raise ConfigurationError(f"{name} is longer than {longest} characters")
    plan: dict[str, Any] = {
        "stream_id": streams.find(known.get("stream", "")).stream_id,
        "when": _when(known, lines, known.get("time_zone", time_zone)),
        "duration_s": _seconds(known, "duration"),
    }
    if "title" in known:
        plan["title"] = known["title"]
    if "pre_roll" in known:
        plan["pre_roll_s"] = _seconds(known, "pre_roll")
    if "returns" in known:
        plan["returns"] = known["returns"].lower()
    if "enabled" in known:
        plan["enabled"] = _yes(known["enabled"])
    return build(BreakPlan, plan, "row")


def _when(known: Mapping[str, str], lines: Mapping[str, int], time_zone: str) -> dict[str, Any]:
    every, after, start = known.get("every_minutes"), known.get("after"), known.get("start")
    if not RULE_COLUMNS.isdisjoint(known):
        return _weekly(known, time_zone)
    if (start is None) == (after is None):
        raise ConfigurationError("either start or after is needed, and not both")
    if after is not None:
        if every is not None or "until" in known:
            raise ConfigurationError("every_minutes and until go with start, not with after")
        offset_s = parse_duration(known["offset"]) if "offset" in known else 0.0
        return {"kind": "after", "break_id": _leader(after, lines), "offset_s": offset_s}
    assert start is not None
    if "offset" in known:
        raise ConfigurationError("offset goes with after")
    moment = parse_moment(start, time_zone)
    if every is None:
        if "until" in known:
            raise ConfigurationError("until goes with every_minutes")
        return {"kind": "at", "at": moment}
    until = parse_moment(known["until"], time_zone) if "until" in known else None
    return {"kind": "every", "start": moment, "minutes": decimal_point(every), "until": until}


def _weekly(known: Mapping[str, str], time_zone: str) -> dict[str, Any]:
    """A rule of weekdays. Raises ConfigurationError."""
    for column in ("start", "after", "offset", "every_minutes", "until"):
        if column in known:
            raise ConfigurationError(f"{column} does not go with weekdays and local_time")
    for column in ("weekdays", "local_time"):
        if column not in known:
            raise ConfigurationError(f"{column} is missing: a rule of weekdays needs weekdays and local_time")
    if not time_zone:
        raise ConfigurationError("a rule of weekdays needs a time_zone such as Europe/Berlin")
    zone_of(time_zone)
    rule: dict[str, Any] = {
        "kind": "weekly",
        "weekdays": weekdays_of(known["weekdays"]),
        "local_time": known["local_time"],
        "time_zone": time_zone,
        "first_date": known.get("from_date") or datetime.now(zone_of(time_zone)).date(),
    }
    if "except_dates" in known:
        rule["except_dates"] = tuple(_LISTED.split(known["except_dates"]))
    return {**rule, "last_date": known["until_date"]} if "until_date" in known else rule


def weekdays_of(text: str) -> tuple[Weekday, ...]:
    """Days of `mon-fri`, `sat sun` or `daily`. Raises ConfigurationError."""
    days: list[Weekday] = []
    for part in _LISTED.split(text.strip().lower()):
        first, _, last = part.partition("-")
        if part == "daily":
            days += WEEKDAYS
            continue
        try:
            begin, end = (WEEKDAYS.index(Weekday(name[:3])) for name in (first, last or first))
        except ValueError:
            raise ConfigurationError(f"weekdays {text!r}: write mon-fri, or sat sun, or daily") from None
        days += WEEKDAYS[begin : end + 1] if begin <= end else WEEKDAYS[begin:] + WEEKDAYS[: end + 1]
    return tuple(days)


def _leader(after: str, lines: Mapping[str, int]) -> int:
    if after in lines:
        return -lines[after]
    if after.startswith("#") and after[1:].isascii() and after[1:].isdigit():
        return int(after[1:])
    raise ConfigurationError(
        f"after {after!r} is the ref of no good row above, nor #NUMBER of a planned break"
    )


def _seconds(known: Mapping[str, str], column: str) -> float:
    if column not in known:
        raise ConfigurationError(f"{column} is missing")
    try:
        return parse_duration(known[column])
    except ConfigurationError as error:
        raise ConfigurationError(f"{column}: {error}") from None


def _yes(text: str) -> bool:
    if text.lower() not in (*YES, *NO):
        raise ConfigurationError(f"enabled {text!r} is neither yes nor no")
    return text.lower() in YES
