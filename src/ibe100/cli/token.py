"""`ibe100 token`: what lets automation and dashboards in by the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ibe100.cli.user_request import request_users
from ibe100.models.users import NewToken, Role, Token
from ibe100.utils.timecode import format_utc

app = typer.Typer(help="What lets automation and dashboards in by the API.")

DataDir = Annotated[
    Path | None, typer.Option(help="The data folder of the console or server.", show_default=False)
]


@app.command("list")
def list_tokens(
    user: Annotated[str, typer.Option(help="Of this user; all if left out.", show_default=False)] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Show the valid tokens; their secrets are kept nowhere."""
    tokens = request_users(data_dir, {"cmd": "token_list", "user": user})
    if as_json:
        typer.echo(json.dumps(tokens))
        return
    table = Table()
    for column in ("Id", "User", "Label", "Role", "Made", "Ends", "Last used"):
        table.add_column(column, overflow="fold")
    for values in tokens:
        token = Token.model_validate(values)
        table.add_row(
            str(token.token_id),
            token.user,
            token.label,
            token.role,
            format_utc(token.created_at),
            _ends(token),
            "never" if token.last_used_at is None else format_utc(token.last_used_at),
        )
    Console().print(table)


@app.command()
def add(
    user: Annotated[str, typer.Argument(metavar="USER", help="Whose it is.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "automation",
    role: Annotated[
        Role | None, typer.Option(help="No more than the user's; the same if left out.", show_default=False)
    ] = None,
    days: Annotated[float, typer.Option(min=0.01, max=3660, help="How long it is valid.")] = 365,
    never_expires: Annotated[
        bool, typer.Option("--never-expires", help="Valid until it is revoked.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a token; it is printed alone on standard output, and never again."""
    asked = {"user": user, "label": label, "role": role, "days": None if never_expires else days}
    made = NewToken.model_validate(request_users(data_dir, {"cmd": "token_add", "token": asked}))
    typer.echo(f"token {made.token_id} of {made.user}, {made.role}, ends: {_ends(made)}", err=True)
    typer.echo("keep it now: it is shown this once", err=True)
    typer.echo(made.token)


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="As `token list` says it.")],
    data_dir: DataDir = None,
) -> None:
    """End a token at once, open connections too."""
    request_users(data_dir, {"cmd": "token_revoke", "token_id": token_id})
    typer.echo(f"token {token_id} is revoked")


def _ends(token: Token) -> str:
    return "when revoked" if token.expires_at is None else format_utc(token.expires_at)
