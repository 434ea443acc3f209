"""Restore: a backup takes the place of the present data, which is put aside; what runs goes on meanwhile."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ibe100.core.folders import SCHEDULE_COPY, Folders
from ibe100.core.instance_lock import InstanceLock
from ibe100.core.records.keys import PRESENT, known_keys, record_keys
from ibe100.core.restore_traces import find_evidence, number_anew
from ibe100.core.secrets import FORMER_KEYS, SecretStore
from ibe100.database.backup.archive import read_manifest
from ibe100.database.backup.backups import unpack
from ibe100.database.backup.restore_facts import Merged
from ibe100.database.backup.restore_merge import merge
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.backup.store_copy import copy_server, first_in_use, load_into, reading
from ibe100.database.sql.faults import LIBRARY_ERRORS
from ibe100.database.sql.schema import REVISION
from ibe100.database.sql.sqlite import copy_file, is_damaged
from ibe100.database.upgrade import prepare, prepare_server
from ibe100.models.actor import Actor
from ibe100.models.backup import (
    DATABASE,
    PROFILES,
    RESTORE_WANTED,
    SECRET_KEY,
    SECRETS,
    BackupManifest,
    WantedRestore,
    is_made_with,
)
from ibe100.models.base import build
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.records.database import DatabaseServer
from ibe100.models.session import AuditRecord
from ibe100.services.audit_trail import acting, acting_as
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.set_aside import free_name
from ibe100.utils.timecode import format_utc, utc_stamp

STAGED = "restore.staged"
PENDING = "restore.pending"
"""While it is there, a restore is decided and its renames are not all done."""
PRESENT_COPY = "present.db"
COMPANIONS = ("-wal", "-shm")
Load: TypeAlias = Callable[[Path], None]
WISH_S = 900.0
"""Seconds for which a restore that was asked for in the window stands: a later start is another matter."""


@dataclass(frozen=True, slots=True)
class Restored:
    """Result of a restore, for the operator."""

    manifest: BackupManifest
    aside: Path
    merged: Merged
    notices: tuple[str, ...]

    def lines(self) -> list[str]:
        """Lines for the operator."""
        merged = self.merged
        lines = [
            f"restored the backup of {format_utc(self.manifest.made_at)}; what was there is in {self.aside}"
        ]
        lines += self.notices
        if merged.goes_on:
            lines.append(
                "streams, schedule, profiles, layouts and alarm rules are those of the backup; sessions, "
                "cues, alarms, audit, event ids, users and tokens go on from now"
            )
        else:
            lines.append(
                "what is on record here does not go on from the backup, or is lost: sessions, alarms and "
                f"audit since then are not on record ({merged.facts_left_out} sessions and cues are aside)"
            )
            lines.append(
                f"{merged.cues_rebuilt} cues since then are entered from audit.log, with what the journals "
                "saw of them; a break that only they know of is the stream's break again"
            )
            lines.append(
                f"{merged.event_ids} event ids used since, as the old database, the journals and audit.log "
                "tell, are not used again"
            )
            lines.append("users and tokens are those of the backup: revoke again what was revoked since")
        if merged.cues_closed:
            lines.append(
                f"{merged.cues_closed} cues that were on their way in the backup are over: SPLICED where a "
                "journal proves it, else FAILED; none is sent"
            )
        if merged.breaks_left_out:
            lines.append(f"planned breaks that are only in the folder aside: {merged.breaks_left_out}")
        if merged.streams_left_out:
            lines.append(f"streams that are only in the folder aside: {', '.join(merged.streams_left_out)}")
        if merged.will_start:
            lines.append(f"the next console or server will start: {', '.join(merged.will_start)}")
        return lines


def loader(server: DatabaseServer) -> Load:
    """Puts a file in the place of what a server has, as its only writer."""

    def load(path: Path) -> None:
        engine = prepare_server(server)
        try:
            load_into(engine, path, str(server))
        finally:
            engine.dispose()

    return load


def finish_restore(data_dir: Path, load: Load | None = None) -> None:
    """Complete a restore that was interrupted; nothing happens without one.

    `load` puts a database file in the place of what the server has, where the records are on one. To be
    called under the instance lock; each step may have been done already. Raises StorageError.
    """
    marker = data_dir / PENDING
    if not marker.exists():
        shutil.rmtree(data_dir / STAGED, ignore_errors=True)  # of one that was killed before it was decided
        return
    try:
        plan = json.loads(marker.read_bytes())
        staged, aside = data_dir / STAGED, data_dir / plan["aside"]
        aside.mkdir(mode=0o700, exist_ok=True)
        if plan.get("is_on_server"):
            _load(staged, aside, load)
        for name in plan["gone"]:
            _move(data_dir / name, aside / name)
        for name in plan["new"]:
            if (staged / name).exists():  # else it is in its place already
                for suffix in ("", *COMPANIONS):
                    _move(data_dir / f"{name}{suffix}", aside / f"{name}{suffix}")
                (staged / name).rename(data_dir / name)
        marker.unlink()
    except (OSError, ValueError, KeyError) as error:
        raise StorageError(f"A restore in {data_dir} could not be finished: {error}.") from error
    shutil.rmtree(staged, ignore_errors=True)


def _load(staged: Path, aside: Path, load: Load | None) -> None:
    if (staged / DATABASE).exists():  # else it is there already
        if load is None:
            raise StorageError("it is a server's: start with the settings that name it (database.url)")
        load(staged / DATABASE)
        (staged / DATABASE).unlink()
    if (staged / PRESENT_COPY).exists():
        _move(staged / PRESENT_COPY, aside / DATABASE)


def _move(present: Path, aside: Path) -> None:
    if present.exists() and not aside.exists():
        present.rename(aside)


async def restore_as_wanted(folders: Folders, server: DatabaseServer | None = None) -> tuple[str, ...]:
    """Do the restore that was asked for in the window, once; returns what the operator should be told.

    One that fails changes nothing, and the words say why.
    """
    wish = folders.data_dir / RESTORE_WANTED
    try:
        content = wish.read_bytes()
        wish.unlink()
    except FileNotFoundError:
        return ()
    except OSError as error:
        return (f"The restore that was asked for cannot be read: {error.strerror}.",)
    try:
        wanted = build(WantedRestore, json.loads(content), "the restore that was asked for")
        if time.time() - wanted.asked_at > WISH_S:
            return (f"The restore of {wanted.file} was asked for too long ago, and was not done.",)
        with acting_as(Actor(wanted.who)):
            done = await restore(folders, wanted.file, also_foreign=wanted.also_foreign, server=server)
            return (f"{'. '.join(line[:1].upper() + line[1:] for line in done.lines())}.",)
    except (OperatorError, ValueError) as error:
        return (f"Nothing was restored, the data are as they were: {error}",)


async def restore(
    folders: Folders, file: Path, *, also_foreign: bool = False, server: DatabaseServer | None = None
) -> Restored:
    """Restore a backup. Raises OperatorError with the reason; then the present data are as they were.

    One that was not made here brings users, streams and addresses of somebody else's: only with
    `also_foreign`, after whoever restores it has seen them (`look_into`). The records are in the database of
    a `server`, else in the folder's file.
    """
    folders.create()
    with InstanceLock.acquire(folders.data_dir, "restore"):
        finish_restore(folders.data_dir, None if server is None else loader(server))
        staged = folders.data_dir / STAGED
        shutil.rmtree(staged, ignore_errors=True)
        try:
            return await _restore(folders, file, staged, also_foreign, server)
        except OSError as error:
            raise StorageError(f"The backup could not be restored: {error}.") from error
        finally:
            if not (folders.data_dir / PENDING).exists():
                shutil.rmtree(staged, ignore_errors=True)


async def _restore(
    folders: Folders, file: Path, staged: Path, also_foreign: bool, server: DatabaseServer | None
) -> Restored:
    now = time.time()
    manifest = read_manifest(file)
    if manifest.schema_revision > REVISION:
        raise StorageError(
            f"The backup {file} was made by IBE-100 {manifest.version} (schema {manifest.schema_revision}; "
            f"this one knows up to {REVISION}): restore it with that version."
        )
    keys = known_keys(SecretStore.open_or_lock(folders.data_dir))
    if not also_foreign and not is_made_with(manifest, keys):
        raise StorageError(
            f"The backup {file} was not made here, or its manifest was changed since: look at its users and "
            "restore it with --not-made-here if they are the right ones."
        )
    present = folders.database_file
    room = 2 * sum(member.size for member in manifest.members)
    Pace(folders.data_dir).check_room(room + (present.stat().st_size if present.exists() else 0))
    unpack(file, staged)
    _upgrade(staged / DATABASE, now)
    if server is None:
        readable, words = _readable_copy(present, staged / PRESENT_COPY, now)
    else:
        readable, words = _copy_of_server(server, staged / PRESENT_COPY), ""
    evidence = await find_evidence(folders.streams_dir, folders.log_dir, manifest.made_at)
    aside = free_name(folders.data_dir / f"before-restore-{utc_stamp(now)}")
    detail = f"of {format_utc(manifest.made_at)}, from {file}; what was there is in {aside.name}"
    record = AuditRecord(
        at=now, who=acting().on_record, action="database restored", subject="", detail=detail
    )
    told, secrets = _secrets(folders.data_dir, staged)
    merged = merge(staged / DATABASE, readable, evidence, record, record_keys(secrets))
    notices = (words, told)
    if server is None:
        for left in staged.glob(f"{PRESENT_COPY}*"):
            left.unlink()
    number_anew(folders.streams_dir, merged.sessions)
    _switch(folders.data_dir, staged, aside, server)
    return Restored(manifest, aside, merged, tuple(one for one in notices if one))


def _upgrade(path: Path, now: float) -> None:
    """Upgrade to the schema of this version; the copy of before is the backup itself."""
    prepare(path, now)
    for copy in path.parent.glob(f"{path.name}.schema-*"):
        copy.unlink()


def _readable_copy(present: Path, copy: Path, now: float) -> tuple[Path | None, str]:
    """The present database in this version's schema, or None and why not. Raises StorageError."""
    if not present.exists():
        return None, ""
    try:
        if is_damaged(present):
            return None, "the present database is damaged"
        copy_file(present, copy)
    except LIBRARY_ERRORS as error:
        return None, f"the present database cannot be read ({error})"
    _upgrade(copy, now)
    return copy, ""


