"""`ibe100 user`: who may come in by the API."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ibe100.cli.user_request import request_users
from ibe100.models.users import SHORTEST_PASSWORD, Role, User
from ibe100.utils.timecode import format_utc

app = typer.Typer(help="Who may come in by the API, and as what.")

DataDir = Annotated[
    Path | None, typer.Option(help="The data folder of the console or server.", show_default=False)
]
UserName = Annotated[str, typer.Argument(metavar="NAME", help="Small letters and digits.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, a line.")
]


@app.command("list")
def list_users(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False, data_dir: DataDir = None
) -> None:
    """Show the users by name."""
    users = request_users(data_dir, {"cmd": "user_list"})
    if as_json:
        typer.echo(json.dumps(users))
        return
    table = Table()
    for column in ("Name", "Role", "Password", "Since"):
        table.add_column(column, overflow="fold")
    for values in users:
        user = User.model_validate(values)
        password = "yes" if user.has_password else "tokens only"
        table.add_row(user.name, user.role, password, format_utc(user.created_at))
    Console().print(table)


@app.command()
def add(
    name: UserName,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    password_stdin: FromStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Only tokens let them in: for automation.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a user; the password is asked for."""
    password = None if no_password else _password(from_stdin=password_stdin)
    user = {"name": name, "role": role.value, "password": password}
    request_users(data_dir, {"cmd": "user_add", "user": user})
    typer.echo(f"{name} is {role}" + (f"; next: ./run token add {name}" if no_password else ""))


@app.command()
def role(
    name: UserName,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="What they may do from now on.")],
    data_dir: DataDir = None,
) -> None:
    """Change a role; it holds at once, for their tokens too."""
    request_users(data_dir, {"cmd": "user_change", "name": name, "change": {"role": role.value}})
    typer.echo(f"{name} is {role}")


@app.command()
def password(name: UserName, password_stdin: FromStdin = False, data_dir: DataDir = None) -> None:
    """Change a password; logins by the old one end."""
    change = {"password": _password(from_stdin=password_stdin)}
    request_users(data_dir, {"cmd": "user_change", "name": name, "change": change})
    typer.echo(f"{name} has another password")


@app.command()
def remove(name: UserName, data_dir: DataDir = None) -> None:
    """Remove a user at once, with all tokens."""
    request_users(data_dir, {"cmd": "user_remove", "name": name})
    typer.echo(f"{name} is removed, with all tokens")


def _password(*, from_stdin: bool) -> str:
    """Never an argument: arguments are seen by every process of the machine."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    words = f"Password ({SHORTEST_PASSWORD} characters or more)"
    given: str = typer.prompt(words, hide_input=True, confirmation_prompt=True, err=True)
    return given
