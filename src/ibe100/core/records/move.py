"""Move of the records of a data folder to a server's database."""

from __future__ import annotations

import time

from ibe100.core.folders import Folders
from ibe100.core.instance_lock import InstanceLock
from ibe100.core.records.address import named_server
from ibe100.database.backup.store_copy import TableDigest, migrate
from ibe100.database.upgrade import prepare
from ibe100.models.errors import StorageError


def move_to(folders: Folders, url: str) -> tuple[TableDigest, ...]:
    """Copy the file of a data folder to the empty database at `url`; the file stays as it is.

    Whole and proved by count and digest of each table, or not at all: one that was broken off is begun anew.
    Raises OperatorError, also while a console or server works on the folder.
    """
    if not folders.database_file.is_file():
        raise StorageError(f"There is no database in {folders.data_dir}: nothing is on record yet.")
    with InstanceLock.acquire(folders.data_dir, "database migrate"):
        prepare(folders.database_file, time.time())
        return migrate(folders.database_file, named_server(url, folders))
