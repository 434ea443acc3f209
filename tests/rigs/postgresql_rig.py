"""A PostgreSQL server of the test run's own: on a Unix socket, without a network, one for all its workers."""

from __future__ import annotations

import fcntl
import itertools
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ibe100.database.upgrade import prepare_server
from ibe100.models.records.database import DatabaseAddress, DatabaseServer

DEADLINE_S = 60.0
TEMPLATE = "template_ibe100"
_QUICK = (
    "listen_addresses = ''\nfsync = off\nfull_page_writes = off\nautovacuum = off\nshared_buffers = 16MB\n"
)
USERS = ("postgres", "nobody")
"""Users as which the server runs where the tests are root, which it refuses to be run by."""


def programs() -> Path | None:
    """Folder of the server's programs; None where there is none."""
    found = [Path(path).resolve().parent for name in ("initdb",) if (path := shutil.which(name))]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """A server in `folder`, whose socket lies there, too; with a port it also listens on loopback."""

    def __init__(self, folder: Path, port: int | None) -> None:
        self.folder = folder
        self.port = port
        self._count = itertools.count()

    @property
    def pid(self) -> int:
        """Process of the server."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def address(self, database: str) -> DatabaseServer:
        """Address of one of its databases."""
        if self.port is not None:
            return DatabaseServer(f"postgresql+psycopg://ibe100@127.0.0.1:{self.port}/{database}")
        return DatabaseServer(f"postgresql+psycopg://ibe100@/{database}?host={self.folder}")

    def run(self, sql: str, database: str = "postgres") -> None:
        """Run SQL outside of a transaction."""
        url = self.address(database).url.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.encode())

    def create(self, template: str = "template0") -> DatabaseServer:
        """A new database, as its template is."""
        name = f"test_{os.getpid()}_{next(self._count)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return self.address(name)

    def drop(self, server: DatabaseServer) -> None:
        """Drop a database, whoever is in it."""
        self.run(f"DROP DATABASE IF EXISTS {_name(server)} WITH (FORCE)")

    def stop(self) -> None:
        """End the server as a power cut would."""
        os.kill(self.pid, signal.SIGQUIT)
        _until_gone(self.folder / "data" / "postmaster.pid")

    def start(self) -> None:
        """Start it again, on what is on the disk."""
        _start(self.folder)


def rows(address: DatabaseAddress, *statements: str) -> list[Any]:
    """Run statements straight on a database of either kind; returns the rows of the last."""
    if isinstance(address, Path):
        with closing(sqlite3.connect(address)) as connection:
            found = [connection.execute(statement).fetchall() for statement in statements]
            connection.commit()
        return found[-1]
    with psycopg.connect(address.url.replace("+psycopg", "")) as connection:
        cursors = [connection.execute(statement.encode()) for statement in statements]
        return cursors[-1].fetchall() if cursors[-1].description else []


@contextmanager
def postgres_server(shared: str = "", port: int | None = None) -> Iterator[PostgresServer]:
    """A server for as long as it lasts, or that of the run named `shared`, which ends with its last user.

    One with a port on loopback keeps what it is given from a power cut, as those outside of tests do.
    """
    folder = Path(tempfile.gettempdir(), f"ibe100-pg-{shared}") if shared else Path(tempfile.mkdtemp())
    use = _use(folder)
    try:
        server = PostgresServer(folder, port)
        with (folder / "mutex").open("w") as mutex:
            fcntl.flock(mutex, fcntl.LOCK_EX)
            if not (folder / "ready").exists():
                _make(
                    folder,
                    _owner(),
                    _QUICK if port is None else f"listen_addresses = '127.0.0.1'\nport = {port}\n",
                )
                _end_with_users(folder)
                server.run(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
                prepare_server(server.address(TEMPLATE)).dispose()
                (folder / "ready").touch()
        yield server
    finally:
        os.close(use)


def _use(folder: Path) -> int:
    """A shared lock of the folder; one that is just being removed by its last user is made again."""
    while True:
        folder.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            descriptor = os.open(folder, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if folder.exists() and folder.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
            os.close(descriptor)


def _make(folder: Path, owner: pwd.struct_passwd, settings: str) -> None:
    place = programs()
    assert place is not None
    folder.chmod(0o755)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    made = [str(place / "initdb"), "-D", str(folder / "data"), "-U", "ibe100", "-A", "trust", "--no-sync"]
    _run_as(owner, [*made, "-E", "UTF8", "--locale=C.UTF-8"], folder)
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.write(f"unix_socket_directories = '{folder}'\nmax_connections = 100\n{settings}")
    _start(folder)


def _start(folder: Path) -> None:
    place = programs()
    assert place is not None
    control = [str(place / "pg_ctl"), "-D", str(folder / "data"), "-l", str(folder / "log")]
    _run_as(_owner(), [*control, "-t", f"{DEADLINE_S:.0f}", "-w", "start"], folder)


def _end_with_users(folder: Path) -> None:
    """Whoever uses the server holds a shared lock of its folder, and dies with it: nothing is left behind."""
    place = programs()
    stop = f"'{place}/pg_ctl' -D '{folder}/data' -m immediate stop"
    if os.geteuid() == 0:
        stop = f"setpriv --reuid {_owner().pw_name} --clear-groups {stop}"
    end = ["flock", "--exclusive", "--close", str(folder), "sh", "-c", f"{stop}; rm -rf '{folder}'"]
    with Path(os.devnull).open("r+b") as nowhere:
        subprocess.run(["setsid", "--fork", *end], check=True, stdin=nowhere, stdout=nowhere, stderr=nowhere)


def _run_as(owner: pwd.struct_passwd, command: Sequence[str], folder: Path) -> None:
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        other = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **other
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _owner() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    return next(one for one in pwd.getpwall() if one.pw_name in USERS)


def _name(server: DatabaseServer) -> str:
    return server.url.partition("@/")[2].partition("?")[0]


def _until_gone(path: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while path.exists():
        assert time.monotonic() < deadline, f"{path} stays"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """The server of this test run; skips the test where there is none to start."""
    if programs() is None:
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    with postgres_server(os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")) as server:
        yield server


@pytest.fixture
def server(postgresql: PostgresServer) -> Iterator[DatabaseServer]:
    """A migrated database on the server, without a row."""
    made = postgresql.create(TEMPLATE)
    yield made
    postgresql.drop(made)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseAddress:
    """Place for a database: a file that is not there yet, or a migrated database on the server."""
    if request.param == "SQLite":
        return tmp_path / "ibe100.db"
    made: DatabaseServer = request.getfixturevalue("server")
    return made
