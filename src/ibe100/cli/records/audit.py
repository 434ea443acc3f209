"""`ibe100 audit`: whether what is on record is as it was recorded."""

from __future__ import annotations

from typing import Annotated

import typer

from ibe100.cli.options import AsJson, DataDir
from ibe100.cli.running_instance import settings_of
from ibe100.core.folders import resolve
from ibe100.core.records.alone import check_installation
from ibe100.models.records.check import RecordCheck

EXIT_CHANGED = 1

app = typer.Typer(help="The record of who did what: held against its chain.")


@app.callback()
def _group() -> None:
    """Keep `verify` a command by its name, though it is the only one."""


@app.command()
def verify(
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where all is as recorded.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Find every row of audit, cues, sessions and receipts that was edited, removed, inserted or moved.

    Also while a console or server works on the folder. Ends with 1 where something was found.
    """
    config = settings_of(data_dir)
    found = check_installation(resolve(config.folders), config)
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
    elif not quiet or not found.is_intact:
        for line in lines(found):
            typer.echo(line)
    if not found.is_intact:
        raise typer.Exit(EXIT_CHANGED)


def lines(found: RecordCheck) -> list[str]:
    """Lines that tell what the check found."""
    held = f"{found.links} links, held against {found.anchors} heads in audit.log and backups"
    verdict = "as recorded" if found.is_intact else "NOT PROVED" if not found.faults else "CHANGED"
    return [
        f"{verdict}: {held}",
        *(f"CHANGED: {words}" for words in found.faults),
        *(f"NOT PROVED: {words}" for words in found.unproved),
        *(f"seam: {words}" for words in found.seams),
    ]
