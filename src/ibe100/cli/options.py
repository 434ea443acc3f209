"""Options that commands share, and the tables they print."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ibe100.models.endpoints.queries import passed_over

DataDir = Annotated[
    Path | None, typer.Option(help="The data folder of the console or server.", show_default=False)
]
StreamName = Annotated[str, typer.Argument(metavar="STREAM", help="Number, id or name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

PIPE_WIDTH = 10_000
"""Columns where no terminal has fewer: a row stays one line, for grep and awk."""


def tell_passed_over(*endpoints: str) -> None:
    """Say which options of inputs and outputs are not used."""
    for text in endpoints:
        if notice := passed_over(text):
            typer.echo(notice, err=True)


def terminal() -> Console:
    """The terminal, for texts of others too: none of them is markup. In a pipe no line is broken."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; what does not fit into a cell is folded."""
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    terminal().print(table)
