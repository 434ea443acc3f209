"""Backups: made whole or not at all, proved, listed, and thrown away when they are many."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from ibe100 import __version__
from ibe100.database.backup.archive import (
    check_file,
    digest_of,
    extract,
    members_of,
    read_manifest,
    write_archive,
)
from ibe100.database.backup.sqlite_copy import (
    Pace,
    check_copy,
    copy_online,
    database_size,
    foreign_objects,
    head_of,
    schema_of,
)
from ibe100.database.backup.store_copy import copy_server, server_size
from ibe100.models.backup import (
    DATABASE,
    LAYOUTS,
    PROFILES,
    SEALING,
    SECRET_KEY,
    SECRETS,
    BackupFile,
    BackupManifest,
    BackupMember,
    sealed,
)
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseServer
from ibe100.models.records.keys import NO_KEY, RecordKeys
from ibe100.utils.program import COMMAND
from ibe100.utils.timecode import utc_stamp
from ibe100.utils.units import format_bytes

UNFINISHED = (".ibe100-copy.part", ".ibe100-packed.part")
"""Names of the files in which a backup is made; a killed one may leave them."""
DAY_S = 86_400.0
_log = logging.getLogger(__name__)
_NAME = re.compile(r"ibe100-\d{8}T\d{6}Z(-\d+)?\.tar\.gz")


Seal: TypeAlias = Callable[[BackupManifest], BackupManifest]
"""Puts the seal of this installation on a manifest."""


def unsealed(manifest: BackupManifest) -> BackupManifest:
    """`manifest` itself: the secrets are locked, and nothing can be proved by them."""
    return manifest


def sealing(keys: RecordKeys) -> Seal:
    """The seal by the present one of `keys`."""
    if keys.present == NO_KEY:
        return unsealed
    key = keys.derived(SEALING, keys.present)
    return lambda manifest: sealed(manifest, keys.present, key)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Makes the folder, and removes what a backup that was killed left in it. Raises StorageError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise StorageError(
            f"The folder of backups {folder} cannot be written: {error.strerror}. Give this user write "
            "permission, or choose another folder (setting backup.folder)."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StorageError(f"A backup is just being made in {folder}: wait for its end.") from None
    except OSError as error:
        _log.info("%s is on a file system that locks no folders (%s)", folder, error.strerror)
    try:
        _sweep(folder)
        yield
    finally:
        _sweep(folder)
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    for name in UNFINISHED:
        for suffix in ("", "-wal", "-shm", "-journal"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)


def new_name(folder: Path, at: float) -> Path:
    """A free name for a backup of this time."""
    stamp, number = utc_stamp(at), 1
    while (file := folder / f"ibe100-{stamp}{f'-{number}' if number > 1 else ''}.tar.gz").exists():
        number += 1
    return file


def make_backup(
    data_dir: Path,
    file: Path,
    pace: Pace,
    seal: Seal = unsealed,
    *,
    with_key: bool = False,
    server: DatabaseServer | None = None,
    settings_files: tuple[Path, ...] = (),
) -> BackupManifest:
    """Copy, prove and pack what is on record into the new `file`: on disk under that name, or not at all.

    The database is that of a `server`, else the file in the folder: the backup is the same. `seal` puts the
    proof of who made it on the manifest. Raises StorageError with the reason, BackupStopped.
    """
    if server is None and not (data_dir / DATABASE).is_file():
        raise StorageError(f"There is no database in {data_dir}: nothing is on record yet.")
    folder = file.parent
    try:
        with only_one(folder):
            if file.exists():
                raise StorageError(f"{file} exists already; nothing is overwritten.")
            copy, packed = (folder / name for name in UNFINISHED)
            manifest = _make(data_dir, settings_files, server, copy, packed, pace, seal, with_key)
            packed.rename(file)
            _sync_folder(folder)
            return manifest
    except OSError as error:
        raise StorageError(f"The backup {file} could not be made: {error.strerror}.") from error


def _make(
    data_dir: Path,
    settings_files: tuple[Path, ...],
    server: DatabaseServer | None,
    copy: Path,
    packed: Path,
    pace: Pace,
    seal: Seal,
    with_key: bool,
) -> BackupManifest:
    others = _others(data_dir, settings_files, with_key)
    size = database_size(data_dir / DATABASE) if server is None else server_size(server)
    size += sum(len(content) for content in others.values())
    sources: dict[str, Path | bytes] = {DATABASE: copy, **others}
    pace.check_room(2 * size)  # the copy, and the same packed
    made_at = time.time()
    if server is None:
        copy_online(data_dir / DATABASE, copy, pace)
    else:
        copy_server(server, copy, pace)
    if wrong := check_copy(copy):
        raise StorageError(
            f"The database is damaged: its copy fails the integrity check ({wrong}). The earlier backups "
            f"stay: restore one of them ({COMMAND} backup list)."
        )
    members = []
    for name, source in sources.items():
        length, digest = digest_of(source, pace)
        members.append(BackupMember(name=name, size=length, sha256=digest))
    manifest = seal(
        BackupManifest(
            made_at=made_at,
            version=__version__,
            schema_revision=schema_of(copy),
            members=tuple(members),
            head=head_of(copy),
        )
    )
    write_archive(packed, manifest, sources, pace)
    _check_content(packed, pace)
    return manifest


def _others(data_dir: Path, settings_files: tuple[Path, ...], with_key: bool) -> dict[str, bytes]:
    """Files kept beside the database and those of the settings, by name in the backup. Raises OSError."""
    names = [SECRETS, LAYOUTS, *([SECRET_KEY] if with_key else [])]
    found = {name: data_dir / name for name in names}
    found |= {path.name: path for path in sorted(data_dir.glob("[!.]*.json"))}
    found |= {f"{PROFILES}/{path.name}": path for path in sorted((data_dir / PROFILES).glob("[!.]*.json"))}
    found |= {path.name: path for path in settings_files if path.suffix == ".json"}
    return {name: path.read_bytes() for name, path in found.items() if path.is_file()}


def _check_content(file: Path, pace: Callable[[], None]) -> None:
    check_file(file, pace)
    for member, content in members_of(file):
        extract(member, content, None, pace)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:  # a network file system may do that by itself, and have no word for it
        _log.info("the name of a backup in %s was not synced: %s", folder, error.strerror)
    finally:
        os.close(descriptor)


def unpack(file: Path, folder: Path, pace: Callable[[], None] = lambda: None) -> BackupManifest:
    """Unpack a backup into the empty `folder`, every byte proved. Raises StorageError with the reason."""
    check_file(file, pace)
    manifest = read_manifest(file)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_sizes(file, manifest, folder)
        for member, content in members_of(file):
            target = folder / member.name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            extract(member, content, target, pace)
            target.chmod(0o600)
    except OSError as error:
        raise StorageError(f"The backup {file} could not be unpacked: {error.strerror}.") from error
    if wrong := check_copy(folder / DATABASE):
        raise StorageError(f"The database in the backup {file} is damaged: {wrong}.")
    if strange := foreign_objects(folder / DATABASE):
        raise StorageError(f"The database in the backup {file} holds {strange}, which is none of ours.")
    if (found := schema_of(folder / DATABASE)) != manifest.schema_revision:
        raise StorageError(
            f"The backup {file} says schema {manifest.schema_revision}, its database is of {found}."
        )
    return manifest


def check_sizes(file: Path, manifest: BackupManifest, folder: Path) -> None:
    """Check that what the manifest announces fits on the disk. Raises StorageError, OSError."""
    announced = sum(member.size for member in manifest.members)
    if announced > shutil.disk_usage(folder).free:
        raise StorageError(
            f"The backup {file} holds {format_bytes(announced)}, more than is free in {folder}."
        )


def list_backups(folder: Path) -> tuple[BackupFile, ...]:
    """The automatic ones and those that were named like them, the newest first. Raises StorageError."""
    try:
        found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)] if folder.is_dir() else []
        return tuple(sorted((describe(path) for path in found), key=_made_at, reverse=True))
    except OSError as error:
        raise StorageError(f"The folder of backups {folder} cannot be read: {error.strerror}.") from error


def describe(file: Path) -> BackupFile:
    """Description of a backup by its manifest; the rest is not read. Raises OSError."""
    size = file.stat().st_size
    try:
        return BackupFile(path=file, size=size, manifest=read_manifest(file))
    except StorageError as error:
        return BackupFile(path=file, size=size, problem=str(error))


def _made_at(backup: BackupFile) -> tuple[float, str]:
    return (0.0 if backup.manifest is None else backup.manifest.made_at, backup.path.name)


def superfluous(backups: tuple[BackupFile, ...], daily: int, weekly: int) -> tuple[BackupFile, ...]:
    """Backups to delete: all but the newest of each of `daily` days (UTC) and `weekly` ISO weeks before them.

    All of the last day stay as well: somebody may have made one before each step of a change. Days and weeks
    without a backup do not count, so that a console which was off for long loses none. One that cannot be
    read is for the operator to judge, and stays.
    """
    days: dict[object, BackupFile] = {}
    weeks: dict[object, BackupFile] = {}
    weeks_of_days: set[object] = set()
    readable = sorted((one for one in backups if one.manifest is not None), key=_made_at, reverse=True)
    for backup in readable:
        moment = datetime.fromtimestamp(_made_at(backup)[0], UTC)
        if moment.date() in days or len(days) < daily:
            days.setdefault(moment.date(), backup)
            weeks_of_days.add(moment.isocalendar()[:2])
        elif (week := moment.isocalendar()[:2]) not in weeks_of_days:
            weeks.setdefault(week, backup)
    newest_at = _made_at(readable[0])[0] if readable else 0.0
    young = [one for one in readable if _made_at(one)[0] > newest_at - DAY_S]
    kept = [*young, *days.values(), *list(weeks.values())[:weekly]]
    return tuple(one for one in readable if one not in kept)


def prune(folder: Path, daily: int, weekly: int) -> tuple[Path, ...]:
    """Delete what is superfluous; to be called when a new backup was proved. Raises StorageError."""
    gone = superfluous(list_backups(folder), max(1, daily), weekly)
    try:
        for backup in gone:
            backup.path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"An old backup could not be deleted: {error.strerror}.") from error
    return tuple(backup.path for backup in gone)
