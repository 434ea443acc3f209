"""Users: their roles and tokens."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from ibe100.models.actor import NOT_PERSONS, Actor
from ibe100.models.base import Name, Value
from ibe100.models.rights import Role

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
SECONDS_PER_DAY = 86_400
_USER_NAME = re.compile(r"[a-z][a-z0-9._-]{0,39}")


def _user_name(text: str) -> str:
    if not _USER_NAME.fullmatch(text):
        raise ValueError("allowed are 1 to 40 of a-z, 0-9, '.', '-' and '_', a letter first")
    if text in NOT_PERSONS:
        raise ValueError("this name stands on record for who has no account; choose another")
    return text


def _password(secret: SecretStr) -> SecretStr:
    if not SHORTEST_PASSWORD <= len(secret.get_secret_value()) <= LONGEST_PASSWORD:
        raise ValueError(f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters are allowed")
    return secret


def is_user_name(text: str) -> bool:
    """True for a name that a user may have."""
    return bool(_USER_NAME.fullmatch(text)) and text not in NOT_PERSONS


UserName = Annotated[str, AfterValidator(_user_name)]
Password = Annotated[SecretStr, AfterValidator(_password)]


Streams = Annotated[tuple[Name, ...], Field(max_length=999)]
"""Streams by number, id or name."""


class User(Value):
    """Somebody who may sign in at the window and by the API."""

    name: UserName
    role: Role
    has_password: bool = True
    """Without one only tokens let them in: for automation."""
    created_at: float
    """Wall clock, seconds since the epoch."""
    streams: tuple[str, ...] | None = None
    """`stream_id` of each stream they may act on; None is all. They see all."""
    of_directory: bool = False
    """The directory has the password and the role."""
    is_disabled: bool = False
    """Switched off: nothing lets them in; role and rights are kept."""


class StoredUser(Value):
    """A user as kept."""

    name: UserName
    role: Role
    password_hash: Annotated[str, Field(repr=False)] = ""
    """argon2id; empty without a password."""
    created_at: float
    streams: tuple[str, ...] | None = None
    of_directory: bool = False
    is_disabled: bool = False

    @property
    def actor(self) -> Actor:
        """The user as whoever acts."""
        return Actor(self.name, self.role, None if self.streams is None else frozenset(self.streams))

    @property
    def public(self) -> User:
        """User without the hash."""
        return User(
            name=self.name,
            role=self.role,
            has_password=bool(self.password_hash) or self.of_directory,
            of_directory=self.of_directory,
            is_disabled=self.is_disabled,
            created_at=self.created_at,
            streams=self.streams,
        )


class Token(Value):
    """A token without its secret. Times are wall clock, seconds since the epoch."""

    token_id: int
    user: UserName
    label: Name
    role: Role
    """Role of the token; never more than its user's at the time."""
    created_at: float
    expires_at: float | None = None
    """None: when it is revoked."""
    last_used_at: float | None = None
    """To within a minute."""
    by_login: bool = False
    """It came of a login, and ends when the password is changed."""


class StoredToken(Token):
    """A token as kept: only the SHA-256 of its secret, in hex."""

    digest: Annotated[str, Field(repr=False)]

    @property
    def public(self) -> Token:
        """Token without the digest."""
        return Token.model_validate(self.model_dump(exclude={"digest"}))


class NewToken(Token):
    """A token that was just made; its secret is shown this once."""

    token: Annotated[str, Field(repr=False)]


class WantedUser(Value):
    """A user to be made."""

    name: UserName
    role: Role
    password: Password | None = None
    """Left out, only tokens let them in: for automation."""
    streams: Streams | None = None
    """Left out, they may act on all there are and will be."""


class UserChange(Value):
    """Changes of a user."""

    role: Role | None = None
    password: Password | None = None
    streams: Streams | Literal["all"] | None = None
    disabled: bool | None = None
    """True switches the user off: sign-ins end, and tokens are revoked."""

    @property
    def limits(self) -> tuple[str, ...] | None:
        """Streams they may act on from now on; None is all."""
        return self.streams if isinstance(self.streams, tuple) else None


class WantedToken(Value):
    """A token to be made."""

    user: UserName
    label: Name
    role: Role | None = None
    """Left out, the user's own."""
    days: Annotated[float, Field(gt=0, le=3660)] | None = 365
    """None is until it is revoked."""

    @property
    def lasts_s(self) -> float | None:
        """Lifetime in seconds."""
        return None if self.days is None else self.days * SECONDS_PER_DAY


class Identity(Value):
    """User behind a request."""

    name: Name
    role: Role
    token_id: int | None
    """Token that it came with; None at the Unix socket, where the kernel names the user of the machine."""
    streams: tuple[str, ...] | None = None
    """`stream_id` of each stream it may act on; None is all."""

    @property
    def actor(self) -> Actor:
        """The user as whoever acts."""
        return Actor(self.name, self.role, None if self.streams is None else frozenset(self.streams))


class KeptRequest(Value):
    """A request for a cue that was made under an Idempotency-Key."""

    digest: str
    """SHA-256 of what was asked, in hex."""
    cue_id: int | None = None
    """The cue that came of it; None while that is not known."""
