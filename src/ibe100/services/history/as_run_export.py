"""An as-run log as a file, and the check of such a file by its digest and its signature."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ibe100 import __version__
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, DigestCheck, SignatureCheck
from ibe100.models.cues.break_log import BreakLog
from ibe100.models.errors import ConfigurationError
from ibe100.services.history.as_run import digest_of
from ibe100.services.history.as_run_columns import (
    BREAK_COLUMNS,
    COLUMNS,
    Cell,
    Column,
    Record,
    layout_named,
    records_of,
    utc_text,
)
from ibe100.services.history.as_run_signature import check, check_pdf, id_of, sign, sign_pdf, signed_head

SPREADSHEET_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""Beginnings of text that a spreadsheet takes for a formula: it gets an apostrophe in front."""
JSON_STYLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
NOTE = "#"
HEAD = ("sha256", "day", "time_zone", "begins_at", "ends_at", "stream_id")
SIGNATURE = ("signed_by", "signature")


def export(
    log: AsRunLog | BreakLog, format: AsRunFormat, key: Ed25519PrivateKey | None = None
) -> tuple[bytes, str]:
    """The content of the file, signed with `key`, and the digest that it names.

    Blocks for seconds on a long PDF.
    """
    if isinstance(log, BreakLog):
        names, records = _names(BREAK_COLUMNS), records_of(log.rows, BREAK_COLUMNS)
    else:
        names, records = _names(COLUMNS), records_of(log.rows, COLUMNS)
    digest = digest_of(records)
    match format:
        case AsRunFormat.CSV:
            return _csv(_head(log, digest, key), names, records), digest
        case AsRunFormat.JSON:
            document = {**_head(log, digest, key), "rows": records}
            return orjson.dumps(document, option=JSON_STYLE), digest
        case AsRunFormat.PDF:
            pdf = _pdf(log, records, digest, key)
            return pdf if key is None else sign_pdf(key, pdf), digest


def _pdf(
    log: AsRunLog | BreakLog, records: Sequence[Record], digest: str, key: Ed25519PrivateKey | None
) -> bytes:
    # Imported here: they take longer than all the rest of a start.
    from ibe100.services.history.paper.break_paper import write_breaks
    from ibe100.services.history.paper.cue_paper import write_cues

    signed = "not signed"
    if key is not None:
        signed = (
            f"Ed25519, key {id_of(key.public_key())}, behind the end of the file. To verify it: "
            "./run asrun --verify FILE --public-key KEY, with the key of ./run secrets public-key"
        )
    facts = (
        ("Made", f"{utc_text(time.time())} by IBE-100 {__version__}"),
        ("Signature", signed),
        ("Fingerprint", f"SHA-256 of the rows, the same in CSV and JSON: {digest}"),
    )
    if isinstance(log, BreakLog):
        return write_breaks(log, digest, facts)
    return write_cues(log, records, digest, facts)


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


def _names(columns: Sequence[Column[Any]]) -> list[str]:
    return [column.name for column in columns]


def _csv(head: Mapping[str, str | None], names: Sequence[str], records: Sequence[Record]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(names)
    for record in records:
        writer.writerow(_cell(record[name]) for name in names)
    for name, value in head.items():
        writer.writerow((f"{NOTE} {name}", _cell(value)))
    return file.getvalue().encode()


def _head(log: AsRunLog | BreakLog, digest: str, key: Ed25519PrivateKey | None) -> dict[str, str | None]:
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
    kinds = layout_named(next(rows, []))
    notes: dict[str, str] = {}
    records: list[Record] = []
    for row in rows:
        if row[:1] and row[0].startswith(NOTE):
            notes[row[0].removeprefix(f"{NOTE} ")] = row[1].removeprefix("'")
        else:
            records.append(
                {name: _value(kind, cell) for (name, kind), cell in zip(kinds.items(), row, strict=True)}
            )
    return notes, records


def _value(kind: type[str] | type[int] | type[float], cell: str) -> Cell:
    if kind is str:
        return cell.removeprefix("'")
    return kind(cell) if cell else None


def _read_json(content: bytes) -> tuple[dict[str, str], list[Record]]:
    document: dict[str, Any] = orjson.loads(content)
    rows = document["rows"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it has no rows")
    head = {name: str(document.get(name) or "") for name in (*HEAD, *SIGNATURE)}
    return head | {"sha256": str(document["sha256"])}, rows
