"""Merge of the events after the backup into the database that comes from it.

The list of streams and the plan come from the backup. Facts are never taken back: where the present database
has grown out of the backup, its record is gone on with; where it has not, or is lost, what the runners'
journals and the audit log tell is entered instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from ibe100.database.backup.restore_cues import rebuild
from ibe100.database.backup.restore_facts import Evidence, Merged, Trace, UsedId
from ibe100.database.backup.restore_runs import follow_runs, skip_breaks
from ibe100.database.chain.links import tie_on, unlinked
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.models.cues.schedule import BreakState
from ibe100.models.errors import StorageError
from ibe100.models.records.keys import RecordKeys
from ibe100.models.session import AuditRecord

WANTED = ("streams", "schedule")
"""Tables of the operator's wishes, which a restore brings back; all others hold what has happened."""
SAME_FACTS = {
    "sessions": ("session_id", ("stream_id", "started_at")),
    "cues": ("cue_id", ("stream_id", "requested_at")),
    "alarms": ("alarm_id", ("condition", "raised_at")),
    "audit": ("audit_id", ("at", "action", "subject")),
}
"""By table: what two databases of one history have in common for each key."""
_OTHERWISE = (
    f"state = '{BreakState.PLANNED}' AND NOT EXISTS (SELECT 1 FROM present.schedule AS now WHERE "
    "now.break_id = main.schedule.break_id AND now.planned_at IS main.schedule.planned_at)"
)


def merge(
    restored: Path,
    present: Path | None,
    evidence: Evidence,
    record: AuditRecord,
    keys: RecordKeys,
) -> Merged:
    """Bring `restored` up to what has happened; both are of this schema. Raises StorageError.

    `present` is None where it is lost or cannot be read; `record` is the audit line of the restore itself.
    What is entered is tied onto the record's chain with `keys`.
    """
    merged, runs, now = Merged(), {trace.stream_id: trace for trace in evidence.traces}, record.at
    try:
        with closing(sqlite3.connect(restored, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("PRAGMA journal_mode=DELETE")  # one file is moved into its place
            if present is not None:
                connection.execute("ATTACH ? AS present", (f"{present.absolute()}",))
            connection.execute("BEGIN IMMEDIATE")
            if present is not None:
                merged.goes_on = _is_of_one_history(connection)
                _keep_wishes(connection)
                if merged.goes_on:
                    _go_on(connection, merged, now)
                else:
                    _leave_out(connection, merged)
            strays = unlinked(connection.execute)
            merged.event_ids += _note(connection, evidence.used)
            follow_runs(connection, runs, evidence.seen, merged, now)
            if not merged.goes_on:
                numbers = {name: run.session_id for name, run in runs.items() if run.session_id is not None}
                sessions = {**numbers, **merged.sessions}
                merged.cues_rebuilt = rebuild(connection, evidence.cues, runs, sessions, evidence.seen, now)
            connection.execute(
                "INSERT INTO audit (at, who, action, subject, detail) "
                "VALUES (:at, :who, :action, :subject, :detail)",
                record.model_dump(),
            )
            words = f"{record.action}: {record.detail}"
            tie_on(connection.execute, keys, now, words, goes_on=merged.goes_on, strays=strays)
            if present is not None:
                merged.streams_left_out = _left_out(connection, runs)
            connection.execute("COMMIT")
            if broken := connection.execute("PRAGMA main.foreign_key_check").fetchall():
                raise StorageError(f"The restored database does not hold together: {broken[0]}.")
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "restored", str(restored)) from error
    return merged


def _is_of_one_history(connection: sqlite3.Connection) -> bool:
    for table, (key, same) in SAME_FACTS.items():
        differs = " OR ".join(f"a.{column} IS NOT b.{column}" for column in same)
        query = f"SELECT 1 FROM main.{table} a JOIN present.{table} b USING ({key}) WHERE {differs} LIMIT 1"
        # A history that was begun anew has fewer facts than the backup, or others under the same numbers.
        count = f"SELECT coalesce(max({key}), 0), count(*) FROM"
        had = connection.execute(f"{count} main.{table}").fetchone()
        has = connection.execute(f"{count} present.{table}").fetchone()
        if connection.execute(query).fetchone() or has[0] < had[0] or has[1] < had[1]:
            return False
    return True


def _left_out(connection: sqlite3.Connection, runs: Mapping[str, Trace]) -> list[str]:
    rows = connection.execute(
        "SELECT stream_id FROM present.streams WHERE stream_id NOT IN (SELECT stream_id FROM main.streams)"
    )
    return [one for (one,) in rows if one not in runs or not runs[one].is_alive]


def _columns(connection: sqlite3.Connection, table: str) -> str:
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return ", ".join(f'"{name}"' for (name,) in rows)


def _keep_wishes(connection: sqlite3.Connection) -> None:
    """Keep the last wish about each stream: a restore starts and stops nothing."""
    connection.execute(
        "UPDATE main.streams AS old SET desired = new.desired FROM present.streams AS new "
        "WHERE new.stream_id = old.stream_id"
    )


def _go_on(connection: sqlite3.Connection, merged: Merged, now: float) -> None:
    query = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = [name for (name,) in connection.execute(query) if name not in (*WANTED, "alembic_version")]
    for table in tables:
        columns = _columns(connection, table)
        connection.execute(f"DELETE FROM main.{table}")
        connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM present.{table}")
    columns = _columns(connection, "schedule")
    planned = BreakState.PLANNED.value
    # What has become of a break stands, whichever plan it was of.
    connection.execute(
        f"INSERT OR REPLACE INTO main.schedule ({columns}) SELECT {columns} FROM present.schedule "
        "WHERE state <> ?",
        (planned,),
    )
    # What was planned otherwise, or not at all, when it was due.
    skip_breaks(connection, now, _OTHERWISE)
    (merged.breaks_left_out,) = connection.execute(
        "SELECT count(*) FROM present.schedule WHERE break_id NOT IN (SELECT break_id FROM main.schedule)"
    ).fetchone()
    connection.execute(
        "UPDATE main.streams SET session_id = "
        "(SELECT session_id FROM present.streams new WHERE new.stream_id = main.streams.stream_id)"
    )


def _leave_out(connection: sqlite3.Connection, merged: Merged) -> None:
    (merged.facts_left_out,) = connection.execute(
        "SELECT (SELECT count(*) FROM present.cues) + (SELECT count(*) FROM present.sessions)"
    ).fetchone()
    (merged.breaks_left_out,) = connection.execute(
        "SELECT count(*) FROM present.schedule WHERE state = ?", (BreakState.PLANNED.value,)
    ).fetchone()
    rows = connection.execute(
        "SELECT stream_id, splice_event_id, allocated_at FROM present.event_ids ORDER BY serial"
    ).fetchall()
    merged.event_ids += _note(connection, [UsedId(*row) for row in rows])


def _note(connection: sqlite3.Connection, used: Iterable[UsedId]) -> int:
    """Enter ids as allocated, the last of them last; returns how many were not known."""
    new = 0
    for one in used:
        place = (one.stream_id, one.splice_event_id)
        known = connection.execute(
            "UPDATE event_ids SET allocated_at = max(allocated_at, ?) "
            "WHERE stream_id = ? AND splice_event_id = ?",
            (one.at, *place),
        ).rowcount
        if not known:
            connection.execute(
                "INSERT INTO event_ids (stream_id, splice_event_id, allocated_at) VALUES (?, ?, ?)",
                (*place, one.at),
            )
            new += 1
    return new
