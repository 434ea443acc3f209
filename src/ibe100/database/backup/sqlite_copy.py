"""A consistent copy of a SQLite file that is being written to, made in small steps; and the proof of one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ibe100.database.chain.links import head
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.models.backup import RecordHead
from ibe100.models.errors import StorageError
from ibe100.utils.units import format_bytes

STEP_PAGES = 64
"""256 kB: what is read while nobody else gets a turn, and all that waits in the kernel for the disk."""
SYNC_BYTES = 1 << 20
LEAST_FREE_BYTES = 500_000_000
"""Left on the disk of the backups, for what streams, logs and the database still have to write."""


class BackupStopped(Exception):
    """Whoever asked for it is gone, or has changed its mind."""


class Pace:
    """Pace of a backup, called after each MB: lets others at the disk, checks for room and cancellation."""

    def __init__(
        self,
        folder: Path,
        is_stopped: Callable[[], bool] = lambda: False,
        *,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        rest: float = 1.0,
        least_free: int = LEAST_FREE_BYTES,
    ) -> None:
        """`rest`: seconds of rest for each second of work, so that a commit finds the disk idle."""
        self._folder = folder
        self._is_stopped = is_stopped
        self._free = free
        self._rest = rest
        self._least_free = least_free
        self._began = time.monotonic()

    def __call__(self) -> None:
        if self._is_stopped():
            raise BackupStopped
        if (free := self._free(self._folder)) < self._least_free:
            raise StorageError(f"only {format_bytes(free)} are left {_what_to_do(self._folder)}")
        time.sleep(self._rest * min(1.0, time.monotonic() - self._began))
        self._began = time.monotonic()

    def check_room(self, needed: int) -> None:
        """Check the disk. Raises StorageError when a backup of so many bytes would leave too little."""
        free = self._free(self._folder)
        if free < needed + self._least_free:
            raise StorageError(
                f"{format_bytes(needed)} are needed for a moment and {format_bytes(self._least_free)} have "
                f"to stay free, but only {format_bytes(free)} are {_what_to_do(self._folder)}"
            )


def _what_to_do(folder: Path) -> str:
    return f"on the disk of {folder}: free some space, or choose another folder (setting backup.folder)"


def database_size(path: Path) -> int:
    """Bytes of the database with what lies in its WAL. Raises StorageError."""
    try:
        with closing(_reading(path)) as connection:
            (pages,), (size,) = (
                connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
            )
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "read", str(path)) from error
    return int(pages * size)


def copy_online(source: Path, target: Path, pace: Pace) -> None:
    """Copy what is committed now to the new file `target`; who writes meanwhile does not wait.

    Raises StorageError, OSError, BackupStopped; `target` is no database then.
    """
    # Nobody else opens it, and a network file system may have no locks.
    new = f"{target.absolute().as_uri()}?nolock=1"
    try:
        with closing(_reading(source)) as original, closing(sqlite3.connect(new, uri=True)) as copy:
            copy.execute("PRAGMA journal_mode=OFF")
            copy.execute("PRAGMA synchronous=OFF")  # synced below, in small pieces
            # Within one transaction: a commit of somebody else would begin the copy anew at each step.
            original.execute("BEGIN")
            original.execute("SELECT count(*) FROM sqlite_master").fetchone()
            descriptor = os.open(target, os.O_RDWR)
            try:

                def step(_status: int, _remaining: int, _total: int) -> None:
                    # What lies in the kernel would be written by the next commit of a cue, which waits.
                    os.fdatasync(descriptor)
                    pace()

                original.backup(copy, pages=STEP_PAGES, progress=step)
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "copied", str(source)) from error


def check_copy(path: Path) -> str:
    """Faults that `PRAGMA integrity_check` finds in a file that nobody writes to; empty without any."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA mmap_size=0")
            rows = connection.execute("PRAGMA integrity_check(3)").fetchall()
    except sqlite3.DatabaseError as error:
        return str(error)
    verdict = "; ".join(str(row[0]) for row in rows)
    return "" if verdict == "ok" else verdict


def schema_of(path: Path) -> str:
    """The schema revision of a file that nobody writes to. Raises StorageError."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{path.name} is no database of IBE-100: {error}") from error
    if row is None:
        raise StorageError(f"{path.name} is no database of IBE-100: it names no schema")
    return str(row[0])


def head_of(path: Path) -> RecordHead | None:
    """Head of the record's chain in a file that nobody writes to; None in one of an older schema."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            link, mac = head(connection.execute)
    except sqlite3.DatabaseError:
        return None
    return RecordHead(link=link, mac=mac.hex())


def foreign_objects(path: Path) -> str:
    """First object of a file that acts by itself on a read or write, such as a trigger; empty without one."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            row = connection.execute(
                "SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index') "
                "OR sql LIKE 'CREATE VIRTUAL%' OR sql LIKE '%GENERATED%' LIMIT 1"
            ).fetchone()
    except sqlite3.DatabaseError as error:
        return f"what cannot be read ({error})"
    return "" if row is None else f"the {row[0]} {row[1]!r}"


def _reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0, isolation_level=None
    )
    connection.execute("PRAGMA query_only=ON")
    return connection
