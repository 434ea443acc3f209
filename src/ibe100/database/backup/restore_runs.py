"""A restored database meets the runners: what is on air is on record, and nothing is aired late or twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from ibe100.database.backup.restore_facts import Merged, Sights, Trace
from ibe100.models.cues.schedule import BreakState
from ibe100.models.scte35_marker import FINAL_STATES, CueState

SAME_START_S = 1.0
"""A session and a run that began within so long are one."""


def follow_runs(
    connection: sqlite3.Connection,
    runs: Mapping[str, Trace],
    seen: Mapping[str, Sights],
    merged: Merged,
    now: float,
) -> None:
    """Give each run on air a session, a wish and a place in its journal; close the others.

    `seen`: what was on the output, by stream_id.
    """
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
        _close_cues(connection, seen, merged, now)
        skip_breaks(connection, now, "1")
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
    """Begin the journal where the database stopped, but after runs whose sessions it does not know."""
    row = connection.execute(
        "SELECT runner, last_seq FROM journal_positions WHERE stream_id = ?", (trace.stream_id,)
    ).fetchone()
    known = row[1] if row and row[0] == trace.journal else 0
    connection.execute(
        "INSERT OR REPLACE INTO journal_positions (stream_id, runner, last_seq) VALUES (?, ?, ?)",
        (trace.stream_id, trace.journal, max(known, trace.seq_before_run)),
    )


def _close_cues(
    connection: sqlite3.Connection, seen: Mapping[str, Sights], merged: Merged, now: float
) -> None:
    """Cues that were on their way when the backup was made: proved by the journals, or FAILED; never sent."""
    marks = ", ".join("?" * len(FINAL_STATES))
    unfinished = connection.execute(
        "SELECT cue_id, stream_id, requested_at, section_base64, seen, sent_expected FROM cues "
        f"WHERE state NOT IN ({marks})",
        sorted(FINAL_STATES),
    ).fetchall()
    for cue_id, stream_id, requested_at, section, counted, expected in unfinished:
        sights = [at for at, one in seen.get(stream_id, ()) if one == section and at >= requested_at]
        if sights and section:
            state, reason = CueState.SPLICED, "seen on the output, as the runner's journal tells; restored"
            connection.execute(
                "UPDATE cues SET seen = ?, seen_base64 = ?, seen_at = coalesce(seen_at, ?), "
                "sent = sent_expected, sent_at = coalesce(sent_at, ?) WHERE cue_id = ?",
                (max(counted, min(len(sights), expected or 1)), section, sights[0], sights[0], cue_id),
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


def skip_breaks(connection: sqlite3.Connection, now: float, which: str) -> None:
    """Skip breaks that were due between the backup and now, without an alarm; a series goes on."""
    connection.execute(
        f"UPDATE main.schedule SET state = ?, reason = ? WHERE state IN ('{BreakState.PLANNED}', "
        f"'{BreakState.ARMED}') AND planned_at < ? AND timing NOT LIKE '%\"every\"%' AND {which}",
        (BreakState.SKIPPED.value, "it was due before the database was restored from a backup", now),
    )
