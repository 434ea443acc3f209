"""What is known of a server's database: whether it can keep records, and how safely."""

from __future__ import annotations

import time

from sqlalchemy import Connection, Engine, func, inspect, select, text

from ibe100.database.sql import postgresql
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.database.sql.schema import REVISION, AuditRow, CueRow, StreamRow, table_of
from ibe100.models.base import Value
from ibe100.models.records.database import DatabaseServer

ROUNDS = 20


class ServerReport(Value):
    """State of a server's database, and what is amiss."""

    database: str
    version: str
    """Of the server."""
    encryption: str
    """TLS version of the connection; empty where it is in clear."""
    schema_revision: str | None = None
    """None in a database that is empty."""
    streams: int = 0
    cues: int = 0
    audit_lines: int = 0
    writer: str | None = None
    """Who works on it now."""
    round_trip_ms: float
    """Median of a question and its answer."""
    faults: tuple[str, ...] = ()
    """Reasons why no records can be kept there."""
    warnings: tuple[str, ...] = ()
    """Settings by which a COMMIT may be lost, or be read on its way."""


def report_of(server: DatabaseServer) -> ServerReport:
    """Look at a server's database; nothing is changed. Raises StorageError where it cannot be reached."""
    engine = postgresql.reading_engine(server)
    try:
        with engine.connect() as connection:
            return _report(engine, connection, server)
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "reached", str(server)) from error
    finally:
        engine.dispose()


def _report(engine: Engine, connection: Connection, server: DatabaseServer) -> ServerReport:
    faults = postgresql.why_unfit(connection)
    tls = (
        connection.scalar(text("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl")) or ""
    )
    names = inspect(connection).get_table_names()
    revision = counts = None
    if "alembic_version" in names:
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
        counts = [
            connection.scalar(select(func.count()).select_from(table_of(row)))
            for row in (StreamRow, CueRow, AuditRow)
        ]
    elif names:
        faults = (*faults, "it is one of some other program")
    if revision is not None and revision > REVISION:
        faults = (*faults, f"a newer version of IBE-100 has written it (schema {revision})")
    streams, cues, audit_lines = counts or (0, 0, 0)
    return ServerReport(
        database=str(server),
        version=str(connection.scalar(text("SELECT current_setting('server_version')"))),
        encryption=tls,
        schema_revision=revision,
        streams=streams or 0,
        cues=cues or 0,
        audit_lines=audit_lines or 0,
        writer=postgresql.writer_of(connection),
        round_trip_ms=_round_trip_ms(connection),
        faults=faults,
        warnings=_warnings(connection, server, tls),
    )


def _warnings(connection: Connection, server: DatabaseServer, tls: str) -> tuple[str, ...]:
    found = []
    for name, meaning in (
        ("fsync", "a crash of the server's machine may damage the database"),
        ("full_page_writes", "a crash of the server's machine may damage the database"),
    ):
        if connection.scalar(text("SELECT current_setting(:name)"), {"name": name}) == "off":
            found.append(f"{name} is off: {meaning}")
    if not tls and not postgresql.is_local(server):
        found.append("the connection is in clear: what is on record can be read on its way")
    return tuple(found)


def _round_trip_ms(connection: Connection) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        connection.exec_driver_sql("SELECT 1")
        took.append(time.perf_counter() - began)
    return round(sorted(took)[ROUNDS // 2] * 1000, 2)
