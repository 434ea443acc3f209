"""`ibe100 user`: who may sign in at the window and by the API, as what, and to which streams."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ibe100.cli.options import AsJson, DataDir, print_table
from ibe100.cli.user_request import request_users
from ibe100.models.base import build
from ibe100.models.rights import Role
from ibe100.models.users import SHORTEST_PASSWORD, User, UserChange, WantedUser
from ibe100.utils.program import COMMAND
from ibe100.utils.timecode import format_utc
from ibe100_client import access

if TYPE_CHECKING:
    from ibe100.services.access.access_service import AccessService

app = typer.Typer(help="Who may sign in, as what, and to which streams.")

UserName = Annotated[str, typer.Argument(metavar="NAME", help="Small letters and digits.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, a line.")
]


@app.command("list")
def list_users(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the users by name."""
    users = request_users(data_dir, access.users(), _users)
    if as_json:
        typer.echo(json.dumps(users))
        return
    print_table(
        ("Name", "Role", "Streams", "Password", "Since"),
        (_row(User.model_validate(values)) for values in users),
    )


@app.command()
def add(
    name: UserName,
    role: Annotated[Role, typer.Option(help="What they may do.")],
    streams: Annotated[
        str, typer.Option(help="Act on these only, such as 1-4,News; all see all.", show_default=False)
    ] = "",
    password_stdin: FromStdin = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Only tokens let them in: for automation.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Add a user; the password is asked for."""
    password = None if no_password else _password(from_stdin=password_stdin)
    limits = _streams(streams) if streams else None
    user = {"name": name, "role": role.value, "password": password, "streams": limits}
    wanted = build(WantedUser, user, "user")
    request_users(
        data_dir,
        access.add_user(name, role.value, password, limits),
        lambda here: here.add_user(wanted.name, wanted.role, wanted.password, wanted.streams),
    )
    typer.echo(f"{name} is {role}" + (f"; next: {COMMAND} token add {name}" if no_password else ""))


@app.command()
def role(
    name: UserName,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="What they may do from now on.")],
    data_dir: DataDir = None,
) -> None:
    """Change a role; it holds at once, for their tokens too."""
    request_users(data_dir, access.change_user(name, role=role.value), lambda here: here.set_role(name, role))
    typer.echo(f"{name} is {role}")


@app.command()
def streams(
    name: UserName,
    streams: Annotated[str, typer.Argument(metavar="STREAMS", help="Such as 1-4,News; or all.")],
    data_dir: DataDir = None,
) -> None:
    """Change the streams they may act on; it holds at once, for their tokens too."""
    limits = None if streams == "all" else _streams(streams)
    change = build(UserChange, {"streams": "all" if limits is None else limits}, "user")
    request_users(
        data_dir,
        access.change_user(name, streams=limits, all_streams=limits is None),
        lambda here: here.set_streams(name, change.limits),
    )
    typer.echo(f"{name} may act on {'all streams' if streams == 'all' else f'streams {streams}'}")


@app.command()
def password(name: UserName, password_stdin: FromStdin = False, data_dir: DataDir = None) -> None:
    """Change a password; logins by the old one end."""
    given = _password(from_stdin=password_stdin)
    change = build(UserChange, {"password": given}, "user")
    assert change.password is not None
    secret = change.password
    request_users(
        data_dir, access.change_user(name, password=given), lambda here: here.set_password(name, secret)
    )
    typer.echo(f"{name} has another password")


@app.command()
def off(name: UserName, data_dir: DataDir = None) -> None:
    """Switch a user off at once: sign-ins end, tokens are revoked, role and rights are kept."""
    request_users(
        data_dir, access.change_user(name, disabled=True), lambda here: here.set_disabled(name, True)
    )
    typer.echo(f"{name} is switched off")


@app.command()
def on(name: UserName, data_dir: DataDir = None) -> None:
    """Switch a user on again; tokens are made anew."""
    request_users(
        data_dir, access.change_user(name, disabled=False), lambda here: here.set_disabled(name, False)
    )
    typer.echo(f"{name} is switched on")


@app.command()
def remove(name: UserName, data_dir: DataDir = None) -> None:
    """Remove a user at once, with all tokens."""
    request_users(data_dir, access.remove_user(name), lambda here: here.remove_user(name))
    typer.echo(f"{name} is removed, with all tokens")


async def _users(here: AccessService) -> tuple[User, ...]:
    return here.users()


def _row(user: User) -> tuple[str, ...]:
    password = "switched off" if user.is_disabled else "yes" if user.has_password else "tokens only"
    streams = "all" if user.streams is None else ", ".join(user.streams) or "none"
    return user.name, user.role, streams, password, format_utc(user.created_at)


def _streams(words: str) -> list[str]:
    """Streams of `1-4,News`: each by its number, id or name."""
    found: list[str] = []
    for word in filter(None, (part.strip() for part in words.split(","))):
        span = re.fullmatch(r"(\d{1,3})-(\d{1,3})", word)
        found += [word] if span is None else map(str, range(int(span[1]), int(span[2]) + 1))
    return found


def _password(*, from_stdin: bool) -> str:
    """Never an argument: arguments are seen by every process of the machine."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    words = f"Password ({SHORTEST_PASSWORD} characters or more)"
    given: str = typer.prompt(words, hide_input=True, confirmation_prompt=True, err=True)
    return given
