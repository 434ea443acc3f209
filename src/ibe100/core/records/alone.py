"""The records as a command works on them while no console or server does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ibe100.core.config import AppConfig
from ibe100.core.folders import Folders
from ibe100.core.instance_lock import InstanceLock
from ibe100.core.logger import Logging
from ibe100.core.records.address import address_of
from ibe100.core.records.anchors import find_anchors, open_records
from ibe100.core.records.keys import known_keys, record_keys, signing_key
from ibe100.core.secrets import FILE_NAME, SecretStore
from ibe100.database.chain.check import check_records
from ibe100.database.database import Database
from ibe100.models.records.check import RecordCheck
from ibe100.models.records.keys import RecordKeys


@asynccontextmanager
async def records_alone(config: AppConfig, folders: Folders, role: str) -> AsyncIterator[Database]:
    """The database with its chain and its logs, for as long as nobody else works on the folder.

    Raises OperatorError.
    """
    with ExitStack() as stack:
        stack.enter_context(InstanceLock.acquire(folders.data_dir, role))
        logging_files = Logging(config.logging, folders.log_dir, to_stderr=True)
        logging_files.start()
        stack.callback(logging_files.stop)
        secrets = SecretStore.open_or_lock(folders.data_dir)
        async with open_records(address_of(config, folders, secrets), record_keys(secrets)) as database:
            yield database


def keys_of(folders: Folders) -> RecordKeys:
    """The keys of the records, also while a console works on the folder; none where they cannot be read."""
    store = SecretStore.read(folders.data_dir / FILE_NAME, folders.data_dir)
    return RecordKeys() if store is None else known_keys(store)


def signing_key_of(folders: Folders) -> Ed25519PrivateKey | None:
    """The key that signs exports, also while a console works on the folder; None where there is none."""
    store = SecretStore.read(folders.data_dir / FILE_NAME, folders.data_dir)
    return None if store is None else signing_key(store)


def check_installation(folders: Folders, config: AppConfig) -> RecordCheck:
    """Check all records against their chain and all anchors of it, also while a console works on them.

    Reads the whole database. Raises StorageError.
    """
    keys = keys_of(folders)
    backups = config.backup.folder or folders.data_dir / "backups"
    # Anchors first: what is recorded meanwhile is beyond them.
    anchors = find_anchors(folders.log_dir, backups, keys)
    return check_records(address_of(config, folders), keys, anchors)
