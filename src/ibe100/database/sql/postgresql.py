"""Connections to PostgreSQL, and all that is peculiar to it: TLS, timeouts, its one writer, its faults."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from ibe100.models.endpoints.fields import is_loopback
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.records.database import DatabaseServer
from ibe100.utils.program import COMMAND

LEAST_VERSION = 15
READ_CONNECTIONS = 2
CONNECT_TIMEOUT_S = 3
WRITER_LOCK = 0x1BE100
"""Advisory lock of a database, held by the connection that writes for as long as it lasts."""
KEEPALIVES = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
"""Seconds and tries, at both ends: a host that is gone is known, and its lock free, in five seconds."""
UNANSWERED_MS = 5000
LONGEST_NAME = 63
WEAK_TLS = frozenset({"disable", "allow", "prefer"})
"""Values of sslmode by which a server may talk in clear."""

HOST_LOCK = 0x1BE1
"""Class of the advisory locks of hosts, by a hash of their names: one console or server a host."""
TURN_LOCK = 0x1BE101
"""Advisory lock of the one transaction that writes, where several hosts work on a database."""

_AWAY_CLASSES = ("08", "53", "57")
"""Classes of SQLSTATE: connection exception, insufficient resources, operator intervention."""
_AWAY_STATES = ("55P03", "25P03")
"""Another host holds the turn for too long; ours was ended, for we did."""
_READ_ONLY = "25006"
_REMEDIES = {
    "password": f"give the password anew with {COMMAND} database password",
    "pg_hba.conf": "let this user in there",
    "certificate": "name the file that vouches for the server's: ?sslrootcert=FILE",
}
"""By a word of libpq's, which tells no SQLSTATE of a connection that did not come about."""
_FAULTS = {
    "53100": "the disk of the server is full; free some space there",
    "53300": "the server has no connection left; close some, or raise max_connections",
    "57P01": "the server was shut down",
    "57P03": "the server is starting or stopping",
    "42501": "the user has not the right to; grant it, or make the user the owner of the database",
    "55P03": "another host has kept its turn to write for too long",
    "25P03": "this host kept its turn to write for too long",
    _READ_ONLY: "the server takes no writes, as a standby does",
}


class DatabaseTaken(StorageError):
    """Another console or server works on the database; the text names it."""


def server_url(server: DatabaseServer) -> URL:
    """URL for SQLAlchemy, with the password: never to be shown but by its own masking `str`."""
    url = make_url(server.url)
    return url.set(password=server.password) if server.password else url


def writing_engine(server: DatabaseServer, host: str = "") -> Engine:
    """Engine with the connection that writes; while another has the database, DatabaseTaken is raised.

    As a `host` among others it writes in turn with them: what is read in a transaction holds to its COMMIT.
    """
    limits = f"-c lock_timeout={UNANSWERED_MS} -c idle_in_transaction_session_timeout={UNANSWERED_MS}"
    engine = _engine(server, limits if host else "", pool_size=1)
    if host:

        @event.listens_for(engine, "begin")
        def on_begin(connection: Connection) -> None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN_LOCK})")

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        try:
            _take_any_text(connection)
            _become_a_writer(connection, server, host)
        except BaseException:
            connection.close()
            raise

    return engine


def _take_any_text(connection: Any) -> None:
    """Have U+0000, which a program's last words may hold and the server's text may not, stored as U+FFFD."""
    from psycopg.types.string import StrDumper

    class TextDumper(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\ufffd"))

    connection.adapters.register_dumper(str, TextDumper)


def _become_a_writer(connection: DBAPIConnection, server: DatabaseServer, host: str) -> None:
    """The only writer, or with a `host` its only one beside those of other hosts."""
    with closing(connection.cursor()) as cursor:
        alone = "SELECT 1 WHERE pg_try_advisory_lock(%(key)s)"
        beside = "SELECT 1 WHERE pg_try_advisory_lock_shared(%(key)s)"
        cursor.execute(beside if host else alone, {"key": WRITER_LOCK})
        if cursor.fetchone() is None:
            cursor.execute(_HOLDER)
            who = next(iter(cursor.fetchone() or ["one that is just ending"]))
            raise DatabaseTaken(
                f"Another console or server works on the database {server.name}: {who}. Close it first; each "
                "needs a database of its own, or among several hosts a cluster.host."
            )
        if host:
            ours = f"SELECT 1 WHERE pg_try_advisory_lock({HOST_LOCK}, hashtext(%(host)s))"
            cursor.execute(ours, {"host": host})
            if cursor.fetchone() is None:
                raise DatabaseTaken(
                    f"Another console or server works on the database {server.name} as the host {host}: each "
                    "host has one, under a name of its own (cluster.host)."
                )
        # A COMMIT means on disk, whatever the server's default is.
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) "
            "WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


