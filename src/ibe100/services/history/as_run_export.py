"""An as-run log as a file, and the check of such a file by its digest."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import orjson

from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, DigestCheck
from ibe100.models.errors import ConfigurationError
from ibe100.services.history.as_run import digest_of
from ibe100.services.history.as_run_columns import (
    COLUMNS,
    Cell,
    Column,
    Record,
    layout_named,
    record_of,
    utc_text,
)

SPREADSHEET_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""Beginnings of text that a spreadsheet takes for a formula: it gets an apostrophe in front."""
JSON_STYLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
NOTE = "#"
NOTES = ("# sha256", "# day", "# time_zone", "# begins_at", "# ends_at", "# stream_id")


def export(log: AsRunLog, format: AsRunFormat) -> tuple[bytes, str]:
    """The content of the file, and the digest that it names. Blocks for seconds on a long PDF."""
    records = [record_of(row) for row in log.rows]
    digest = digest_of(records)
    match format:
        case AsRunFormat.CSV:
            return _csv(log, records, digest), digest
        case AsRunFormat.JSON:
            return _json(log, records, digest), digest
        case AsRunFormat.PDF:
            # Imported here: it takes longer than all the rest of a start.
            from ibe100.services.history.as_run_pdf import write_pdf

            return write_pdf(log, records, digest), digest


def verify(content: bytes) -> DigestCheck:
    """Hold the rows of an exported CSV or JSON file against the digest it names.

    Raises ConfigurationError for anything else: the digest of a PDF is compared with that of the log.
    """
    if content.startswith(b"%PDF-"):
        raise ConfigurationError(
            "a PDF cannot be read back: export the same day as JSON and compare the digests"
        )
    try:
        text = content.decode()
        named, records = _read_json(content) if text.lstrip().startswith("{") else _read_csv(text)
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise ConfigurationError(f"this is no as-run log as it was exported ({error})") from error
    return DigestCheck(named=named, computed=digest_of(records), rows=len(records))


def _csv(log: AsRunLog, records: Sequence[Record], digest: str) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(column.name for column in COLUMNS)
    for record in records:
        writer.writerow(_cell(record[column.name]) for column in COLUMNS)
    head = _head(log, digest)
    for name in NOTES:
        writer.writerow((name, _cell(head[name.removeprefix("# ")])))
    return file.getvalue().encode()


def _json(log: AsRunLog, records: Sequence[Record], digest: str) -> bytes:
    return orjson.dumps({**_head(log, digest), "rows": records}, option=JSON_STYLE)


def _head(log: AsRunLog, digest: str) -> dict[str, str | None]:
    return {
        "sha256": digest,
        "day": log.day,
        "time_zone": log.time_zone,
        "begins_at": utc_text(log.begins_at),
        "ends_at": utc_text(log.ends_at),
        "stream_id": log.stream_id,
    }


def _cell(value: Cell) -> str:
    """Write a value as `_value` reads it: None is empty, and no text is a formula."""
    if isinstance(value, str) and value.startswith(SPREADSHEET_FORMULA):
        return f"'{value}"
    return "" if value is None else str(value)


def _read_csv(text: str) -> tuple[str, list[Record]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    columns = layout_named(next(rows, []))
    notes: dict[str, str] = {}
    records: list[Record] = []
    for row in rows:
        if row[:1] and row[0].startswith(NOTE):
            notes[row[0]] = row[1]
        else:
            records.append(
                {column.name: _value(column, cell) for column, cell in zip(columns, row, strict=True)}
            )
    return notes[NOTES[0]], records


def _value(column: Column, cell: str) -> Cell:
    if column.kind is str:
        return cell.removeprefix("'")
    return column.kind(cell) if cell else None


def _read_json(content: bytes) -> tuple[str, list[Record]]:
    document: dict[str, Any] = orjson.loads(content)
    rows = document["rows"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it has no rows")
    return str(document["sha256"]), rows
