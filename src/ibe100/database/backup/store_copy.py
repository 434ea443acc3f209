"""All rows of a database copied to one of another engine, and digests that prove that they are the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select, text

from ibe100.database.sql import postgresql, sqlite
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.database.sql.schema import REVISION, Base
from ibe100.database.upgrade import prepare, prepare_server, revision_of
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseAddress, DatabaseServer

BATCH = 1000
_MODULUS = 1 << 256

Pace = Callable[[], None]


@dataclass(frozen=True, slots=True)
class TableDigest:
    """Count of the rows of a table, and a sum over the SHA-256 of each, whatever their order."""

    table: str
    rows: int
    digest: str


def tables() -> tuple[Table, ...]:
    """Tables in an order in which each comes behind those that it refers to."""
    return tuple(Base.metadata.sorted_tables)


def digests_of(connection: Connection, pace: Pace = lambda: None) -> tuple[TableDigest, ...]:
    """Digests of all tables, alike for the same values on any engine; reads all of it."""
    return tuple(_digest(connection, table, pace) for table in tables())


def _digest(connection: Connection, table: Table, pace: Pace) -> TableDigest:
    count = total = 0
    for batch in _batches(connection, table):
        for row in batch:
            values = repr(tuple(row)).encode("utf-8", "surrogatepass")
            total += int.from_bytes(hashlib.sha256(values).digest())
        count += len(batch)
        pace()
    return TableDigest(table.name, count, f"{total % _MODULUS:064x}")


def _batches(connection: Connection, table: Table) -> Iterator[list[Any]]:
    streaming = {"stream_results": True, "yield_per": BATCH}
    for part in connection.execute(select(table), execution_options=streaming).partitions():
        yield list(part)


def first_in_use(connection: Connection) -> str:
    """Name of a table that has rows; empty where none has."""
    for table in tables():
        if connection.scalar(select(func.count()).select_from(select(table).limit(1).subquery())):
            return table.name
    return ""


def copy_rows(source: Connection, target: Connection, pace: Pace = lambda: None) -> None:
    """Copy all rows in the transaction of `target`, which has none, and number on behind them."""
    for table in tables():
        for batch in _batches(source, table):
            target.execute(table.insert(), [dict(row._mapping) for row in batch])
            pace()
        if table.autoincrement_column is not None:
            _number_on(target, table, _highest_given(source, table))


def _highest_given(source: Connection, table: Table) -> int:
    """The highest number that a table gave to a row, also to one that is gone since, where that is kept."""
    column = table.autoincrement_column
    assert column is not None
    there = source.scalar(select(func.max(column))) or 0
    if source.dialect.name == "postgresql":
        given = source.scalar(
            text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, :column) AS regclass))"),
            {"name": table.name, "column": column.name},
        )
    else:
        given = source.scalar(
            text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
        )
    return max(there, given or 0)


def _number_on(target: Connection, table: Table, highest: int) -> None:
    """Have the next row of a table get the number behind `highest`."""
    column = table.autoincrement_column
    assert column is not None
    named = {"name": table.name, "highest": highest}
    if not highest:
        return
    if target.dialect.name == "postgresql":
        sequence = text("SELECT setval(pg_get_serial_sequence(:name, :column), :highest)")
        target.execute(sequence, {**named, "column": column.name})
    elif table.dialect_options["sqlite"]["autoincrement"]:
        target.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
        target.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :highest)"), named)


def replace_rows(source: Connection, target: Connection) -> None:
    """Put the rows of `source` in the place of all that `target` has, in its transaction."""
    for table in reversed(tables()):
        target.execute(table.delete())
    copy_rows(source, target)


@contextmanager
def reading(address: DatabaseAddress) -> Iterator[Connection]:
    """A connection that sees one moment of a database of this schema. Raises StorageError."""
    engine = (
        sqlite.read_only_engine(address) if isinstance(address, Path) else postgresql.reading_engine(address)
    )
    try:
        revision = revision_of(engine)
        if revision != REVISION:
            raise StorageError(
                f"The database {address} is of schema {revision or 'none'}, this version's is {REVISION}: "
                "start the console or server of this version once on it."
            )
        if isinstance(address, Path):
            with engine.connect() as connection:
                yield connection
        else:
            with postgresql.snapshot(engine) as connection:
                yield connection
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "read", str(address)) from error
    finally:
        engine.dispose()


def copy_server(server: DatabaseServer, target: Path, pace: Pace = lambda: None) -> None:
    """Copy what is committed now to the new SQLite file `target`, one file on the disk when it returns.

    Raises StorageError, OSError, and what `pace` raises; `target` is no database then.
    """
    with reading(server) as source:
        prepare(target, 0.0)
        engine = sqlite.writing_engine(sqlite.sqlite_url(target, must_exist=True), durable=False)
        try:
            with engine.begin() as connection:
                copy_rows(source, connection, pace)
            with closing(engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
                cursor.execute("PRAGMA journal_mode=DELETE")
        finally:
            engine.dispose()
    with target.open("rb") as file:
        os.fsync(file.fileno())


def server_size(server: DatabaseServer) -> int:
    """Bytes that a database takes at its server. Raises StorageError."""
    engine = postgresql.reading_engine(server)
    try:
        with engine.connect() as connection:
            return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "read", str(server)) from error
    finally:
        engine.dispose()


def migrate(path: Path, server: DatabaseServer, pace: Pace = lambda: None) -> tuple[TableDigest, ...]:
    """Copy the SQLite file at `path` to an empty database of a server: whole and proved, or not at all.

    Returns the digests, which are alike on both. Raises StorageError.
    """
    engine = prepare_server(server)
    try:
        with reading(path) as source, engine.begin() as target:
            if used := first_in_use(target):
                raise StorageError(
                    f"The database {server} is not empty: {used} has rows. Nothing was copied; name an "
                    "empty one."
                )
            copy_rows(source, target, pace)
            before, after = digests_of(source, pace), digests_of(target, pace)
            if different := [one.table for one, other in zip(before, after, strict=True) if one != other]:
                raise StorageError(
                    f"The copy in {server} differs from {path} in {', '.join(different)}: it was given up."
                )
        return before
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "written", str(server)) from error
    finally:
        engine.dispose()


def load_into(engine: Engine, path: Path, name: str) -> None:
    """Put the rows of the SQLite file at `path` in the place of those of a server. Raises StorageError."""
    try:
        with reading(path) as source, engine.begin() as target:
            replace_rows(source, target)
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "restored", name) from error
