"""Bring a database file to the schema of this version before anybody uses it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.database.sql.schema import REVISION
from ibe100.database.sql.sqlite import copy_file, is_damaged, sqlite_url, writing_engine
from ibe100.models.errors import StorageError
from ibe100.utils.set_aside import free_name, set_aside
from ibe100.utils.timecode import utc_stamp


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


def _migrate(engine: Engine, path: Path, now: float) -> tuple[str, ...]:
    revision, is_empty = _state(engine)
    if revision == REVISION:
        return ()
    if revision is None and not is_empty:
        raise StorageError(
            f"The file {path} is a database of some other program. "
            "Move it away or choose another data folder."
        )
    if revision is not None and revision > REVISION:
        raise StorageError(
            f"The database {path} was written by a newer version of IBE-100 (schema {revision}; this one "
            f"knows up to {REVISION}). Start that version, or choose another data folder."
        )
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
