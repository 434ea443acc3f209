"""What a database from a backup must know before it is used: what has happened since that backup.

The list of streams and the plan come from the backup. Facts are never taken back: where the present database
has grown out of the backup, its record is gone on with; where it has not, or is lost, what the runners'
journals and the audit log tell is entered instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ibe100.database.faults import LIBRARY_ERRORS, storage_error
from ibe100.models.errors import StorageError
from ibe100.models.schedule import BreakState
from ibe100.models.scte35_marker import FINAL_STATES, CueState
from ibe100.models.session import AuditRecord

WANTED = ("streams", "schedule")
"""What the operator wants, and so what a restore brings back; all else is what has happened."""
SAME_FACTS = {
    "sessions": ("session_id", ("stream_id", "started_at")),
    "cues": ("cue_id", ("stream_id", "requested_at")),
    "alarms": ("alarm_id", ("condition", "raised_at")),
    "audit": ("audit_id", ("at", "action", "subject")),
}
"""By table: what two databases of one history have in common for each key."""
SAME_START_S = 1.0
_OTHERWISE = (
    f"state = '{BreakState.PLANNED}' AND NOT EXISTS (SELECT 1 FROM present.schedule AS now WHERE "
    "now.break_id = main.schedule.break_id AND now.planned_at IS main.schedule.planned_at)"
)


@dataclass(frozen=True, slots=True)
class UsedId:
    """A splice_event_id that was used, as something beside the database tells."""

    stream_id: str
    splice_event_id: int
    at: float


@dataclass(frozen=True, slots=True)
class Trace:
    """What the folder of a stream's runner tells."""

    stream_id: str
    stream_name: str
    is_alive: bool
    engine: str
    command: str
    session_id: int | None
    started_at: float
    journal: str
    """Which journal its sequence numbers count in."""
    seq_before_run: int
    """The last line of the runs before the present one."""
    seen: tuple[tuple[float, str], ...] = ()
    """When which section (base64) was seen on the output."""


@dataclass(slots=True)
class Merged:
    """What was made of it."""

    goes_on: bool = False
    """Whether the record of the present database is gone on with."""
    facts_left_out: int = 0
    """Sessions and cues that are in the present database only."""
    breaks_left_out: int = 0
    """Planned breaks that are in the present database only."""
    streams_left_out: list[str] = field(default_factory=list)
    """Streams of the present list that are neither in the backup's nor running."""
    event_ids: int = 0
    """Entered as used."""
    cues_closed: int = 0
    sessions: dict[str, int] = field(default_factory=dict)
    """By stream_id, the session of the run that is on air, where it had to be numbered anew."""
    will_start: list[str] = field(default_factory=list)
    """Streams that should run and do not: the next console starts them."""


def merge(
    restored: Path,
    present: Path | None,
    traces: Iterable[Trace],
    used: Iterable[UsedId],
    record: AuditRecord,
) -> Merged:
    """Bring `restored` up to what has happened; both are of this schema. Raises StorageError.

    `present` is None where it is lost or cannot be read; `record` is the audit line of the restore itself.
    """
    merged, runs, now = Merged(), {trace.stream_id: trace for trace in traces}, record.at
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
            merged.event_ids += _note(connection, used)
            _follow_runs(connection, runs, merged, now)
            connection.execute(
                "INSERT INTO audit (at, who, action, subject, detail) "
                "VALUES (:at, :who, :action, :subject, :detail)",
                record.model_dump(),
            )
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
    """Whether a stream should run is what was wanted last: a restore starts and stops nothing."""
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
    _skip_breaks(connection, now, _OTHERWISE)
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


def _follow_runs(
    connection: sqlite3.Connection, runs: Mapping[str, Trace], merged: Merged, now: float
) -> None:
    for trace in runs.values():
        if trace.is_alive:
            connection.execute("UPDATE streams SET desired = 'run' WHERE stream_id = ?", (trace.stream_id,))
        if trace.session_id is not None:
            session_id = _session(connection, trace, runs)
            if session_id != trace.session_id:
                merged.sessions[trace.stream_id] = session_id
            if trace.is_alive:
                connection.execute(
                    "UPDATE streams SET session_id = ? WHERE stream_id = ?", (session_id, trace.stream_id)
                )
        if not merged.goes_on:
            _begin_journal(connection, trace)
    if not merged.goes_on:
        _close_cues(connection, runs, merged, now)
        _skip_breaks(connection, now, "1")
    wanted = connection.execute("SELECT stream_id FROM streams WHERE desired = 'run' ORDER BY number")
    alive = {trace.stream_id for trace in runs.values() if trace.is_alive}
    merged.will_start = [stream_id for (stream_id,) in wanted if stream_id not in alive]
    connection.execute(
        "UPDATE streams SET session_id = NULL WHERE session_id NOT IN (SELECT session_id FROM sessions)"
    )