_HOLDER = (
    "SELECT a.application_name || coalesce(' at ' || host(a.client_addr), '') FROM pg_locks l "
    "JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted "
    f"AND l.objid = {WRITER_LOCK} AND l.database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database())"
)


def reading_engine(server: DatabaseServer) -> Engine:
    """A few connections that cannot write; one that was lost is made anew."""
    return _engine(
        server, "-c default_transaction_read_only=on", pool_size=READ_CONNECTIONS, pool_pre_ping=True
    )


def _engine(server: DatabaseServer, options: str, **pool: Any) -> Engine:
    url = server_url(server)
    at_the_server = " ".join(f"-c tcp_{name}={value}" for name, value in KEEPALIVES.items())
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "application_name": f"ibe100 on {socket.gethostname()}, process {os.getpid()}"[:LONGEST_NAME],
        "options": f"{at_the_server} -c tcp_user_timeout={UNANSWERED_MS} -c client_encoding=UTF8 {options}",
        "tcp_user_timeout": UNANSWERED_MS,
        **KEEPALIVES,
    }
    if not is_local(server) and "sslmode" not in url.query:
        arguments["sslmode"] = "verify-full"
    try:
        # Values would stand in errors, and so in logs: hashes of passwords are among them.
        return create_engine(url, max_overflow=0, hide_parameters=True, connect_args=arguments, **pool)
    except ImportError as error:
        raise ConfigurationError(
            f"PostgreSQL needs the package psycopg, which cannot be used here ({error}): "
            "pip install 'ibe100[postgresql]'"
        ) from error


def is_local(server: DatabaseServer) -> bool:
    """True where the server is reached by a Unix socket or this machine's loopback alone."""
    by_environment = [os.environ[name] for name in ("PGHOST", "PGHOSTADDR") if os.environ.get(name)]
    hosts = server.hosts or by_environment
    return all(host.startswith("/") or is_loopback(host.strip("[]")) for host in hosts)


def is_away(error: BaseException) -> bool:
    """True where the server cannot be reached or takes nothing for now: the same may go well later."""
    if isinstance(error, DatabaseTaken):
        return True
    if not isinstance(error, DBAPIError) or not _is_of_server(error):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return type(error.orig).__name__ == "OperationalError" or error.connection_invalidated
    return state[:2] in _AWAY_CLASSES or state == _READ_ONLY or state in _AWAY_STATES


def words_of(error: BaseException) -> str | None:
    """Words that end a sentence about a fault of the server; None for what is none of a server's."""
    if not isinstance(error, DBAPIError) or not _is_of_server(error):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state in _FAULTS:
        return _FAULTS[state]
    lines = str(error.orig).strip().splitlines() or ["no reason was given"]
    reason = lines[0].rstrip(". ")
    if state is not None or not is_away(error):
        return reason
    remedy = next((f"; {remedy}" for word, remedy in _REMEDIES.items() if word in reason), "")
    return f"the server cannot be reached, or does not let us in ({reason}){remedy}"


def _is_of_server(error: DBAPIError) -> bool:
    return type(error.orig).__module__.partition(".")[0] == "psycopg"


@lru_cache
def with_percent(sql: str) -> str:
    """SQL with `:name` parameters as the driver wants it; it holds no colon and no % otherwise."""
    return re.sub(r":(\w+)", r"%(\1)s", sql)


def why_unfit(connection: Connection) -> tuple[str, ...]:
    """Reasons why a server cannot keep records of ours; none where it can."""
    version, encoding = connection.execute(
        text("SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding')")
    ).one()
    found = []
    if version < LEAST_VERSION:
        found.append(f"it is on PostgreSQL {version}, and {LEAST_VERSION} or later is needed")
    if encoding != "UTF8":
        found.append(f"it is encoded in {encoding}: make one in UTF8 (createdb -E UTF8 -T template0)")
    return tuple(found)


def writer_of(connection: Connection) -> str | None:
    """Name of who works on the database now; None where nobody does."""
    holder = connection.exec_driver_sql(_HOLDER).scalar()
    return None if holder is None else str(holder)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database for as long as it lasts."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection


def transaction_of(connection: Connection) -> str | None:
    """Number of the transaction under way, by which its outcome is known later; None for other engines."""
    if connection.dialect.name != "postgresql":
        return None
    return str(connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one())


def is_committed(connection: Connection, transaction: str) -> bool:
    """True where a transaction whose COMMIT was never answered is on disk; its connection has ended.

    A server that crashed may never have had the number on disk: it is that of a transaction to come then, of
    which `pg_xact_status` raises an error.
    """
    query = text(
        "SELECT CASE WHEN CAST(:number AS xid8) < pg_snapshot_xmax(pg_current_snapshot())"
        " THEN pg_xact_status(CAST(:number AS xid8)) END"
    )
    return bool(connection.execute(query, {"number": transaction}).scalar() == "committed")
