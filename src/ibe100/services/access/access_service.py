"""Users, roles and tokens, on record and in memory."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from pydantic import SecretStr

from ibe100.database.database import Database
from ibe100.models.actor import CONSOLE, Actor
from ibe100.models.directory import DirectoryPlan
from ibe100.models.errors import AccessRefused, NotFound, NotSignedIn, StorageError
from ibe100.models.rights import Act, Role
from ibe100.models.users import Identity, NewToken, StoredToken, StoredUser, Token, User, is_user_name
from ibe100.services.access.directory import Directory, DirectoryDown
from ibe100.services.access.login_limits import LoginLimits
from ibe100.services.access.passwords import Passwords
from ibe100.services.access.token_cache import TokenCache, digest_of, new_secret
from ibe100.services.audit_trail import AuditTrail, acting, acting_as
from ibe100.services.rights import demand
from ibe100.services.streams.which_stream import StreamNames
from ibe100.utils.tasks import BackgroundWrites

LOGIN_S = 12 * 3600.0
MOST_TOKENS = 200
"""Tokens of one user."""
WRONG = "the name or the password is wrong"
WRONG_OR_DOWN = f"{WRONG}, or the directory does not answer: see errors.log"
NO_TOKEN = "a valid token is needed: Authorization: Bearer ibe100_…"

_log = logging.getLogger(__name__)


class AccessService:
    """Keeps users and tokens in memory: a request waits for no disk. All coroutines run on the loop."""

    def __init__(
        self,
        storage: Database,
        wall: Callable[[], float] = time.time,
        limits: LoginLimits | None = None,
        plan: DirectoryPlan = DirectoryPlan(),
    ) -> None:
        self._storage = storage
        self._audit = AuditTrail(storage)
        self._wall = wall
        self._limits = limits or LoginLimits()
        self._passwords = Passwords()
        self.directory = Directory(plan)
        self.seconded: frozenset[Act] = frozenset()
        """Acts that need a second person."""
        self._users: dict[str, StoredUser] = {}
        self._tokens = TokenCache(wall)
        self._writes = BackgroundWrites()
        self._busy = asyncio.Lock()

    async def open(self) -> None:
        """Read what is on record. Raises StorageError."""
        self._users = {user.name: user for user in await self._storage.users.users()}
        self._tokens.put(await self._storage.users.tokens())

    async def refresh(self) -> None:
        """Take from the record which users and tokens other hosts have changed. Raises StorageError."""
        async with self._busy:
            known = {one.token_id: one for one in (*self._tokens.valid(), *self._tokens.over())}
            self._users = {user.name: user for user in await self._storage.users.users()}
            stored = {one.token_id: one for one in await self._storage.users.tokens()}
            self._tokens.forget(known[number] for number in known.keys() - stored.keys())
            self._tokens.put(stored.values())

    async def close(self) -> None:
        """Put on record when tokens were used."""
        self._passwords.close()
        self.directory.close()
        await self._writes.settled()

    def users(self) -> tuple[User, ...]:
        """Users by name."""
        return tuple(self._users[name].public for name in sorted(self._users))

    @property
    def has_users(self) -> bool:
        """True when somebody could sign in; safe from any thread."""
        return self.directory.is_on or any(user.password_hash for user in tuple(self._users.values()))

    def tokens(self, user: str = "") -> tuple[Token, ...]:
        """Valid tokens of all users, or of one, by their numbers."""
        return tuple(self._as_it_is(token) for token in self._tokens.valid() if user in ("", token.user))

    async def add_user(
        self, name: str, role: Role, password: SecretStr | None, streams: Sequence[str] | None = None
    ) -> User:
        """Add a user; without a password only tokens let them in.

        `streams` are those they may act on, by number, id or name; None is all. Raises AccessRefused,
        NotFound, AmbiguousName, StorageError.
        """
        demand(Act.SET_USERS)
        ids = await self._ids(streams)
        password_hash = await self._hash(password)
        async with self._busy:
            if name in self._users:
                raise AccessRefused(f"there is a user {name} already")
            user = StoredUser(
                name=name, role=role, password_hash=password_hash, created_at=self._wall(), streams=ids
            )
            async with self._audit.doing("user added", name, f"role {role}, streams {_words(ids)}"):
                await self._storage.users.save_user(user)
            self._users[name] = user
        return user.public

    async def set_role(self, name: str, role: Role) -> User:
        """Change a role at once, for tokens too. Raises NotFound, StorageError."""
        demand(Act.SET_USERS)
        async with self._busy:
            before = self._user(name)
            async with self._audit.doing("role changed", name, f"{before.role} → {role}"):
                user = await self._keep(before.model_copy(update={"role": role}))
        return user.public

    async def set_streams(self, name: str, streams: Sequence[str] | None) -> User:
        """Change the streams a user may act on, at once, for tokens too; None is all.

        Raises NotFound, AmbiguousName, StorageError.
        """
        demand(Act.SET_USERS)
        ids = await self._ids(streams)
        async with self._busy:
            before = self._user(name)
            detail = f"{_words(before.streams)} → {_words(ids)}"
            async with self._audit.doing("streams changed", name, detail):
                user = await self._keep(before.model_copy(update={"streams": ids}))
        return user.public

    async def set_password(self, name: str, password: SecretStr) -> None:
        """Change a password; logins by the old one end. Raises NotFound, StorageError."""
        demand(Act.SET_USERS)
        if self._user(name).of_directory:
            raise AccessRefused(f"{name} is of the directory: the password is changed there")
        password_hash = await self._hash(password)
        async with self._busy, self._audit.doing("password changed", name):
            await self._keep(self._user(name).model_copy(update={"password_hash": password_hash}))
            await self._drop([token for token in self._tokens.of(name) if token.by_login])

    async def set_disabled(self, name: str, disabled: bool) -> User:
        """Switch a user off, at once: sign-ins end, tokens are revoked; or on again.

        Raises NotFound, StorageError.
        """
        demand(Act.SET_USERS)
        async with self._busy:
            before = self._user(name)
            async with self._audit.doing("user switched off" if disabled else "user switched on", name):
                user = await self._keep(before.model_copy(update={"is_disabled": disabled}))
                if disabled:
                    await self._drop(self._tokens.of(name))
        return user.public

    async def remove_user(self, name: str) -> None:
        """Remove a user at once, with all tokens. Raises NotFound, StorageError."""
        demand(Act.SET_USERS)
        async with self._busy:
            detail = f"role {self._user(name).role}"
            async with self._audit.doing("user removed", name, detail):
                del self._users[name]
                self._tokens.forget(self._tokens.of(name))
                await self._storage.users.remove_user(name)

    async def add_token(self, user: str, label: str, role: Role | None, lasts_s: float | None) -> NewToken:
        """A token of `user`; role None is the user's own, lasts_s None is until it is revoked.

        Raises NotFound, AccessRefused, StorageError.
        """
        demand(Act.SET_USERS)
        made = await self._make(user, label, role, lasts_s, by_login=False)
        ends = "until revoked" if lasts_s is None else f"for {lasts_s / 86_400:g} days"
        await self._audit.write("token made", user, f"token {made.token_id} {label}, {made.role}, {ends}")
        return made

    async def revoke_token(self, token_id: int) -> None:
        """End a token at once, open connections too; anybody may end their own.

        Raises NotFound, NotAllowed, StorageError.
        """
        async with self._busy:
            token = self._tokens.by_id(token_id)
            if token is None or token.user != acting().name:
                demand(Act.SET_USERS)
            if token is None:
                raise NotFound(f"there is no token {token_id}")
            async with self._audit.doing("token revoked", token.user, f"token {token_id} {token.label}"):
                await self._drop([token])

    async def log_in(self, name: str, password: SecretStr, address: str) -> NewToken:
        """Make a token for some hours. Raises NotSignedIn, TooManyLogins, StorageError."""
        user = await self.check(name, password, address)
        made = await self._make(name, "login", None, LOGIN_S, by_login=True)
        with acting_as(user.actor):
            await self._audit.write("logged in", address)
        return made

    async def check(self, name: str, password: SecretStr, place: str) -> StoredUser:
        """The user of this name and password, as it is now; `place` is the address, or the window.

        Raises NotSignedIn, TooManyLogins.
        """
        self._limits.begin(name, place)
        user = await self._proved(name, password.get_secret_value())
        if user is None:
            shown = name if name in self._users else "a name that is no user's"
            with acting_as(Actor(shown)):
                await self._audit.write("login refused", place)
            raise NotSignedIn(WRONG_OR_DOWN if self.directory.is_down else WRONG)
        self._limits.succeeded(name, place)
        return user

    async def _proved(self, name: str, password: str) -> StoredUser | None:
        """User whose password this is; the directory is never asked for a name of our own."""
        user = self._users.get(name)
        is_off = user is not None and user.is_disabled
        if self.directory.is_on and is_user_name(name) and (user is None or user.of_directory):
            try:
                role = await self.directory.role_of(name, password)
            except DirectoryDown:
                return None
            return None if role is None or is_off else await self._from_directory(name, role)
        right = await self._passwords.matches("" if user is None or is_off else user.password_hash, password)
        return user if right and user is not None and self.as_now(user) is not None else None

    async def _from_directory(self, name: str, role: Role) -> StoredUser | None:
        """The user that stands for one of the directory, with the role that they have there now."""
        async with self._busy:
            before = self._users.get(name)
            if before is not None and not before.of_directory:
                return None  # added here meanwhile
            now = StoredUser(name=name, role=role, created_at=self._wall(), of_directory=True)
            user = now if before is None else before.model_copy(update={"role": role})
            if user == before:
                return user
            try:
                await self._keep(user)
            except StorageError as error:
                _log.error("%s of the directory is not on record: %s", name, error)
                self._users[name] = user
        was = "new" if before is None else before.role
        with acting_as(CONSOLE):
            await self._audit.write("role by the directory", name, f"{was} → {role}")
        return user

    def as_now(self, user: StoredUser) -> StoredUser | None:
        """The user with its present role; None once it is removed or has another password."""
        now = self._users.get(user.name)
        if now is None or now.created_at != user.created_at or now.is_disabled:
            return None
        return now if now.password_hash == user.password_hash else None

    def identify(self, secret: str) -> Identity:
        """User and present role of a token. Raises NotSignedIn."""
        token = self._tokens.by_secret(secret)
        if token is None:
            raise NotSignedIn(NO_TOKEN)
        used_at = self._tokens.note_use(token)
        if used_at is not None:
            self._writes.add(self._record_use(token.token_id, used_at), "when a token was used")
        role = token.role.within(self._users[token.user].role)
        streams = self._users[token.user].streams
        return Identity(name=token.user, role=role, token_id=token.token_id, streams=streams)

    def actor_of(self, identity: Identity, second: str = "") -> Actor:
        """Whoever acts by a token; `second` is the token of the person who confirms. Raises NotSignedIn."""
        confirms = self.identify(second).actor if second else None
        return replace(identity.actor, seconded=self.seconded, second=confirms)

    async def until_over(self, identity: Identity) -> None:
        """Wait until the token does not let in any more: revoked, expired, its user removed."""
        if identity.token_id is None:
            await asyncio.Event().wait()
        else:
            await self._tokens.until_over(identity.token_id)

    async def _make(
        self, user: str, label: str, role: Role | None, lasts_s: float | None, *, by_login: bool
    ) -> NewToken:
        async with self._busy:
            owner = self._user(user)
            if owner.is_disabled:
                raise AccessRefused(f"{user} is switched off: switch the user on first")
            role = role or owner.role
            if not owner.role.covers(role):
                raise AccessRefused(f"{user} is {owner.role}: a token cannot be {role}")
            await self._drop(self._tokens.over())
            if len(self._tokens.of(user)) >= MOST_TOKENS:
                raise AccessRefused(f"{user} has {MOST_TOKENS} tokens already: revoke some")
            now = self._wall()
            secret = new_secret()
            draft = StoredToken(
                token_id=0,
                user=user,
                label=label,
                role=role,
                created_at=now,
                expires_at=None if lasts_s is None else now + lasts_s,
                by_login=by_login,
                digest=digest_of(secret),
            )
            token = await self._storage.users.add_token(draft)
            self._tokens.put([token])
        return NewToken(token=secret, **token.public.model_dump())

    async def _keep(self, user: StoredUser) -> StoredUser:
        await self._storage.users.save_user(user)
        self._users[user.name] = user
        return user

    async def _drop(self, tokens: Collection[StoredToken]) -> None:
        # First in memory: nobody stays in because a disk is full.
        self._tokens.forget(tokens)
        if tokens:
            await self._storage.users.remove_tokens([token.token_id for token in tokens])

    def _user(self, name: str) -> StoredUser:
        user = self._users.get(name)
        if user is None:
            raise NotFound(f"there is no user {name}")
        return user

    def _as_it_is(self, token: StoredToken) -> Token:
        role = token.role.within(self._users[token.user].role)
        last_used_at = self._tokens.last_used_at(token)
        return token.public.model_copy(update={"last_used_at": last_used_at, "role": role})

    async def _record_use(self, token_id: int, at: float) -> None:
        try:
            await self._storage.users.used(token_id, at)
        except StorageError as error:
            _log.error("when token %d was used is not on record: %s", token_id, error)

    async def _ids(self, streams: Sequence[str] | None) -> tuple[str, ...] | None:
        if streams is None:
            return None
        names = StreamNames((await self._storage.streams.load()).streams)
        return tuple(sorted({names.find(one).stream_id for one in streams}))

    async def _hash(self, password: SecretStr | None) -> str:
        return "" if password is None else await self._passwords.hashed(password.get_secret_value())


def _words(streams: Sequence[str] | None) -> str:
    return "all" if streams is None else ", ".join(streams) or "none"