def _session(connection: sqlite3.Connection, trace: Trace, runs: Mapping[str, Trace]) -> int:
    """The session of the run, entered where the restored database does not have it."""
    row = connection.execute(
        "SELECT stream_id, started_at FROM sessions WHERE session_id = ?", (trace.session_id,)
    ).fetchone()
    if row and row[0] == trace.stream_id and abs(row[1] - trace.started_at) < SAME_START_S:
        return trace.session_id or 0
    (highest,) = connection.execute("SELECT coalesce(max(session_id), 0) FROM sessions").fetchone()
    # Beyond all that any run names: a number stands for one session only.
    number = max(highest, *(other.session_id or 0 for other in runs.values())) + 1
    connection.execute(
        "INSERT INTO sessions (session_id, stream_id, stream_name, profile, engine, command, started_at, "
        "ended_at, end_reason) VALUES (?, ?, ?, '', ?, ?, ?, NULL, '')",
        (number, trace.stream_id, trace.stream_name, trace.engine, trace.command, trace.started_at),
    )
    return int(number)


def _begin_journal(connection: sqlite3.Connection, trace: Trace) -> None:
    """From where the database stopped, but nothing of runs whose sessions it does not know."""
    row = connection.execute(
        "SELECT runner, last_seq FROM journal_positions WHERE stream_id = ?", (trace.stream_id,)
    ).fetchone()
    known = row[1] if row and row[0] == trace.journal else 0
    connection.execute(
        "INSERT OR REPLACE INTO journal_positions (stream_id, runner, last_seq) VALUES (?, ?, ?)",
        (trace.stream_id, trace.journal, max(known, trace.seq_before_run)),
    )


def _close_cues(
    connection: sqlite3.Connection, runs: Mapping[str, Trace], merged: Merged, now: float
) -> None:
    """Cues that were on their way when the backup was made: proved by the journals, or FAILED; never sent."""
    marks = ", ".join("?" * len(FINAL_STATES))
    unfinished = connection.execute(
        "SELECT cue_id, stream_id, requested_at, section_base64, seen, sent_expected FROM cues "
        f"WHERE state NOT IN ({marks})",
        sorted(FINAL_STATES),
    ).fetchall()
    for cue_id, stream_id, requested_at, section, seen, expected in unfinished:
        trace = runs.get(stream_id)
        sights = [at for at, one in trace.seen if one == section and at >= requested_at] if trace else []
        if sights and section:
            state, reason = CueState.SPLICED, "seen on the output, as the runner's journal tells; restored"
            connection.execute(
                "UPDATE cues SET seen = ?, seen_base64 = ?, seen_at = coalesce(seen_at, ?), "
                "sent = sent_expected, sent_at = coalesce(sent_at, ?) WHERE cue_id = ?",
                (max(seen, min(len(sights), expected or 1)), section, sights[0], sights[0], cue_id),
            )
        else:
            state = CueState.FAILED
            reason = "the database was restored from a backup: what became of it is not known, it is not sent"
        connection.execute(
            "UPDATE cues SET state = ?, reason = ? WHERE cue_id = ?", (state.value, reason, cue_id)
        )
        connection.execute(
            "INSERT INTO cue_steps (cue_id, step, state, at, reason) SELECT ?, coalesce(max(step), 0) + 1, "
            "?, ?, ? FROM cue_steps WHERE cue_id = ?",
            (cue_id, state.value, now, reason, cue_id),
        )
    merged.cues_closed = len(unfinished)


def _skip_breaks(connection: sqlite3.Connection, now: float, which: str) -> None:
    """What was due between the backup and now is neither aired late nor an alarm; a series goes on."""
    connection.execute(
        f"UPDATE main.schedule SET state = ?, reason = ? WHERE state IN ('{BreakState.PLANNED}', "
        f"'{BreakState.ARMED}') AND planned_at < ? AND timing NOT LIKE '%\"every\"%' AND {which}",
        (BreakState.SKIPPED.value, "it was due before the database was restored from a backup", now),
    )
