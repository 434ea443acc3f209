"""Tables that the chain covers, and the digest of a row of them as it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ibe100.database.sql.engine import Run

LAYOUT = 1
"""Number of the columns below; one more stands in `added`, any other change begins the next layout."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A table whose rows have links, and the columns that the digest of a row is over."""

    kind: str
    table: str
    row: str
    """The column that a link's `row_id` is; its `part` is `part`, or 0."""
    columns: tuple[str, ...]
    part: str = "0"
    changes: bool = False
    """True where a row may be changed: its last link says how it stands."""
    added: tuple[str, ...] = ()
    """Columns of later versions: those behind the last that has a value are no part of the digest, so that a
    row of before keeps its own."""

    @property
    def selected(self) -> str:
        """Columns of the digest, of the table named `t`."""
        return ", ".join(f"t.{name}" for name in (self.row, *self.columns, *self.added))

    def digest_of(self, row: Sequence[Any]) -> bytes:
        """SHA-256 over the values of a row as JSON, in the order of `selected`."""
        values, least = list(row), 1 + len(self.columns)
        while len(values) > least and values[-1] is None:
            values.pop()
        return hashlib.sha256(orjson.dumps(values, default=repr)).digest()

    @property
    def joined(self) -> str:
        """Condition that `l` is a link of the row `t`."""
        part = "0" if self.part == "0" else f"t.{self.part}"
        return f"l.kind = '{self.kind}' AND l.row_id = t.{self.row} AND l.part = {part}"


AUDIT = Covered("audit", "audit", "audit_id", ("at", "who", "action", "subject", "detail"))
SESSION = Covered(
    "session",
    "sessions",
    "session_id",
    ("stream_id", "stream_name", "profile", "engine", "command", "started_at"),
)
"""Without its end, which the as-run log does not tell."""
STEP = Covered("step", "cue_steps", "cue_id", ("step", "state", "at", "reason"), part="step")
RECEIPT = Covered(
    "receipt",
    "return_receipts",
    "cue_id",
    (
        *("stream_id", "state", "cause", "reason", "left_at", "ends_at", "expected", "seen", "seen_at"),
        *("seen_base64", "splice_pid", "pre_roll_ms"),
    ),
    changes=True,
)
CLIP = Covered(
    "clip",
    "clips",
    "clip_id",
    (
        *("stream_id", "stream_name", "side", "cue_id", "alarm_id", "subject", "centre_at", "made_at"),
        *("starts_at", "ends_at", "host", "file", "size", "sha256", "lost_packets", "incomplete"),
        *("removed_at", "removed_why"),
    ),
    changes=True,
)
CUE = Covered(
    "step",
    "cues",
    "cue_id",
    (
        *("stream_id", "session_id", "action", "state", "requested_by", "requested_at", "splice_event_id"),
        *("duration_s", "pre_roll_s", "pts_time", "splice_at", "section_base64", "sent", "sent_expected"),
        *("sent_at", "seen", "seen_base64", "seen_at", "latency_ms", "pre_roll_ms", "reason"),
        *("scheduled_at", "seen_pts", "frame_pts", "returns", "direction"),
    ),
    changes=True,
    added=("idr_offset_ms", "idr_kind", "break_update"),
)
"""A cue has no links of its own: each of its steps has one, which also says how the cue stood after it."""
COVERED = (AUDIT, SESSION, STEP, RECEIPT, CLIP)


def stored_digest(run: Run, covered: Covered, row_id: int, part: int = 0) -> bytes:
    """Digest of a row as it is in the database."""
    where = f"t.{covered.row} = :row_id" + ("" if covered.part == "0" else f" AND t.{covered.part} = :part")
    query = f"SELECT {covered.selected} FROM {covered.table} t WHERE {where}"
    row = run(query, {"row_id": row_id, "part": part}).fetchone()
    assert row is not None, f"{covered.table} has no row {row_id}.{part}"
    return covered.digest_of(row)
