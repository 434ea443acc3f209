"""Rows of files of planned breaks as text by column: CSV, JSON, XMLTV. docs/schedule.md names the columns."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ibe100.models.errors import ConfigurationError
from ibe100.services.schedule.xmltv import xmltv_rows
from ibe100.utils.long_work import Turns

COLUMNS = (
    "ref",
    "stream",
    "title",
    "start",
    "time_zone",
    "every_minutes",
    "until",
    "weekdays",
    "local_time",
    "from_date",
    "until_date",
    "except_dates",
    "after",
    "offset",
    "duration",
    "pre_roll",
    "returns",
    "enabled",
)
MOST_BYTES = 8 << 20
LONGEST_LINE = 100_000
MOST_VALUES = 600_000
"""Of JSON: no more than rows with all columns have, by half."""
_SPACE = re.compile(r"[ \t\n\r]*")
_DELIMITERS = (",", ";", "\t")
_NAMED_DELIMITER = re.compile(r'"?sep=([,;\t|])"?', re.IGNORECASE)
"""First line by which Excel is told, and tells, what separates the cells."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as text by column; `error` when it could not be read that far."""

    line: int
    values: Mapping[str, str]
    error: str = ""


def raw_rows(path: Path, time_zone: str, turns: Turns) -> Iterable[RawRow]:
    """The rows of a file, read as they are taken.

    Raises ConfigurationError when it cannot be read as a whole, WorkStopped.
    """
    data = _content(path)
    match path.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            return _csv_rows(_text(data, path.name), path.name)
        case ".json":
            return _json_rows(_text(data, path.name), path.name)
        case ".xml" | ".xmltv":
            return (
                RawRow(line, values, error)
                for line, values, error in xmltv_rows(data, path.name, time_zone or "UTC", turns)
            )
        case other:
            raise ConfigurationError(
                f"{path.name}: {other or 'no suffix'} is none of .csv, .tsv, .txt, .json, .xml, .xmltv"
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
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name} is no UTF-8 text (byte {error.start}): save it as UTF-8") from None


def _csv_rows(text: str, name: str) -> Iterator[RawRow]:
    first = text.partition("\n")[0]
    named = _NAMED_DELIMITER.fullmatch(first.strip("\r\n"))
    delimiter = named[1] if named else max(_DELIMITERS, key=first.count)
    reader = csv.reader(_lines(text, name), delimiter=delimiter, strict=True)
    try:
        if named:
            next(reader)
        header = [cell.strip().lower() for cell in next(reader, [])]
    except csv.Error as error:
        raise ConfigurationError(f"{name}, line {reader.line_num}: {error}") from error
    header = header[: _used(header)]
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


def _lines(text: str, name: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > LONGEST_LINE:
            raise ConfigurationError(f"{name}, line {number} is longer than {LONGEST_LINE} characters")
        yield line


def _csv_row(line: int, header: list[str], cells: list[str]) -> RawRow:
    # Excel writes empty cells where other rows of its sheet have some.
    cells = cells[: max(_used(cells), len(header))]
    if len(cells) > len(header):
        return RawRow(
            line, {}, f"{len(cells)} cells under {len(header)} columns: quote what holds the separator"
        )
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    return RawRow(line, values)


def _used(cells: list[str]) -> int:
    """Number of cells up to the last that is not empty."""
    return max((at for at, cell in enumerate(cells, start=1) if cell.strip()), default=0)


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
    if text.count(",") > MOST_VALUES:
        raise ConfigurationError(f"{name} has more than {MOST_VALUES} values: split it")
    try:
        yield from map(_json_row, itertools.count(1), _json_items(text, name))
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        raise ConfigurationError(f"{name} is no JSON: {error}") from error


def _json_items(text: str, name: str) -> Iterator[object]:
    """Items of a list, one after another: as a whole they would keep the loop waiting.

    Raises ValueError for what is no JSON, ConfigurationError for another value.
    """
    decoder = json.JSONDecoder()
    at = _after_space(text, 0)
    if not text.startswith("[", at):
        decoder.decode(text)
        raise ConfigurationError(f"{name}: a list of objects is expected")
    at = _after_space(text, at + 1)
    if text.startswith("]", at):
        yield from decoder.decode(text)  # refuses what stands behind it
        return
    while True:
        item, at = decoder.raw_decode(text, at)
        yield item
        at = _after_space(text, at)
        if text.startswith("]", at):
            break
        if not text.startswith(",", at):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _after_space(text, at + 1)
    at = _after_space(text, at + 1)
    if at < len(text):
        raise json.JSONDecodeError("Extra data", text, at)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


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
