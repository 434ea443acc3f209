"""Holds what is on record against the chain and against heads of it that are kept elsewhere."""

from __future__ import annotations

import hmac
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ibe100.database.chain.covered import (
    AUDIT,
    CLIP,
    COVERED,
    CUE,
    LAYOUT,
    RECEIPT,
    SESSION,
    STEP,
    Covered,
)
from ibe100.database.chain.links import COLUMNS, FIRST_MAC, PURPOSE, Link, Seam
from ibe100.database.sql import postgresql
from ibe100.database.sql.engine import Run, run_of
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.models.errors import StorageError
from ibe100.models.records.check import RecordAnchor, RecordCheck
from ibe100.models.records.database import DatabaseAddress, DatabaseServer
from ibe100.models.records.keys import NO_KEY, RecordKeys
from ibe100.utils.timecode import format_utc

MOST_FAULTS = 200
"""A table that was written anew has one per row: so many tell as much."""
_NO_TABLE = ("no such table", 'relation "record_links" does not exist')
_SEAMS = frozenset(seam.value for seam in Seam)
_NAMES = {
    AUDIT.table: "audit line",
    SESSION.table: "session",
    STEP.table: "step",
    RECEIPT.table: "receipt of cue",
    CLIP.table: "clip",
    CUE.table: "cue",
}
_BY_KIND = {covered.kind: covered for covered in COVERED}


