"""`ibe100 secrets`: the keys of a data folder."""

from __future__ import annotations

from typing import Annotated

import typer

from ibe100.cli.options import DataDir
from ibe100.cli.running_instance import settings_of
from ibe100.core.folders import resolve
from ibe100.core.instance_lock import InstanceLock
from ibe100.core.records.alone import signing_key_of
from ibe100.core.records.keys import new_record_key
from ibe100.core.secrets import SecretStore
from ibe100.models.errors import ConfigurationError
from ibe100.services.history.as_run_signature import pem_of
from ibe100.utils.program import COMMAND

app = typer.Typer(help="Keys of a data folder: the public one, and new ones.")


@app.command(
    "public-key",
    help="The key by which others verify exported as-run logs: "
    f"{COMMAND} asrun --verify FILE --public-key KEY.",
)
def public_key(data_dir: DataDir = None) -> None:
    """Print the key by which others verify exported as-run logs."""
    key = signing_key_of(resolve(settings_of(data_dir).folders))
    if key is None:
        raise ConfigurationError("there is no key in this data folder yet, or the secrets are locked")
    typer.echo(pem_of(key.public_key()), nl=False)


@app.command()
def rotate(
    records: Annotated[
        bool, typer.Option("--records", help="Also a new key for the chain of the records and for backups.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Encrypt all secrets under a new key, with the console or server closed; streams on air go on.

    What the former keys have proved stays proved, and backups of then can be restored.
    """
    folders = resolve(settings_of(data_dir).folders)
    folders.create()
    with InstanceLock.acquire(folders.data_dir, "secrets"):
        store = SecretStore.open(folders.data_dir)
        store.rotate(folders.data_dir)
        if records:
            new_record_key(store)
    typer.echo(
        "the secrets are under a new key" + (", and so are the records from now on" if records else "")
    )
