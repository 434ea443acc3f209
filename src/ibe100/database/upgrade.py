"""Bring a database to the schema of this version before anybody uses it."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from ibe100.database.sql import postgresql
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.database.sql.schema import REVISION
from ibe100.database.sql.sqlite import copy_file, is_damaged, sqlite_url, writing_engine
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseServer
from ibe100.utils.set_aside import free_name, set_aside
from ibe100.utils.timecode import utc_stamp

PATIENCE_S = 6.0
"""Longer than a server needs to find that a writer before us is gone with its host."""
LOOK_S = 0.5


def prepare(path: Path, now: float) -> tuple[str, ...]:
    """Make `path` a database of schema REVISION; returns what the operator should be told.

    A damaged file is set aside and a fresh one made; before a migration the file is copied.
    Raises StorageError when the folder or file cannot be used or was written by a newer version.
    """
    notices: list[str] = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and is_damaged(path):
            aside = set_aside(path, now, ("-wal", "-shm"))
            notices.append(
                f"The database {path} was damaged. It was set aside as {aside.name} and a fresh one was "
                "begun: earlier sessions, cues and alarms are in that file only."
            )
        engine = writing_engine(sqlite_url(path))
        try:
            notices.extend(_migrate(engine, path, now))
        finally:
            engine.dispose()
    except OSError as error:
        raise StorageError(
            f"The database {path} could not be opened: {error.strerror}. Check the folder {path.parent}."
        ) from error
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "opened", str(path)) from error
    return tuple(notices)


def prepare_server(server: DatabaseServer, host: str = "") -> Engine:
    """The engine that writes to a database of schema REVISION on a server. Raises StorageError.

    With a `host` others may write beside it.

    One that is just starting, or a writer before us that is just ending, is waited for a little. No copy is
    made before a migration, which is one transaction there: it is done whole, or not at all.
    """
    engine = postgresql.writing_engine(server, host)
    try:
        _wait_for(engine)
        with engine.connect() as connection:
            if faults := postgresql.why_unfit(connection):
                raise StorageError(f"The database {server} cannot be used: {'; '.join(faults)}.")
        _check_schema(engine, f"The database {server}", "choose another database")
        if _state(engine)[0] != REVISION:
            _run_migrations(engine)
        return engine
    except BaseException as error:
        engine.dispose()
        if isinstance(error, LIBRARY_ERRORS):
            raise storage_error(error, "opened", str(server)) from error
        raise


def _wait_for(engine: Engine) -> None:
    patience = time.monotonic() + PATIENCE_S
    while True:
        try:
            engine.connect().close()
            return
        except (StorageError, *LIBRARY_ERRORS) as error:
            if not postgresql.is_away(error) or time.monotonic() > patience:
                raise
        time.sleep(LOOK_S)


def _migrate(engine: Engine, path: Path, now: float) -> tuple[str, ...]:
    revision = _check_schema(engine, f"The database {path}", "move it away or choose another data folder")
    if revision == REVISION:
        return ()
    notices: tuple[str, ...] = ()
    if revision is not None:
        backup = free_name(path.with_name(f"{path.name}.schema-{revision}-{utc_stamp(now)}"))
        copy_file(path, backup)
        notices = (
            f"The database {path} was brought from schema {revision} to {REVISION}; "
            f"a copy of before is {backup.name}.",
        )
    _run_migrations(engine)
    return notices


def revision_of(engine: Engine) -> str | None:
    """The schema revision of a database; None for one that has none."""
    return _state(engine)[0]


def _check_schema(engine: Engine, database: str, what_to_do: str) -> str | None:
    """The revision of a database, None for an empty one. Raises StorageError for one that is none of ours."""
    revision, is_empty = _state(engine)
    if revision is None and not is_empty:
        raise StorageError(f"{database} is one of some other program: {what_to_do}.")
    if revision is not None and revision > REVISION:
        raise StorageError(
            f"{database} was written by a newer version of IBE-100 (schema {revision}; this one knows up to "
            f"{REVISION}). Start that version, or {what_to_do}."
        )
    return revision


def _state(engine: Engine) -> tuple[str | None, bool]:
    """The revision the database is at, and whether it holds no table at all."""
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        if "alembic_version" not in tables:
            return None, not tables
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar(), False


def _run_migrations(engine: Engine) -> None:
    # Imported here: Alembic is needed once per schema, not at every start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, REVISION)
