"""A database that is damaged, empty, gone or set back comes right by itself, before it is opened (ADR 18).

The newest backup that can be read is brought up to what the runners' journals and the audit log tell; without
a backup an empty database is. So adopted streams have their sessions, and no splice_event_id is given twice.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from ibe100.core.folders import Folders
from ibe100.core.restore import STAGED
from ibe100.core.restore_traces import audited_plans, find_evidence, last_audited_cue, number_anew
from ibe100.database.backup.backups import list_backups, unpack
from ibe100.database.backup.restore_merge import merge
from ibe100.database.database import Database
from ibe100.database.sql.sqlite import copy_file, is_damaged
from ibe100.database.upgrade import prepare
from ibe100.models.actor import CONSOLE
from ibe100.models.backup import DATABASE, is_made_with
from ibe100.models.errors import StorageError
from ibe100.models.records.keys import RecordKeys
from ibe100.models.session import AuditRecord
from ibe100.utils.program import COMMAND
from ibe100.utils.set_aside import set_aside
from ibe100.utils.timecode import format_utc

COMPANIONS = ("-wal", "-shm")
MOST_PLANS = 20
SET_BACK = "older than the audit log"

_log = logging.getLogger(__name__)


async def recover(
    folders: Folders, backups: Path, keys: RecordKeys, *, any_backup: bool = False
) -> tuple[str, ...]:
    """Put a lost database right; returns what the operator should be told, nothing where all is well.

    A backup must be one of these `keys`, so that nobody brings in users by it; with `any_backup` (there were
    no keys yet when it was made, or they are lost) the newest is taken, whoever made it.
    To be called under the instance lock. Raises StorageError.
    """
    path, now = folders.database_file, time.time()
    why = await asyncio.to_thread(_why_lost, path, folders.log_dir)
    if not why:
        return ()
    staged = folders.data_dir / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    try:
        passed_over: list[str] = []
        if why == SET_BACK:
            made_at: float | None = await asyncio.to_thread(_copy_of, path, staged)
        else:
            trusted = None if any_backup else keys
            made_at = await asyncio.to_thread(_newest_good, backups, staged, trusted, passed_over)
        evidence = await find_evidence(folders.streams_dir, folders.log_dir, made_at or 0.0)
        if made_at is None and not evidence.traces and not evidence.used and not path.exists():
            return ()  # a first start
        kind = "its record up to" if why == SET_BACK else "the backup of"
        source = "no backup" if made_at is None else f"{kind} {format_utc(made_at)}"
        detail = f"it was {why}; {source}, the journals and audit.log"
        record = AuditRecord(at=now, who=CONSOLE.name, action="database recovered", subject="", detail=detail)
        merged = await asyncio.to_thread(merge, staged / DATABASE, None, evidence, record, keys)
        number_anew(folders.streams_dir, merged.sessions)
        aside = f" What was there is {set_aside(path, now, COMPANIONS).name}." if path.exists() else ""
        (staged / DATABASE).rename(path)
    except OSError as error:
        raise StorageError(f"The database {path} is {why} and could not be recovered: {error}.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    told = f"The database was {why}: it was made anew from {source}, the journals and audit.log.{aside}"
    if folders.schedule_copy.exists():
        return (told,)  # the schedule brings itself up to its second copy
    plans = await asyncio.to_thread(audited_plans, folders.log_dir, made_at or 0.0)
    return (told, *passed_over, *_look_at_the_schedule(plans))


async def keep_used_ids(database: Database, folders: Folders) -> tuple[str, ...]:
    """Have no event id used again of which a server's database that was set back does not know any more.

    Journals and audit.log tell of them. What else such a database lacks is restored by whoever runs it.
    Returns what the operator should be told. Raises StorageError.
    """
    last = await asyncio.to_thread(last_audited_cue, folders.log_dir)
    if last is None or await database.cues.is_known(
        last.stream_id, last.event_id, last.cue_id, last.section_base64
    ):
        return ()
    used: dict[str, set[int]] = {}
    for one in (await find_evidence(folders.streams_dir, folders.log_dir, 0.0)).used:
        used.setdefault(one.stream_id, set()).add(one.splice_event_id)
    for stream_id, ids in used.items():
        await database.cues.note_used(stream_id, ids)
    count = sum(len(ids) for ids in used.values())
    return (
        f"The database is {SET_BACK}: event {last.event_id} of {format_utc(last.at)} is not in it. {count} "
        "event ids that the journals and audit.log tell of are not used again; what else is missing comes "
        f"back with a backup ({COMMAND} backup list, then restore).",
    )


def _look_at_the_schedule(plans: list[str]) -> tuple[str, ...]:
    """Words that tell the operator to look for planned breaks, which stand in no journal."""
    if not plans:
        return ()
    newest = "; ".join(plans[-MOST_PLANS:])
    left_out = f" (the newest {MOST_PLANS})" if len(plans) > MOST_PLANS else ""
    return (f"The schedule may lack what was changed in it since then: look at it. {newest}{left_out}",)


def _why_lost(path: Path, log_dir: Path) -> str:
    try:
        if not path.exists():
            return "gone"
        if path.stat().st_size == 0:
            return "empty"
        if is_damaged(path):
            return "damaged"
        return SET_BACK if _is_set_back(path, log_dir) else ""
    except (OSError, sqlite3.Error):
        return ""  # not the file's own fault: the opening tells


def _is_set_back(path: Path, log_dir: Path) -> bool:
    """Whether the last cue of the audit log is not on record: an older copy is in the database's place."""
    last = last_audited_cue(log_dir)
    if last is None:
        return False
    # A return has the event of its break: its number or its bytes tell them apart.
    known = "SELECT 1 FROM cues WHERE stream_id = ? AND splice_event_id = ?"
    values: tuple[str | int, ...] = (last.stream_id, last.event_id)
    if last.cue_id is not None:
        known += " AND (cue_id = ? OR section_base64 = ?)"
        values += (last.cue_id, last.section_base64)
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(known, values).fetchone() is None


def _copy_of(path: Path, staged: Path) -> float | None:
    """Copy the database to where it is brought up to date; returns when its last cue was asked for.

    The audit line of that cue is later, and is known by its bytes: the next cue may have come at once.
    """
    staged.mkdir(mode=0o700)
    copy_file(path, staged / DATABASE)
    prepare(staged / DATABASE, time.time())
    with closing(sqlite3.connect(staged / DATABASE)) as connection:
        (last,) = connection.execute("SELECT coalesce(max(requested_at), 0) FROM cues").fetchone()
    return float(last)


def _newest_good(
    backups: Path, staged: Path, trusted: RecordKeys | None, passed_over: list[str]
) -> float | None:
    """Unpack the database of the newest good backup, or make an empty one; returns when it was made.

    Where only those of `trusted` keys are good, the others are named in `passed_over`.
    """
    found = [one for one in list_backups(backups) if one.manifest is not None]
    for backup in sorted(found, key=lambda one: one.manifest.made_at if one.manifest else 0.0, reverse=True):
        assert backup.manifest is not None
        if trusted is not None and not is_made_with(backup.manifest, trusted):
            passed_over.append(
                f"The backup {backup.path} was not made here and was passed over: restore it yourself if it "
                f"is the right one ({COMMAND} backup restore)."
            )
            continue
        try:
            manifest = unpack(backup.path, staged)
            prepare(staged / DATABASE, time.time())
            return manifest.made_at
        except StorageError as error:
            _log.warning("the backup %s is passed over: %s", backup.path, error)
            shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    prepare(staged / DATABASE, time.time())
    return None
