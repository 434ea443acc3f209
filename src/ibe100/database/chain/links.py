"""Links of the chain: one per fact, with a MAC over what was recorded and over the link before.

A fact that is changed, taken out, put in or moved afterwards breaks a MAC or has no link. Where the record
does not simply go on (it begins, or was restored), a link of its own says so: a seam.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import orjson
from sqlalchemy.orm import Session

from ibe100.database.chain.covered import COVERED, CUE, LAYOUT, STEP, Covered, stored_digest
from ibe100.database.sql.engine import Run, run_of
from ibe100.models.records.keys import NO_KEY, RecordKeys

PURPOSE = "record chain"
FIRST_MAC = bytes(32)
"""In place of the MAC before the first link."""


class Seam(StrEnum):
    """Kinds of links that stand for no fact."""

    BEGUN = "begun"
    GOES_ON = "seam"
    """Something beside the services wrote, and all that was recorded before is still there."""
    LOST = "lost"
    """Records between the link before and this one are not in this database."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link, as it is stored; times are wall clock."""

    link_id: int
    at: float
    kind: str
    row_id: int
    part: int
    digest: bytes
    state: bytes
    """Digest of the cue after this step; empty in links that are none of a step."""
    note: str
    layout: int
    key_id: str

    def content(self, before: bytes) -> bytes:
        """What the MAC of this link is over; `before` is the MAC of the link before."""
        values = (self.link_id, self.at, self.kind, self.row_id, self.part)
        texts = (self.digest.hex(), self.state.hex(), self.note, self.layout, self.key_id)
        return before + orjson.dumps([*values, *texts])


COLUMNS = ("link_id", "at", "kind", "row_id", "part", "digest", "state", "note", "layout", "key_id", "mac")
_INSERT = f"INSERT INTO record_links ({', '.join(COLUMNS)}) VALUES (:{', :'.join(COLUMNS)})"
_HEAD = "SELECT link_id, mac FROM record_links ORDER BY link_id DESC LIMIT 1"
RowKey: TypeAlias = tuple[str, int, int]
"""Kind, row_id and part of a link."""


def head(run: Run) -> tuple[int, bytes]:
    """Number and MAC of the last link; 0 and FIRST_MAC without any."""
    row = run(_HEAD, {}).fetchone()
    return (0, FIRST_MAC) if row is None else (row[0], row[1])


def _append(
    run: Run,
    keys: RecordKeys,
    at: float,
    key: RowKey,
    head_now: tuple[int, bytes],
    *,
    digest: bytes = b"",
    state: bytes = b"",
    note: str = "",
) -> tuple[int, bytes]:
    """Append a link behind `head_now`; returns the head as it is then."""
    last, before = head_now
    kind, row_id, part = key
    link = Link(last + 1, float(at), kind, row_id, part, digest, state, note, LAYOUT, keys.present)
    mac = keys.mac(PURPOSE, link.key_id, link.content(before))
    run(_INSERT, {**{name: getattr(link, name) for name in COLUMNS[:-1]}, "mac": mac})
    return link.link_id, mac


def append_row(
    run: Run, keys: RecordKeys, at: float, covered: Covered, row_id: int, parts: Sequence[int] = (0,)
) -> None:
    """A link for each part of a row as it is stored now."""
    state = stored_digest(run, CUE, row_id) if covered is STEP else b""
    head_now = head(run)
    for part in parts:
        digest = stored_digest(run, covered, row_id, part)
        key = (covered.kind, row_id, part)
        head_now = _append(run, keys, at, key, head_now, digest=digest, state=state)


def unlinked(run: Run) -> list[tuple[Covered, int, int]]:
    """Rows without a link, each with its row_id and part."""
    found = []
    for covered in COVERED:
        part = "0" if covered.part == "0" else f"t.{covered.part}"
        rows = run(
            f"SELECT t.{covered.row}, {part} FROM {covered.table} t "
            f"WHERE NOT EXISTS (SELECT 1 FROM record_links l WHERE {covered.joined}) ORDER BY 1, 2",
            {},
        ).fetchall()
        found += [(covered, row[0], row[1]) for row in rows]
    return found


def take_up(
    run: Run,
    keys: RecordKeys,
    at: float,
    seam: Seam,
    note: str,
    strays: Collection[tuple[Covered, int, int]] = (),
) -> None:
    """A seam, and behind it a link for each row that has none.

    `strays` had none before whatever the seam is about: they stay without, and are found.
    """
    rows = [one for one in unlinked(run) if one not in strays]
    words = f"{note}; {len(rows)} rows of before have their links from here on" if rows else note
    _append(run, keys, at, (seam.value, 0, 0), head(run), note=words)
    for covered, row_id, part in rows:
        append_row(run, keys, at, covered, row_id, (part,))


def begin_anew(run: Run, keys: RecordKeys, at: float, note: str) -> None:
    """Take out a chain of other keys, which nobody here can prove, and begin one over all on record."""
    run("DELETE FROM record_links", {})
    take_up(run, keys, at, Seam.LOST, note)


def last_key(run: Run) -> str | None:
    """Id of the key that made the last link, NO_KEY for none; None without a link."""
    row = run("SELECT key_id FROM record_links ORDER BY link_id DESC LIMIT 1", {}).fetchone()
    return None if row is None else str(row[0])


def begin(run: Run, keys: RecordKeys, now: float) -> None:
    """Begin the chain of a database that has none, and tie on where it was gone on with without a key."""
    key_id = last_key(run)
    if key_id is None:
        take_up(run, keys, now, Seam.BEGUN, "the chain begins")
    elif key_id != keys.present:
        was = f"key {key_id}" if key_id != NO_KEY else "no key, as the secrets were locked"
        now_with = f"key {keys.present}" if keys.present != NO_KEY else "none, as the secrets are locked"
        take_up(run, keys, now, Seam.GOES_ON, f"before with {was}, from here on {now_with}", unlinked(run))


def tie_on(
    run: Run,
    keys: RecordKeys,
    at: float,
    note: str,
    *,
    goes_on: bool,
    strays: Collection[tuple[Covered, int, int]],
) -> None:
    """Tie what a restore has written onto the chain; `goes_on` where no record of before is missing."""
    row = run("SELECT key_id FROM record_links ORDER BY link_id DESC LIMIT 1", {}).fetchone()
    if row is not None and row[0] != NO_KEY and not keys.knows(row[0]):
        begin_anew(run, keys, at, f"{note}; its own chain was made by another installation")
    else:
        seam = Seam.GOES_ON if goes_on else Seam.LOST
        take_up(run, keys, at, seam, note, strays if row is not None else ())


class Chain:
    """Adds links within the transaction in which their rows are written."""

    def __init__(self, keys: RecordKeys, wall: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._wall = wall

    def add(self, session: Session, covered: Covered, row_id: int, parts: Sequence[int] = (0,)) -> None:
        """A link for each part of a row that was added or changed in this transaction."""
        session.flush()
        append_row(run_of(session.connection()), self._keys, self._wall(), covered, row_id, parts)
