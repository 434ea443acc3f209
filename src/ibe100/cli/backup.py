"""`ibe100 backup`: make, list, verify and restore backups of what is on record."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ibe100.cli.options import AsJson, DataDir, terminal
from ibe100.cli.running_instance import running_on, settings_of
from ibe100.core.config import AppConfig, settings_files
from ibe100.core.folders import Folders, resolve
from ibe100.core.instance_lock import AlreadyRunning, InstanceLock
from ibe100.core.records.address import server_of
from ibe100.core.records.alone import keys_of, records_alone
from ibe100.core.restore import restore
from ibe100.database.backup.archive import read_manifest
from ibe100.database.backup.backups import (
    describe,
    list_backups,
    make_backup,
    new_name,
    prune,
    sealing,
    unpack,
)
from ibe100.database.backup.contents import LEAST_FREE_TO_LOOK, look_into
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.sql.schema import REVISION
from ibe100.models.actor import person_of
from ibe100.models.backup import BackupFile, is_made_with
from ibe100.models.errors import StorageError
from ibe100.services.audit_trail import AuditTrail, act_as
from ibe100.services.backup.backup_service import FOLDER
from ibe100.utils.printable import printable
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_bytes
from ibe100_client import system

app = typer.Typer(help="Backups of what is on record: make, list, verify, restore.")

BackupPath = Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")]


@app.command()
def now(
    to: Annotated[
        Path | None, typer.Option("--to", help="A new file; else the folder of backups.", show_default=False)
    ] = None,
    with_key: Annotated[
        bool,
        typer.Option("--with-key", help="With the key of the passphrases: who has the file can read them."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a backup, also while a console or server runs."""
    config = settings_of(data_dir)
    folders, file = resolve(config.folders), None if to is None else to.absolute()
    if _is_in_use(folders):
        with running_on(folders.data_dir) as console:
            call = system.back_up(None if file is None else str(file), with_key=with_key)
            made = BackupFile.model_validate(console.json(call))
    else:
        made = _make(config, folders, file, with_key)
    typer.echo(f"{made.path}: {format_bytes(made.size)}, proved")


def _is_in_use(folders: Folders) -> bool:
    """True when a console or server works on the data: then it makes the backup and keeps the record."""
    if not folders.data_dir.is_dir():
        raise StorageError(f"There is no data folder {folders.data_dir}.")
    try:
        InstanceLock.acquire(folders.data_dir, "backup").release()
    except AlreadyRunning:
        return True
    return False


def _make(config: AppConfig, folders: Folders, file: Path | None, with_key: bool) -> BackupFile:
    folder = _folder(config, folders)
    target = file or new_name(folder, time.time())
    seal = sealing(keys_of(folders))
    manifest = make_backup(
        folders.data_dir,
        target,
        Pace(target.parent, rest=0),
        seal,
        with_key=with_key,
        server=server_of(config, folders),
        settings_files=settings_files(),
    )
    if file is None:
        prune(folder, config.backup.keep_daily, config.backup.keep_weekly)
    made = describe(target)
    if manifest.schema_revision == REVISION:  # a backup upgrades nothing
        asyncio.run(_put_on_record(config, folders, f"{target}: {format_bytes(made.size)}, proved"))
    return made


async def _put_on_record(config: AppConfig, folders: Folders, detail: str) -> None:
    async with records_alone(config, folders, "backup") as database:
        act_as(person_of())
        await AuditTrail(database).write("backup made", "", detail)


@app.command("list")
def list_them(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """The backups that there are, the newest first."""
    config = settings_of(data_dir)
    folders = resolve(config.folders)
    folder, keys = _folder(config, folders), keys_of(folders)
    backups = list_backups(folder)
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in backups]))
        return
    table = Table(title=f"Backups in {folder}")
    table.add_column("File", no_wrap=True)
    for column in ("Size", "IBE-100", "Schema", "Notes"):
        table.add_column(column)
    for one in backups:
        made = one.manifest
        notes = [one.problem]
        if made is not None:
            notes = ["with the key"] if made.holds_key else []
            notes += [] if is_made_with(made, keys) else ["not made here"]
        words = ", ".join(notes)
        version, schema = ("–", "–") if made is None else (made.version, made.schema_revision)
        table.add_row(one.path.name, format_bytes(one.size), version, schema, words)
    terminal().print(table)


@app.command()
def verify(file: BackupPath, data_dir: DataDir = None) -> None:
    """Prove a backup: its digest, each file's, the integrity of the database in it, and who made it."""
    folders = resolve(settings_of(data_dir).folders)
    with tempfile.TemporaryDirectory(prefix="ibe100-verify-") as scratch:
        folder = Path(scratch)
        Pace(folder, least_free=LEAST_FREE_TO_LOOK).check_room(
            sum(member.size for member in read_manifest(file).members)
        )
        manifest = unpack(file, folder)
    made = f"of {format_utc(manifest.made_at)}, IBE-100 {manifest.version}, schema {manifest.schema_revision}"
    names = ", ".join(member.name for member in manifest.members)
    here = "made here" if is_made_with(manifest, keys_of(folders)) else "not made here"
    typer.echo(f"{file}: intact, {here}, {made}, holds {names}")


@app.command("restore")
def restore_it(
    file: BackupPath,
    not_made_here: Annotated[
        bool,
        typer.Option("--not-made-here", help="Also a backup of another installation, with its users."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Put a backup in the place of the present data, which are kept aside; streams on air go on."""
    config = settings_of(data_dir)
    folders = resolve(config.folders)
    act_as(person_of())
    contents = look_into(file.absolute(), keys_of(folders))
    if not contents.is_made_here:
        for line in contents.lines():
            typer.echo(printable(line), err=True)
    done = asyncio.run(
        restore(folders, file.absolute(), also_foreign=not_made_here, server=server_of(config, folders))
    )
    for line in done.lines():
        typer.echo(line)


def _folder(config: AppConfig, folders: Folders) -> Path:
    return config.backup.folder or folders.data_dir / FOLDER
