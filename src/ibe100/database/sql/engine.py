"""Connections to a database, whichever engine keeps it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine

from ibe100.database.sql import postgresql, sqlite
from ibe100.models.records.database import DatabaseAddress

Run: TypeAlias = Callable[[str, dict[str, Any]], Any]
"""Runs SQL with `:name` parameters and returns a cursor: of sqlite3, or of SQLAlchemy's driver."""


def wall_clock(connection: Connection) -> float:
    """Wall clock of the machine that keeps the database, seconds since the epoch."""
    is_file = connection.dialect.name == "sqlite"
    now = "(julianday('now') - 2440587.5) * 86400.0" if is_file else "extract(epoch FROM clock_timestamp())"
    return float(connection.exec_driver_sql(f"SELECT {now}").scalar_one())


def writing_engine(address: DatabaseAddress) -> Engine:
    """Engine with the connection whose COMMIT means on disk; a file has to be there."""
    if isinstance(address, Path):
        return sqlite.writing_engine(sqlite.sqlite_url(address, must_exist=True))
    return postgresql.writing_engine(address)


def reading_engine(address: DatabaseAddress) -> Engine:
    """A few connections that cannot write, and do not wait for the one that does."""
    if isinstance(address, Path):
        return sqlite.reading_engine(sqlite.sqlite_url(address, must_exist=True))
    return postgresql.reading_engine(address)


def looking_engine(address: DatabaseAddress) -> Engine:
    """Engine for whoever only looks at a database that others may be working on: no file is changed."""
    if isinstance(address, Path):
        return sqlite.read_only_engine(address)
    return postgresql.reading_engine(address)


def run_of(connection: Connection) -> Run:
    """SQL straight to the driver: putting a statement together takes longer than running it does."""
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql

    def run(sql: str, parameters: dict[str, Any]) -> Any:
        return connection.exec_driver_sql(postgresql.with_percent(sql), parameters)

    return run
