"""A database that is damaged, empty or gone comes back by itself, before it is opened (ADR 18).

The newest backup that can be read is brought up to what the runners' journals and the audit log tell; without
a backup an empty database is. So adopted streams have their sessions, and no splice_event_id is given twice.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
import time
from pathlib import Path

from ibe100.core.folders import Folders
from ibe100.core.restore import STAGED
from ibe100.core.restore_traces import find_evidence, number_anew
from ibe100.database.backup.backups import list_backups, unpack
from ibe100.database.backup.restore_merge import merge
from ibe100.database.sqlite.engine import is_damaged
from ibe100.database.upgrade import prepare
from ibe100.models.actor import CONSOLE
from ibe100.models.backup import DATABASE
from ibe100.models.errors import StorageError
from ibe100.models.session import AuditRecord
from ibe100.utils.set_aside import set_aside
from ibe100.utils.timecode import format_utc

COMPANIONS = ("-wal", "-shm")

_log = logging.getLogger(__name__)


async def recover(folders: Folders, backups: Path) -> tuple[str, ...]:
    """Put a lost database right; returns what the operator should be told, nothing where all is well.

    To be called under the instance lock. Raises StorageError.
    """
    path, now = folders.database_file, time.time()
    why = await asyncio.to_thread(_why_lost, path)
    if not why:
        return ()
    staged = folders.data_dir / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    try:
        made_at = await asyncio.to_thread(_newest_good, backups, staged)
        evidence = await find_evidence(folders.streams_dir, folders.log_dir, made_at or 0.0)
        if made_at is None and not evidence.traces and not path.exists():
            return ()  # a first start
        source = "no backup" if made_at is None else f"the backup of {format_utc(made_at)}"
        detail = f"it was {why}; {source}, the journals and audit.log"
        record = AuditRecord(at=now, who=CONSOLE.name, action="database recovered", subject="", detail=detail)
        merged = await asyncio.to_thread(merge, staged / DATABASE, None, evidence, record)
        number_anew(folders.streams_dir, merged.sessions)
        aside = f" What was there is {set_aside(path, now, COMPANIONS).name}." if path.exists() else ""
        (staged / DATABASE).rename(path)
    except OSError as error:
        raise StorageError(f"The database {path} is {why} and could not be recovered: {error}.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return (f"The database was {why}: it was made anew from {source}, the journals and audit.log.{aside}",)


def _why_lost(path: Path) -> str:
    try:
        if not path.exists():
            return "gone"
        if path.stat().st_size == 0:
            return "empty"
        return "damaged" if is_damaged(path) else ""
    except (OSError, sqlite3.Error):
        return ""  # not the file's own fault: the opening tells


def _newest_good(backups: Path, staged: Path) -> float | None:
    """Unpack the database of the newest good backup, or make an empty one; returns when it was made."""
    found = [one for one in list_backups(backups) if one.manifest is not None]
    for backup in sorted(found, key=lambda one: one.manifest.made_at if one.manifest else 0.0, reverse=True):
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
