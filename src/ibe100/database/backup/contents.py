"""Whom a backup would let in, and what it would bring: looked at before it is restored."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from ibe100.database.backup.archive import read_manifest
from ibe100.database.backup.backups import unpack
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.models.backup import DATABASE, BackupContents, BackupManifest, is_made_with
from ibe100.models.errors import StorageError
from ibe100.models.records.keys import RecordKeys

LEAST_FREE_TO_LOOK = 50_000_000
"""Folder in which the database is unpacked for a moment; it may be a small disk in memory."""


def look_into(file: Path, keys: RecordKeys) -> BackupContents:
    """Look into a backup; every byte is proved where it was not made here. Raises StorageError."""
    manifest = read_manifest(file)
    if is_made_with(manifest, keys):
        return BackupContents(file=file, manifest=manifest, is_made_here=True)
    with tempfile.TemporaryDirectory(prefix="ibe100-look-") as scratch:
        folder = Path(scratch)
        room = sum(member.size for member in manifest.members)
        Pace(folder, least_free=LEAST_FREE_TO_LOOK).check_room(room)
        manifest = unpack(file, folder)
        return _read(file, manifest, folder / DATABASE)


def _read(file: Path, manifest: BackupManifest, path: Path) -> BackupContents:
    users: list[tuple[str, str]] = []
    tokens: list[tuple[str, str, str]] = []
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            configs = connection.execute("SELECT config FROM streams ORDER BY number").fetchall()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if {"users", "tokens"} <= tables:
                users = connection.execute("SELECT name, role FROM users ORDER BY name").fetchall()
                tokens = connection.execute(
                    "SELECT user, label, role FROM tokens ORDER BY token_id"
                ).fetchall()
    except sqlite3.DatabaseError as error:
        raise StorageError(f"The database in the backup {file} cannot be read: {error}.") from error
    names = tuple(_name(config) for (config,) in configs)
    return BackupContents(
        file=file,
        manifest=manifest,
        is_made_here=False,
        users=tuple(users),
        tokens=tuple(tokens),
        streams=names,
    )


def _name(config: object) -> str:
    with suppress(ValueError, TypeError, KeyError):
        return str(json.loads(str(config))["name"])
    return "that cannot be read"
