"""Planned breaks from files: CSV, a JSON list, or XMLTV. docs/schedule.md names the columns."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibe100.models.base import build
from ibe100.models.cues.schedule import BreakPlan, ImportRow
from ibe100.models.errors import ConfigurationError, OperatorError
from ibe100.models.messages import StreamView
from ibe100.services.schedule.times import parse_duration, parse_moment
from ibe100.services.schedule.xmltv import xmltv_rows
from ibe100.services.streams.which_stream import StreamNames

COLUMNS = (
    "ref",
    "stream",
    "title",
    "start",
    "time_zone",
    "every_minutes",
    "until",
    "after",
    "offset",
    "duration",
    "pre_roll",
    "returns",
    "enabled",
)
MOST_BYTES = 8 << 20
MOST_ROWS = 20_000
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as text by column; `error` when it could not be read that far."""

    line: int
    values: Mapping[str, str]
    error: str = ""


def read_rows(path: Path, time_zone: str, streams: StreamNames[StreamView]) -> Iterator[ImportRow]:
    """The plans in a file, each row with its own error. Blocks on the disk.

    Raises ConfigurationError when the file as a whole cannot be read.
    """
    raw = list(_raw_rows(path, time_zone))
    if len(raw) > MOST_ROWS:
        raise ConfigurationError(f"{path.name} has more than {MOST_ROWS} rows: split it")
    lines: dict[str, int] = {}
    for row in raw:
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


def _raw_rows(path: Path, time_zone: str) -> Iterable[RawRow]:
    data = _content(path)
    match path.suffix.lower():
        case ".csv":
            return _csv_rows(_text(data, path.name), path.name)
        case ".json":
            return _json_rows(_text(data, path.name), path.name)
        case ".xml" | ".xmltv":
            return (
                RawRow(line, values, error)
                for line, values, error in xmltv_rows(data, path.name, time_zone or "UTC")
            )
        case other:
            raise ConfigurationError(
                f"{path.name}: {other or 'no suffix'} is none of .csv, .json, .xml, .xmltv"
            )


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise ConfigurationError(f"{path} is no file")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise ConfigurationError(f"{path.name} is longer than {MOST_BYTES >> 20} MiB: split it")
    return data


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name} is no UTF-8 text (byte {error.start}): save it as UTF-8") from None


def _csv_rows(text: str, name: str) -> Iterator[RawRow]:
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
    except csv.Error as error:
        raise ConfigurationError(f"{name}, line {reader.line_num}: {error}") from error
    check_columns(header, name)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            upto = f", to line {reader.line_num}," if reader.line_num > line else ""
            yield RawRow(line, {}, f"what stands here{upto} is no CSV; look at its quotes: {error}")
            continue
        if any(cell.strip() for cell in cells):
            yield _csv_row(line, header, cells)


def _csv_row(line: int, header: list[str], cells: list[str]) -> RawRow:
    if len(cells) > len(header):
        return RawRow(
            line, {}, f"{len(cells)} cells under {len(header)} columns: quote what holds the separator"
        )
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    return RawRow(line, values)


def check_columns(names: Iterable[str], what: str) -> None:
    """Raises ConfigurationError that names the first column that is not known."""
    names = tuple(names)
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or not names:
        wrong = f"column {unknown[0]!r} is not known" if unknown else "there is no header row"
        raise ConfigurationError(f"{what}: {wrong}; columns are: {', '.join(COLUMNS)}")
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{what}: a column is there twice")


def _json_rows(text: str, name: str) -> Iterator[RawRow]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        raise ConfigurationError(f"{name} is no JSON: {error}") from error
    if not isinstance(document, list):
        raise ConfigurationError(f"{name}: a list of objects is expected")
    for number, item in enumerate(document, start=1):
        yield _json_row(number, item)


def _json_row(number: int, item: object) -> RawRow:
    if not isinstance(item, dict):
        return RawRow(number, {}, "an object is expected")
    try:
        check_columns(item, f"item {number}")
    except ConfigurationError as error:
        return RawRow(number, {}, str(error))
    values: dict[str, str] = {}
    for name, value in item.items():
        if isinstance(value, dict | list):
            return RawRow(number, {}, f"{name}: text, a number or true/false is expected")
        if value is not None:
            values[name] = str(value).strip()
    return RawRow(number, values)


def plan_of(
    values: Mapping[str, str], lines: Mapping[str, int], time_zone: str, streams: StreamNames[StreamView]
) -> BreakPlan:
    """The plan that a row says; `lines` are those of the refs above it.

    Raises ConfigurationError, and NotFound or AmbiguousName for its stream.
    """
    known = {name: value for name, value in values.items() if value}
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
    return {"kind": "every", "start": moment, "minutes": every, "until": until}


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
