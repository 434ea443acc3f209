"""Users of a server on another machine, and the person at this window."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from pydantic import SecretStr

from ibe100.models.actor import NOBODY, Actor
from ibe100.models.console import Seat
from ibe100.models.errors import NotAllowed, NotFound
from ibe100.models.rights import Act, Role
from ibe100.models.scte35_marker import Cue, CueAction
from ibe100.models.users import SECONDS_PER_DAY, NewToken, Token, User
from ibe100.remote.connection import Connection, seconded
from ibe100.remote.following import Following
from ibe100.remote.prefetched import Prefetched
from ibe100_client import access

LOCK_AFTER_MIN = 15.0
"""A window that nobody touches is locked after so long, as shipped for the window of a server."""

Result = TypeVar("Result")


class RemoteUsers:
    """Users and tokens of the server."""

    def __init__(self, connection: Connection, users: Prefetched[User], tokens: Prefetched[Token]) -> None:
        self._connection, self._users, self._tokens = connection, users, tokens

    def users(self) -> tuple[User, ...]:
        """Users by name, as last read."""
        return self._users.values

    def tokens(self, user: str = "") -> tuple[Token, ...]:
        """Valid tokens, as last read."""
        return tuple(one for one in self._tokens.values if user in ("", one.user))

    async def add_user(
        self, name: str, role: Role, password: SecretStr | None, streams: Sequence[str] | None = None
    ) -> User:
        """Add a user."""
        secret = None if password is None else password.get_secret_value()
        user = await self._connection.one(access.add_user(name, role, secret, streams), User)
        await self._read()
        return user

    async def set_role(self, name: str, role: Role) -> User:
        """Change a role."""
        return await self._changed(name, role=role)

    async def set_streams(self, name: str, streams: Sequence[str] | None) -> User:
        """Change the streams a user may act on; None is all."""
        return await self._changed(name, streams=streams, all_streams=streams is None)

    async def set_password(self, name: str, password: SecretStr) -> None:
        """Change a password."""
        await self._changed(name, password=password.get_secret_value())

    async def set_disabled(self, name: str, disabled: bool) -> User:
        """Switch a user off, or on again."""
        return await self._changed(name, disabled=disabled)

    async def remove_user(self, name: str) -> None:
        """Remove a user."""
        await self._connection.do(access.remove_user(name))
        await self._read()

    async def add_token(self, user: str, label: str, role: Role | None, lasts_s: float | None) -> NewToken:
        """Make a token."""
        days = None if lasts_s is None else lasts_s / SECONDS_PER_DAY
        token = await self._connection.one(access.add_token(user, label, role, days), NewToken)
        await self._read()
        return token

    async def revoke_token(self, token_id: int) -> None:
        """End a token at once."""
        await self._connection.do(access.revoke_token(token_id))
        await self._read()

    async def _changed(self, name: str, **changes: Any) -> User:
        await self._connection.do(access.change_user(name, **changes))
        await self._read()
        found = next((one for one in self._users.values if one.name == name), None)
        if found is None:
            raise NotFound(f"there is no user {name}")
        return found

    async def _read(self) -> None:
        await asyncio.gather(self._users.read(), self._tokens.read())


class RemoteConsole:
    """Person at this window: signed in at the server, who decides what they may do."""

    def __init__(self, connection: Connection, following: Following) -> None:
        self._connection, self._following = connection, following
        self._is_locked = False
        self._note = ("", "")
        self.asks_sign_in = True
        """False where a token was given, or the kernel names whoever starts the window."""

    def actor(self) -> Actor:
        """Whoever acts here."""
        identity = self._connection.identity
        return NOBODY if identity is None or self._is_locked else identity.actor

    def seat(self) -> Seat:
        """State for the screen."""
        actor, identity = self.actor(), self._connection.identity
        return Seat(
            asks_sign_in=self.asks_sign_in,
            person="" if actor == NOBODY else actor.name,
            role=actor.role,
            streams=actor.streams,
            locked_by=identity.name if identity is not None and self._is_locked else "",
            lock_after_min=LOCK_AFTER_MIN if self.asks_sign_in else 0.0,
            note=self._note[0],
            note_by=self._note[1],
        )

    def refusal(self, act: Act, stream_id: str | None = None) -> str:
        """Reason for which whoever is here may not do this, or nobody can just now; else empty."""
        return self._connection.why_down or self.actor().refusal(act, stream_id)

    async def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do this: the token says in whose name."""
        return await work

    async def do_with(self, work: Coroutine[Any, Any, Result], name: str, password: SecretStr) -> Result:
        """Do this with the one who signs in here as the second person, and out again after it."""
        try:
            token = await self._connection.log_in(name, password.get_secret_value())
        except BaseException:
            work.close()
            raise
        try:
            with seconded(token):
                return await work
        finally:
            await self._connection.log_out(token)

    async def sign_in(self, name: str, password: SecretStr, note: str = "") -> Seat:
        """Take the window, also over from another. Raises NotSignedIn, TooManyLogins, NoConnection."""
        before = self._connection.identity
        token = await self._connection.log_in(name, password.get_secret_value())
        if before is not None:
            await self._connection.log_out()
            if before.name != name:
                self._note = note.strip(), before.name
        await self.enter(token)
        return self.seat()

    async def enter(self, token: str) -> None:
        """Act by a token, and follow the server with it. Raises OperatorError."""
        await self._following.end("it is connected anew")
        await self._connection.enter(token)
        self._is_locked = False
        self._following.begin()

    async def lock(self) -> Seat:
        """Lock cues and changes until somebody signs in; pictures and alarms go on."""
        self._is_locked = self.asks_sign_in and self._connection.identity is not None
        return self.seat()

    async def sign_out(self) -> Seat:
        """Leave the window to nobody: the server tells it nothing any more."""
        await self._connection.log_out()
        self._connection.identity = None
        self._is_locked = False
        await self._following.end("nobody is signed in")
        return self.seat()

    async def emergency(self, stream_id: str, action: CueAction) -> Cue:
        """Refuse: without a sign-in nothing is done over a network. Raises NotAllowed."""
        raise NotAllowed("the emergency key works at the window of the server itself only")
