"""`ibe100 secrets`: the keys of a data folder."""

from __future__ import annotations

import typer

app = typer.Typer(help="Keys of the data folder.")
