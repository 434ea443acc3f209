"""`ibe100 token`: what lets automation and dashboards in by the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from ibe100.cli.options import AsJson, DataDir, print_table
from ibe100.cli.user_request import request_users
from ibe100.models.base import build
from ibe100.models.rights import Role
from ibe100.models.users import NewToken, Token, WantedToken
from ibe100.utils.timecode import format_utc
from ibe100_client import access

if TYPE_CHECKING:
    from ibe100.services.access.access_service import AccessService

app = typer.Typer(help="What lets automation and dashboards in by the API.")


@app.command("list")
def list_tokens(
    user: Annotated[str, typer.Option(help="Of this user; all if left out.", show_default=False)] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show the valid tokens; their secrets are kept nowhere."""

    async def here(service: AccessService) -> tuple[Token, ...]:
        return service.tokens(user)

    tokens = request_users(data_dir, access.tokens(user), here)
    if as_json:
        typer.echo(json.dumps(tokens))
        return
    print_table(
        ("Id", "User", "Label", "Role", "Made", "Ends", "Last used"),
        (_row(Token.model_validate(values)) for values in tokens),
    )


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
    lasts_days = None if never_expires else days
    wanted = build(WantedToken, {"user": user, "label": label, "role": role, "days": lasts_days}, "token")
    answer = request_users(
        data_dir,
        access.add_token(user, label, role, lasts_days),
        lambda here: here.add_token(wanted.user, wanted.label, wanted.role, wanted.lasts_s),
    )
    made = NewToken.model_validate(answer)
    typer.echo(f"token {made.token_id} of {made.user}, {made.role}, ends: {_ends(made)}", err=True)
    typer.echo("keep it now: it is shown this once", err=True)
    typer.echo(made.token)


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="As `token list` says it.")],
    data_dir: DataDir = None,
) -> None:
    """End a token at once, open connections too."""
    request_users(data_dir, access.revoke_token(token_id), lambda here: here.revoke_token(token_id))
    typer.echo(f"token {token_id} is revoked")


def _row(token: Token) -> tuple[str, ...]:
    used = "never" if token.last_used_at is None else format_utc(token.last_used_at)
    times = format_utc(token.created_at), _ends(token), used
    return str(token.token_id), token.user, token.label, token.role, *times


def _ends(token: Token) -> str:
    return "when revoked" if token.expires_at is None else format_utc(token.expires_at)
