"""Cues of the time that no database knows, put on record again from the audit log and the journals."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from ibe100.database.backup.restore_facts import AuditedCue, Sights, Trace
from ibe100.models.scte35_marker import CueState

SAME_CUE_S = 60.0
"""The audit line of a cue is written within so long after it was asked for."""
_NEW_CUE = (
    "INSERT INTO cues (cue_id, stream_id, session_id, action, state, requested_by, requested_at, "
    "splice_event_id, duration_s, pre_roll_s, pts_time, section_base64, sent, sent_expected, sent_at, "
    "seen, seen_base64, seen_at, reason, direction) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def rebuild(
    connection: sqlite3.Connection,
    cues: Iterable[AuditedCue],
    runs: Mapping[str, Trace],
    sessions: Mapping[str, int],
    seen: Mapping[str, Sights],
    now: float,
) -> int:
    """Enter those that are not on record and return how many.

    By stream_id: `sessions` of the runs, and what was `seen` on the output.
    """
    count = 0
    for cue in cues:
        same = connection.execute(
            "SELECT 1 FROM cues WHERE stream_id = ? AND section_base64 = ? "
            "AND (? OR abs(requested_at - ?) < ?)",
            (cue.stream_id, cue.section_base64, cue.is_of_journal, cue.at, SAME_CUE_S),
        )
        if same.fetchone() is None:
            run = runs.get(cue.stream_id)
            of_this_run = run is not None and cue.at >= run.started_at
            session_id = sessions.get(cue.stream_id) if of_this_run else None
            _enter(connection, cue, seen.get(cue.stream_id, ()), session_id, now)
            count += 1
    return count


def _enter(
    connection: sqlite3.Connection, cue: AuditedCue, seen: Sights, session_id: int | None, now: float
) -> None:
    sights = [at for at, one in seen if one == cue.section_base64 and at > cue.at - 5]
    state, reason = _fate(cue, bool(sights))
    seen_at = sights[0] if sights else None
    values = (
        _free_number(connection, cue.cue_id),
        cue.stream_id,
        session_id,
        cue.action,
        state.value,
        cue.who,
        cue.at,
        cue.splice_event_id,
        cue.duration_s,
        cue.pts_time,
        cue.section_base64,
        *(len(sights), len(sights), seen_at),
        *(len(sights), cue.section_base64 if sights else "", seen_at),
        reason,
        cue.direction.value,
    )
    cue_id = connection.execute(_NEW_CUE, values).lastrowid
    connection.execute(
        "INSERT INTO cue_steps (cue_id, step, state, at, reason) VALUES (?, 1, ?, ?, ?)",
        (cue_id, state.value, now, reason),
    )


def _free_number(connection: sqlite3.Connection, cue_id: int | None) -> int | None:
    """The number that was told, unless another cue has it; None takes the next one."""
    taken = connection.execute("SELECT 1 FROM cues WHERE cue_id = ?", (cue_id,)).fetchone()
    return None if taken else cue_id


def _fate(cue: AuditedCue, was_seen: bool) -> tuple[CueState, str]:
    where = "the runner's journal" if cue.is_of_journal else "audit.log"
    source = f"entered from {where} when the database was restored"
    if was_seen:
        return CueState.SPLICED, f"seen on the output, as the runner's journal tells; {source}"
    if cue.is_cancelled:
        return CueState.CANCELLED, f"disarmed; {source}"
    return CueState.FAILED, f"no journal has seen it; {source}"
