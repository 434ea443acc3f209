"""Faults of the database library as errors for the operator."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError

from ibe100.database.sql.postgresql import DatabaseTaken, is_away, words_of
from ibe100.database.sql.sqlite import fault_of
from ibe100.models.errors import StorageError

__all__ = ["LIBRARY_ERRORS", "is_away", "is_storage_fault", "storage_error"]

LIBRARY_ERRORS = (DBAPIError, sqlite3.Error)


def is_storage_fault(error: BaseException) -> bool:
    """The disk or the server failed; a broken constraint is a bug of the caller instead."""
    return isinstance(error, LIBRARY_ERRORS) and not isinstance(error, IntegrityError)


def storage_error(error: BaseException, doing: str, database: str) -> StorageError:
    """`doing` is what was tried: "written", "read", "opened"."""
    if isinstance(error, DatabaseTaken):
        return error
    fault = fault_of(error)
    why = fault.value if fault is not None else words_of(error) or str(getattr(error, "orig", error))
    return StorageError(f"The database {database} could not be {doing}: {why}.")
