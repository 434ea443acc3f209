"""Address of the records of a data folder: its file, or a server's database that the settings name."""

from __future__ import annotations

import os

from ibe100.core.config import DATABASE_PASSWORD_VARIABLE, AppConfig
from ibe100.core.folders import Folders
from ibe100.core.secrets import FILE_NAME, SecretStore
from ibe100.models.records.database import DatabaseAddress, DatabaseServer

PASSWORD = "database/password"
"""Name of the secret that is the password of the server."""


def address_of(config: AppConfig, folders: Folders, secrets: SecretStore | None = None) -> DatabaseAddress:
    """Address of the records; the password comes from the environment, else from the secrets.

    Without `secrets` they are read, also while a console works on the folder.
    """
    server = server_of(config, folders, secrets)
    return folders.database_file if server is None else server


def server_of(
    config: AppConfig, folders: Folders, secrets: SecretStore | None = None
) -> DatabaseServer | None:
    """Database of the server that the settings name; None where the records are in the folder's file."""
    if not config.database.url:
        return None
    return named_server(config.database.url, folders, secrets)


def named_server(url: str, folders: Folders, secrets: SecretStore | None = None) -> DatabaseServer:
    """Database at a URL that was checked, with the password that is kept here."""
    given = os.environ.get(DATABASE_PASSWORD_VARIABLE)
    if given:
        return DatabaseServer(url, given)
    store = secrets or SecretStore.read(folders.data_dir / FILE_NAME, folders.data_dir)
    return DatabaseServer(url, (store.get(PASSWORD) if store is not None else None) or "")
