"""Connections, and all that is peculiar to SQLite: pragmas, error codes, check and copy of a file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from enum import Enum
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

BUSY_TIMEOUT_MS = 5000
READ_CONNECTIONS = 2
MOST_WAL_PAGES = 8000
"""32 MB: a WAL of that size is copied back within a commit; before, `checkpoint` does it between commits."""


class Fault(Enum):
    """Faults of the database, as words that end a sentence."""

    FULL = "the disk is full; free some space"
    READ_ONLY = "the file or its folder is read-only or gone; check both, and the write permission"
    LOCKED = "another program holds it locked; close that program"
    DAMAGED = "the file is damaged; restart to set it aside and begin a fresh one"
    UNREADABLE = "the disk reports an error; check it and the folder"


_SQLITE_FAULTS = {
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_READONLY: Fault.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Fault.READ_ONLY,
    sqlite3.SQLITE_BUSY: Fault.LOCKED,
    sqlite3.SQLITE_LOCKED: Fault.LOCKED,
    sqlite3.SQLITE_CORRUPT: Fault.DAMAGED,
    sqlite3.SQLITE_NOTADB: Fault.DAMAGED,
    sqlite3.SQLITE_IOERR: Fault.UNREADABLE,
}


def fault_of(error: BaseException) -> Fault | None:
    """Fault of the storage that `error` tells of; None for anything else, which is a bug."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(origin, sqlite3.Error):
        return None
    code = getattr(origin, "sqlite_errorcode", 0) & 0xFF  # the rest of an extended code only refines it
    return _SQLITE_FAULTS.get(code)


def sqlite_url(path: Path, *, must_exist: bool = False) -> URL:
    """URL of the file at `path`; unless it must exist, a connection makes one that is not there."""
    if must_exist:
        return URL.create("sqlite", database=path.absolute().as_uri(), query={"mode": "rw", "uri": "true"})
    return URL.create("sqlite", database=str(path))


def writing_engine(url: URL, *, durable: bool = True) -> Engine:
    """Engine with a connection whose COMMIT means on disk; without `durable` a power cut may cost seconds.

    A crash of the program loses nothing that was committed in either case.
    """
    engine = create_engine(url, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False})
    pragmas = ["PRAGMA journal_mode=WAL", f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}"]
    if durable:
        pragmas.append(f"PRAGMA wal_autocheckpoint={MOST_WAL_PAGES}")
    _prepare(engine, "BEGIN IMMEDIATE", *pragmas)
    return engine


def checkpoint(engine: Engine) -> None:
    """Copy the WAL back into the file, as far as readers allow. Raises sqlite3.Error.

    SQLite would do it by itself within a COMMIT, and whoever waits for that waits tens of milliseconds.
    """
    if engine.dialect.name == "sqlite":
        # Not by a Connection of SQLAlchemy's: that would begin a transaction, in which it is refused.
        with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


def reading_engine(url: URL) -> Engine:
    """A few connections that cannot write, and do not wait for the one that does."""
    engine = create_engine(
        url, pool_size=READ_CONNECTIONS, max_overflow=0, connect_args={"check_same_thread": False}
    )
    _prepare(engine, "BEGIN", "PRAGMA query_only=ON")
    return engine


def read_only_engine(path: Path) -> Engine:
    """Engine on a file that is never changed, not even by what SQLite does by itself."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=READ_CONNECTIONS, max_overflow=0
    )
    _prepare(engine, "BEGIN", "PRAGMA query_only=ON")
    return engine


def _prepare(engine: Engine, begin: str, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver's own transactions break savepoints and DDL: BEGIN is sent below instead.
        connection.isolation_level = None
        with closing(connection.cursor()) as cursor:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            cursor.execute("PRAGMA foreign_keys=ON")
            for pragma in pragmas:
                cursor.execute(pragma)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def is_damaged(path: Path) -> bool:
    """True when the SQLite file at `path` cannot be used; reads all of it.

    Raises sqlite3.Error for a fault that is not the file's own (locked, unreadable folder, ...).
    """
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if fault_of(error) is Fault.DAMAGED:
            return True
        raise
    return bool(verdict != "ok")


def copy_file(source: Path, target: Path) -> None:
    """A consistent copy of a SQLite file with what still lies in its WAL."""
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