@dataclass(slots=True)
class _Findings:
    faults: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    seams: list[str] = field(default_factory=list)
    lost: list[tuple[int, float]] = field(default_factory=list)
    """Number and time of each seam behind which earlier records are missing."""
    first: int | None = None
    """The first of the links at hand that nobody can prove, and what they are under."""
    key_id: str = ""
    since: float = 0.0

    def fault(self, words: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(words)
        elif len(self.faults) == MOST_FAULTS:
            self.faults.append("and more of them")


def check_records(address: DatabaseAddress, keys: RecordKeys, anchors: Sequence[RecordAnchor]) -> RecordCheck:
    """Check the database at `address`, which may be in use: as it is now, after `anchors` were read.

    Reads all of it. Raises StorageError.
    """
    try:
        with _of_file(address) if isinstance(address, Path) else _of_server(address) as run:
            return _check(run, keys, anchors)
    except LIBRARY_ERRORS as error:
        if any(words in str(error) for words in _NO_TABLE):
            raise StorageError(
                f"The database {address} is of an older version: its records have a chain once the console "
                "or server of this version was started on it."
            ) from error
        raise storage_error(error, "checked", str(address)) from error


@contextmanager
def _of_file(path: Path) -> Iterator[Run]:
    with closing(
        sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    ) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.text_factory = _text
        connection.execute("BEGIN")
        yield connection.execute


@contextmanager
def _of_server(server: DatabaseServer) -> Iterator[Run]:
    engine = postgresql.reading_engine(server)
    try:
        with postgresql.snapshot(engine) as connection:
            yield run_of(connection.execution_options(stream_results=True))
    finally:
        engine.dispose()


def _check(run: Run, keys: RecordKeys, anchors: Sequence[RecordAnchor]) -> RecordCheck:
    found = _Findings()
    links = _walk(run, keys, anchors, found)
    for covered in COVERED:
        _check_rows(run, covered, found)
    _check_cues(run, found)
    return RecordCheck(
        links=links,
        anchors=len(anchors),
        faults=tuple(found.faults),
        unproved=tuple(found.unproved),
        seams=tuple(found.seams),
    )


def _walk(run: Run, keys: RecordKeys, anchors: Sequence[RecordAnchor], found: _Findings) -> int:
    """Follow the links from the first to the last; returns the number of the last."""
    wanted: dict[int, list[RecordAnchor]] = defaultdict(list)
    for anchor in anchors:
        wanted[anchor.link].append(anchor)
    missed: list[RecordAnchor] = []
    number, before, at = 0, FIRST_MAC, 0.0
    for *values, mac in run(f"SELECT {', '.join(COLUMNS)} FROM record_links ORDER BY link_id", {}):
        link = Link(*values)
        if not _is_readable(link, mac):
            found.fault(f"link {link.link_id} cannot be read: its columns are not what was written")
            number, before = link.link_id, b""
            continue
        if link.link_id == number + 1:
            _prove(link, before, mac, keys, found)
        else:
            _gap(number + 1, link, found)
        missed += [anchor for anchor in wanted.pop(link.link_id, ()) if anchor.mac != mac.hex()]
        number, before, at = link.link_id, mac, link.at
        if link.kind in _SEAMS:
            found.seams.append(f"{_time(link.at)}: {link.note}")
        if link.kind == Seam.LOST:
            found.lost.append((link.link_id, link.at))
    _end_of_unproved(number, found)
    missed += [anchor for left in wanted.values() for anchor in left]
    _hold_against_anchors(missed, number, at, found)
    return number


def _is_readable(link: Link, mac: object) -> bool:
    numbers = (link.link_id, link.row_id, link.part, link.layout)
    texts = (link.kind, link.note, link.key_id)
    return (
        all(isinstance(one, int) for one in numbers)
        and all(isinstance(one, str) for one in texts)
        and all(isinstance(one, bytes) for one in (link.digest, link.state, mac))
        and isinstance(link.at, float)
    )


def _prove(link: Link, before: bytes, mac: bytes, keys: RecordKeys, found: _Findings) -> None:
    if link.key_id != NO_KEY and not keys.knows(link.key_id):
        _begin_unproved(link, found)
        return
    if link.key_id == NO_KEY:
        _begin_unproved(link, found)
    else:
        _end_of_unproved(link.link_id - 1, found)
    if not hmac.compare_digest(keys.mac(PURPOSE, link.key_id, link.content(before)), mac):
        found.fault(f"link {link.link_id} of {_time(link.at)} ({_subject(link)}) was changed or moved")


def _begin_unproved(link: Link, found: _Findings) -> None:
    if found.first is not None and found.key_id == link.key_id:
        return
    _end_of_unproved(link.link_id - 1, found)
    found.first, found.key_id, found.since = link.link_id, link.key_id, link.at


def _end_of_unproved(last: int, found: _Findings) -> None:
    if found.first is None:
        return
    why = f"their key {found.key_id} is not in the secret store"
    if found.key_id == NO_KEY:
        why = "they were recorded without a key, as the secrets were locked"
    found.unproved.append(f"links {found.first} to {last}, from {_time(found.since)} on: {why}")
    found.first = None


def _gap(first: int, link: Link, found: _Findings) -> None:
    last = link.link_id - 1
    gone = f"link {first} was" if first == last else f"links {first} to {last} were"
    found.fault(f"{gone} taken out, before that of {_time(link.at)} ({_subject(link)})")


def _hold_against_anchors(missed: Sequence[RecordAnchor], last: int, at: float, found: _Findings) -> None:
    """Anchors that the chain does not pass through: explained by a seam, or what they stood for is gone."""
    unexplained = [
        anchor
        for anchor in missed
        if not any(anchor.link >= number and anchor.at <= seam_at for number, seam_at in found.lost)
    ]
    beyond = [anchor for anchor in unexplained if anchor.link > last]
    if beyond:
        newest = max(beyond, key=lambda anchor: anchor.link)
        end = f"with link {last} of {_time(at)}" if last else "before its first link"
        found.fault(
            f"the end was taken out: the chain ends {end}, but {newest.source} tells of link {newest.link} "
            f"at {_time(newest.at)}"
        )
    for anchor in unexplained:
        if anchor.link <= last:
            found.fault(
                f"link {anchor.link} is not the one that {anchor.source} tells of at {_time(anchor.at)}: "
                "from there or before, the record is another"
            )
            return


def _subject(link: Link) -> str:
    if link.kind in _SEAMS:
        return "a seam"
    if link.kind == STEP.kind:
        return f"step {link.part} of cue {link.row_id}"
    covered = _BY_KIND.get(link.kind)
    return f"{_NAMES[covered.table]} {link.row_id}" if covered is not None else f"a {link.kind}"


def _check_rows(run: Run, covered: Covered, found: _Findings) -> None:
    """Each link against its row (the last one's, where rows may change), and each row against its links."""
    newest = (
        "AND l.link_id = (SELECT max(x.link_id) FROM record_links x WHERE x.kind = l.kind "
        "AND x.row_id = l.row_id AND x.part = l.part)"
        if covered.changes
        else ""
    )
    part = "" if covered.part == "0" else f"AND t.{covered.part} = l.part"
    rows = run(
        f"SELECT l.row_id, l.part, l.at, l.digest, l.layout, {covered.selected} FROM record_links l "
        f"LEFT JOIN {covered.table} t ON t.{covered.row} = l.row_id {part} "
        f"WHERE l.kind = '{covered.kind}' {newest} ORDER BY l.link_id",
        {},
    )
    _compare(rows, covered, found)
    name = f"t.{covered.row}, " + ("0" if covered.part == "0" else f"t.{covered.part}")
    strays = run(
        f"SELECT {name} FROM {covered.table} t WHERE NOT EXISTS "
        f"(SELECT 1 FROM record_links l WHERE {covered.joined}) ORDER BY 1, 2",
        {},
    )
    for row_id, step in strays:
        found.fault(f"{_row_name(covered, row_id, step)} was put in: it has no link")


def _check_cues(run: Run, found: _Findings) -> None:
    """Each cue against what its last step said of it."""
    rows = run(
        f"SELECT l.row_id, 0, l.at, l.state, l.layout, {CUE.selected} FROM record_links l "
        f"LEFT JOIN cues t ON t.cue_id = l.row_id WHERE l.kind = '{STEP.kind}' AND l.link_id = "
        f"(SELECT max(x.link_id) FROM record_links x WHERE x.kind = '{STEP.kind}' AND x.row_id = l.row_id) "
        "ORDER BY l.link_id",
        {},
    )
    _compare(rows, CUE, found)
    strays = run(
        "SELECT t.cue_id FROM cues t WHERE NOT EXISTS "
        f"(SELECT 1 FROM record_links l WHERE l.kind = '{STEP.kind}' AND l.row_id = t.cue_id) ORDER BY 1",
        {},
    )
    for (row_id,) in strays:
        found.fault(f"{_row_name(CUE, row_id, 0)} was put in: it has no link")


def _compare(rows: Any, covered: Covered, found: _Findings) -> None:
    for row_id, part, at, digest, layout, *row in rows:
        name = f"{_row_name(covered, row_id, part)}, recorded {_time(at)},"
        if row[0] is None:
            found.fault(f"{name} was taken out")
        elif layout != LAYOUT:
            found.fault(f"{name} has a link of layout {layout}, which this version does not know")
        elif covered.digest_of(row) != digest:
            found.fault(f"{name} was changed")


def _text(raw: bytes) -> str:
    """Text of a column; what is none is escaped, and differs by that from what was recorded."""
    return raw.decode("utf-8", "backslashreplace")


def _time(at: object) -> str:
    try:
        return format_utc(at) if isinstance(at, float) else str(at)
    except (ValueError, OverflowError, OSError):
        return "beyond the calendar"


def _row_name(covered: Covered, row_id: object, part: object) -> str:
    if covered is STEP:
        return f"step {part} of cue {row_id}"
    return f"{_NAMES[covered.table]} {row_id}"
