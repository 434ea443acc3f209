"""Calls about users and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from ibe100_client.calls import Call, given, place
from ibe100_client.values import Identity, NewToken, Token, User


def me() -> Call[Identity]:
    """Whoever asks."""
    return Call("GET", "/me", Identity)


def log_in(name: str, password: str) -> Call[NewToken]:
    """A token for twelve hours."""
    return Call("POST", "/login", NewToken, body={"name": name, "password": password})


def log_out() -> Call[None]:
    """Revoke the token that this is asked with."""
    return Call("POST", "/logout", None)


def users() -> Call[tuple[User, ...]]:
    """Users by name."""
    return Call("GET", "/users", tuple[User, ...])


def add_user(
    name: str, role: str, password: str | None = None, streams: Sequence[str] | None = None
) -> Call[User]:
    """A new user; without a password only tokens let them in, without streams they may act on all."""
    limits = None if streams is None else list(streams)
    return Call("POST", "/users", User, body=given(name=name, role=role, password=password, streams=limits))


def change_user(
    name: str,
    *,
    role: str | None = None,
    password: str | None = None,
    streams: Sequence[str] | None = None,
    all_streams: bool = False,
    disabled: bool | None = None,
) -> Call[None]:
    """Change role, password or streams of a user, or switch it off or on; what is left out stays."""
    limits = "all" if all_streams else None if streams is None else list(streams)
    change = given(role=role, password=password, streams=limits, disabled=disabled)
    return Call("PUT", place("users", name), None, body=change)


def remove_user(name: str) -> Call[None]:
    """Remove a user at once, with all tokens."""
    return Call("DELETE", place("users", name), None)


def tokens(user: str = "") -> Call[tuple[Token, ...]]:
    """Valid tokens of all users, or of one."""
    return Call("GET", "/tokens", tuple[Token, ...], {"user": user})


def add_token(user: str, label: str, role: str | None = None, days: float | None = 365) -> Call[NewToken]:
    """A new token; `days` None is until it is revoked."""
    wanted = {"user": user, "label": label, "role": role, "days": days}
    return Call("POST", "/tokens", NewToken, body=wanted)


def revoke_token(token_id: int) -> Call[None]:
    """End a token at once."""
    return Call("DELETE", place("tokens", token_id), None)
