"""`ibe100 database`: the records in a file or on a PostgreSQL server."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from ibe100.cli.options import AsJson, DataDir, print_table
from ibe100.cli.running_instance import settings_of
from ibe100.core.folders import resolve
from ibe100.core.instance_lock import InstanceLock
from ibe100.core.records.address import PASSWORD, named_server, server_of
from ibe100.core.records.move import move_to
from ibe100.core.secrets import SecretStore
from ibe100.database.sql.server_report import ServerReport, report_of
from ibe100.database.sql.sqlite import is_damaged
from ibe100.models.base import describe_error
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.records.database import DatabasePlan

EXIT_UNFIT = 1

app = typer.Typer(help="The records in a file, or on a PostgreSQL server.")

Url = Annotated[
    str,
    typer.Option("--to", metavar="URL", help="postgresql+psycopg://USER@HOST/NAME, without a password."),
]


@app.command()
def migrate(to: Url, data_dir: DataDir = None) -> None:
    """Copy the file of a data folder to an empty database of a server, whole and proved; the file stays.

    With the console or server closed; streams on air go on.
    """
    folders, url = resolve(settings_of(data_dir).folders), _checked(to)
    copied = move_to(folders, url)
    print_table(("Table", "Rows", "Digest"), ((one.table, f"{one.rows}", one.digest[:16]) for one in copied))
    typer.echo(f"{sum(one.rows for one in copied)} rows of {len(copied)} tables, each alike on both sides.")
    typer.echo(f'To work on it, put "database": {{"url": "{url}"}} into the settings.')


@app.command()
def check(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="Another than that of the settings.")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Say where the records are and whether that can be used; nothing is changed. 1 where it cannot."""
    config = settings_of(data_dir)
    folders = resolve(config.folders)
    server = named_server(_checked(to), folders) if to else server_of(config, folders)
    if server is None:
        if not folders.database_file.is_file():
            raise StorageError(f"There is no database in {folders.data_dir}: nothing is on record yet.")
        damaged = is_damaged(folders.database_file)
        typer.echo(f"{folders.database_file}: SQLite, {'damaged' if damaged else 'intact'}")
        raise typer.Exit(EXIT_UNFIT if damaged else 0)
    report = report_of(server)
    for line in [report.model_dump_json(indent=1)] if as_json else lines(report):
        typer.echo(line)
    if report.faults:
        raise typer.Exit(EXIT_UNFIT)


def lines(report: ServerReport) -> list[str]:
    """Lines that tell of a server's database."""
    held = f"{report.streams} streams, {report.cues} cues, {report.audit_lines} audit lines"
    state = "empty" if report.schema_revision is None else f"schema {report.schema_revision}, {held}"
    return [
        f"{report.database}: PostgreSQL {report.version}, {state}",
        f"connection: {report.encryption or 'without TLS'}, {report.round_trip_ms:g} ms there and back",
        f"at work on it: {report.writer or 'nobody'}",
        *(f"CANNOT BE USED: {words}" for words in report.faults),
        *(f"warning: {words}" for words in report.warnings),
    ]


@app.command()
def password(data_dir: DataDir = None) -> None:
    """Keep the password of the server among the secrets; asked for, or read from standard input.

    With the console or server closed. An empty one takes it away.
    """
    folders = resolve(settings_of(data_dir).folders)
    folders.create()
    with InstanceLock.acquire(folders.data_dir, "database password"):
        store = SecretStore.open(folders.data_dir)
        if sys.stdin.isatty():
            given = typer.prompt("Password", hide_input=True, default="", show_default=False)
        else:
            given = sys.stdin.readline().rstrip("\r\n")
        if given:
            store.set(PASSWORD, given)
        else:
            store.delete(PASSWORD)
    typer.echo("the password is kept" if given else "no password is kept")


def _checked(url: str) -> str:
    try:
        return DatabasePlan(url=url).url or ""
    except ValidationError as error:
        raise ConfigurationError(f"--to: {describe_error(error)}") from None