def _copy_of_server(server: DatabaseServer, copy: Path) -> Path | None:
    """A copy of what the server has; None where that is nothing. Raises StorageError."""
    prepare_server(server).dispose()
    with reading(server) as connection:
        if not first_in_use(connection):
            return None
    copy_server(server, copy)
    return copy


def _secrets(data_dir: Path, staged: Path) -> tuple[str, SecretStore]:
    """The backup's secrets, where their key is here, and those that came since; else those that are here.

    Returns what the operator should be told, and the secrets that will be in place.
    """
    present, restored = data_dir / SECRETS, staged / SECRETS
    key_dir = staged if (staged / SECRET_KEY).exists() else data_dir
    now = SecretStore.read(present, data_dir)
    then = SecretStore.read(restored, key_dir, now.former_keys if now is not None else ())
    if then is not None and now is not None:
        for name in (set(now.names()) - set(then.names())) | ({PRESENT, FORMER_KEYS} & set(now.names())):
            then.set(name, now.get(name) or "")
    if then is not None:
        return "", then
    was_there = restored.exists()
    restored.unlink(missing_ok=True)
    if not was_there:
        return "", SecretStore.open_or_lock(data_dir)
    told = (
        "the passphrases in the backup are encrypted with another key, and those that are here stay: put the "
        f"key of then in the data folder ({SECRET_KEY}) and restore again, or enter them again"
    )
    return told, SecretStore.open_or_lock(data_dir)


def _switch(data_dir: Path, staged: Path, aside: Path, server: DatabaseServer | None) -> None:
    """Decided once the marker is on disk; from then on it is completed, whatever happens."""
    elsewhere = (DATABASE, PRESENT_COPY) if server is not None else ()
    plan = {
        "aside": aside.name,
        "is_on_server": server is not None,
        "new": sorted(path.name for path in staged.iterdir() if path.name not in elsewhere),
        # The plan is the backup's: a copy of the present one must not bring that back.
        "gone": [SCHEDULE_COPY, *([] if (staged / PROFILES).exists() else [PROFILES])],
    }
    atomic_write(data_dir / PENDING, json.dumps(plan).encode(), 0o600)
    finish_restore(data_dir, None if server is None else loader(server))
