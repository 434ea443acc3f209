"""An as-run log as a file, and the check of such a file by its digest and its signature."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, DigestCheck, SignatureCheck
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
from ibe100.services.history.as_run_signature import check, check_pdf, sign, sign_pdf, signed_head

SPREADSHEET_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""Beginnings of text that a spreadsheet takes for a formula: it gets an apostrophe in front."""
JSON_STYLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
NOTE = "#"
HEAD = ("sha256", "day", "time_zone", "begins_at", "ends_at", "stream_id")
SIGNATURE = ("signed_by", "signature")


def export(log: AsRunLog, format: AsRunFormat, key: Ed25519PrivateKey | None = None) -> tuple[bytes, str]:
    """The content of the file, signed with `key`, and the digest that it names.

    Blocks for seconds on a long PDF.
    """
    records = [record_of(row) for row in log.rows]
    digest = digest_of(records)
    match format:
        case AsRunFormat.CSV:
            return _csv(_head(log, digest, key), records), digest
        case AsRunFormat.JSON:
            document = {**_head(log, digest, key), "rows": records}
            return orjson.dumps(document, option=JSON_STYLE), digest
        case AsRunFormat.PDF:
            # Imported here: it takes longer than all the rest of a start.
            from ibe100.services.history.as_run_pdf import write_pdf

            pdf = write_pdf(log, records, digest)
            return pdf if key is None else sign_pdf(key, pdf), digest


def verify(content: bytes, keys: Sequence[Ed25519PublicKey] = ()) -> DigestCheck:
    """Hold the rows of an exported CSV or JSON file against its digest, and any file against its signature.

    `keys` are those whose signatures count. Raises ConfigurationError for anything else.
    """
    if content.startswith(b"%PDF-"):
        verdict, signed_by = check_pdf(content, keys)
        if verdict is SignatureCheck.UNSIGNED:
            raise ConfigurationError(
                "a PDF cannot be read back, and this one is not signed: export the same day as JSON and "
                "compare the digests"
            )
        return DigestCheck(signature=verdict, signed_by=signed_by)
    try:
        text = content.decode()
        head, records = _read_json(content) if text.lstrip().startswith("{") else _read_csv(text)
        named = head["sha256"]
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise ConfigurationError(f"this is no as-run log as it was exported ({error})") from error
    signed_by, signature = (head.get(name, "") for name in SIGNATURE)
    signed = signed_head({name: head.get(name, "") for name in HEAD})
    return DigestCheck(
        named=named,
        computed=digest_of(records),
        rows=len(records),
        signature=check(signed, signed_by, signature, keys),
        signed_by=signed_by,
    )


def _csv(head: Mapping[str, str | None], records: Sequence[Record]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(column.name for column in COLUMNS)
    for record in records:
        writer.writerow(_cell(record[column.name]) for column in COLUMNS)
    for name, value in head.items():
        writer.writerow((f"{NOTE} {name}", _cell(value)))
    return file.getvalue().encode()


def _head(log: AsRunLog, digest: str, key: Ed25519PrivateKey | None) -> dict[str, str | None]:
    head: dict[str, str | None] = {
        "sha256": digest,
        "day": log.day,
        "time_zone": log.time_zone,
        "begins_at": utc_text(log.begins_at),
        "ends_at": utc_text(log.ends_at),
        "stream_id": log.stream_id,
    }
    if key is None:
        return head
    return head | dict(zip(SIGNATURE, sign(key, signed_head(head)), strict=True))


def _cell(value: Cell) -> str:
    """Write a value as `_value` reads it: None is empty, and no text is a formula."""
    if isinstance(value, str) and value.startswith(SPREADSHEET_FORMULA):
        return f"'{value}"
    return "" if value is None else str(value)


def _read_csv(text: str) -> tuple[dict[str, str], list[Record]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    columns = layout_named(next(rows, []))
    notes: dict[str, str] = {}
    records: list[Record] = []
    for row in rows:
        if row[:1] and row[0].startswith(NOTE):
            notes[row[0].removeprefix(f"{NOTE} ")] = row[1].removeprefix("'")
        else:
            records.append(
                {column.name: _value(column, cell) for column, cell in zip(columns, row, strict=True)}
            )
    return notes, records


def _value(column: Column, cell: str) -> Cell:
    if column.kind is str:
        return cell.removeprefix("'")
    return column.kind(cell) if cell else None


def _read_json(content: bytes) -> tuple[dict[str, str], list[Record]]:
    document: dict[str, Any] = orjson.loads(content)
    rows = document["rows"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it has no rows")
    head = {name: str(document.get(name) or "") for name in (*HEAD, *SIGNATURE)}
    return head | {"sha256": str(document["sha256"])}, rows
