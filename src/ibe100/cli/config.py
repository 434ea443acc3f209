"""`ibe100 config`: which settings hold and where each comes from; whether a file is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ibe100.cli.options import AsJson, terminal
from ibe100.cli.running_instance import overrides
from ibe100.core.config import AppConfig, merged_settings, place_of, read_file, settings_files, sources
from ibe100.core.settings_reload import flat, when_it_holds

DEFAULT = "default"

app = typer.Typer(help="Settings: which hold and where they come from, whether a file is right.")


@app.command()
def show(
    as_json: AsJson = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="As it would be given to the console.", show_default=False)
    ] = None,
) -> None:
    """Show each setting with its value, and which file, variable or option it comes from."""
    places = sources(overrides(data_dir))
    values = flat(merged_settings(places))
    origins = {name: place_of(tuple(name.split(".")), places, DEFAULT) for name in values}
    if as_json:
        rows = [{"setting": name, "value": value, "from": origins[name]} for name, value in values.items()]
        typer.echo(json.dumps(rows))
        return
    table = Table()
    table.add_column("Setting", no_wrap=True)
    for column in ("Value", "From", "A change holds"):
        table.add_column(column, overflow="fold")
    for name, value in values.items():
        origin = Path(origins[name]).name  # the whole path stands below, where there is room for it
        table.add_row(name, json.dumps(value, ensure_ascii=False), origin, when_it_holds(name))
    terminal().print(table)
    for path in settings_files():
        typer.echo(f"{path.name}: {path}")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A settings file, whole or in part.")],
) -> None:
    """Hold a settings file against what is allowed, before it takes effect."""
    values = flat(merged_settings({str(file): read_file(file, required=True)}))
    usual = flat(AppConfig())
    others = [name for name, value in values.items() if value != usual[name]]
    typer.echo(f"{file}: right; settings that are not the default: {', '.join(others) or 'none'}")
