"""Users: log in and out, users, tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import Field, SecretStr

from ibe100.api.guard.connections import address_of
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, Caller, needs, new_router
from ibe100.models.base import Value
from ibe100.models.errors import AccessRefused
from ibe100.models.rights import Act
from ibe100.models.users import Identity, NewToken, Token, User, UserChange, WantedToken, WantedUser

router = new_router("users")
open_router = new_router("users")
"""Routes that need no token."""


class Login(Value):
    """Name and password."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=200)]


@open_router.post("/login")
async def log_in(login: Login, services: ApiServices, request: Request) -> NewToken:
    """A token for twelve hours."""
    host = request.client.host if request.client is not None else ""
    return await services.access.log_in(login.name, login.password, address_of(host))


@router.post("/logout", **needs(Act.READ))
async def log_out(services: ApiServices, caller: Caller) -> Done:
    """Revoke the token that this request was made with."""
    if caller.token_id is None:
        raise AccessRefused("there is no token to revoke: at the Unix socket none is needed")
    await services.access.revoke_token(caller.token_id)
    return Done()


@router.get("/me", **needs(Act.READ))
async def me(caller: Caller) -> Identity:
    """Identity of the caller by its token."""
    return caller


@router.get("/users", **needs(Act.SET_USERS))
async def list_users(services: ApiServices) -> list[User]:
    """Users by name."""
    return list(services.access.users())


@router.post("/users", status_code=201, **needs(Act.SET_USERS))
async def add_user(wanted: WantedUser, services: ApiServices) -> User:
    """A new user."""
    return await services.access.add_user(wanted.name, wanted.role, wanted.password, wanted.streams)


@router.put("/users/{name}", **needs(Act.SET_USERS))
async def change_user(name: str, change: UserChange, services: ApiServices) -> Done:
    """Change role and streams, at once, or the password (logins by the old one end), or switch off."""
    if change.role is not None:
        await services.access.set_role(name, change.role)
    if change.streams is not None:
        await services.access.set_streams(name, change.limits)
    if change.password is not None:
        await services.access.set_password(name, change.password)
    if change.disabled is not None:
        await services.access.set_disabled(name, change.disabled)
    return Done()


@router.delete("/users/{name}", **needs(Act.SET_USERS))
async def remove_user(name: str, services: ApiServices) -> Done:
    """Remove a user at once, with all tokens."""
    await services.access.remove_user(name)
    return Done()


@router.get("/tokens", **needs(Act.SET_USERS))
async def list_tokens(services: ApiServices, user: str = "") -> list[Token]:
    """Valid tokens; their secrets are known to nobody here."""
    return list(services.access.tokens(user))


@router.post("/tokens", status_code=201, **needs(Act.SET_USERS))
async def add_token(wanted: WantedToken, services: ApiServices) -> NewToken:
    """A new token; its secret is shown this once."""
    return await services.access.add_token(wanted.user, wanted.label, wanted.role, wanted.lasts_s)


@router.delete("/tokens/{token_id}", **needs(Act.SET_USERS))
async def revoke_token(token_id: int, services: ApiServices) -> Done:
    """End a token at once, open WebSockets too."""
    await services.access.revoke_token(token_id)
    return Done()
