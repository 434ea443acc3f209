"""The tokens that are valid, in memory: found by their secret, forgotten at once, waited for to their end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterable

from ibe100.models.users import StoredToken

PREFIX = "ibe100_"
"""So that a token is known for one wherever it turns up."""
TOKEN_BYTES = 32
USED_STEP_S = 60.0
"""When a token was last used is noted no more often than this."""
LONGEST_LOOK_S = 60.0
"""A clock that is set moves the end of a token: it is looked at again after so long."""


class TokenCache:
    """Used on the loop only."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._by_digest: dict[str, StoredToken] = {}
        self._used: dict[int, float] = {}
        self._changed = asyncio.Event()

    def put(self, tokens: Iterable[StoredToken]) -> None:
        """Let them in from now on."""
        self._by_digest.update({token.digest: token for token in tokens})

    def forget(self, tokens: Iterable[StoredToken]) -> None:
        """Let them in no more, and tell whoever waits for their end."""
        for token in tuple(tokens):
            self._by_digest.pop(token.digest, None)
            self._used.pop(token.token_id, None)
        self._changed.set()
        self._changed = asyncio.Event()

    def of(self, user: str) -> tuple[StoredToken, ...]:
        """All of one user, those that are over too."""
        return tuple(token for token in self._by_digest.values() if token.user == user)

    def valid(self) -> tuple[StoredToken, ...]:
        """By their numbers."""
        valid = (token for token in self._by_digest.values() if not self._is_over(token))
        return tuple(sorted(valid, key=lambda token: token.token_id))

    def over(self) -> tuple[StoredToken, ...]:
        """Those whose time is over and that are still kept."""
        return tuple(token for token in self._by_digest.values() if self._is_over(token))

    def by_id(self, token_id: int) -> StoredToken | None:
        """None when it is not valid any more."""
        return next((token for token in self.valid() if token.token_id == token_id), None)

    def by_secret(self, secret: str) -> StoredToken | None:
        """None when it is not valid."""
        token = self._by_digest.get(digest_of(secret))
        return None if token is None or self._is_over(token) else token

    def note_use(self, token: StoredToken) -> float | None:
        """The time, when it is worth a line on record."""
        now = self._wall()
        if now - (self.last_used_at(token) or 0.0) < USED_STEP_S:
            return None
        self._used[token.token_id] = now
        return now

    def last_used_at(self, token: StoredToken) -> float | None:
        """To within a minute."""
        return self._used.get(token.token_id, token.last_used_at)

    async def until_over(self, token_id: int) -> None:
        """Returns when it does not let in any more: forgotten, or its time is over."""
        while (token := self.by_id(token_id)) is not None:
            left_s = LONGEST_LOOK_S
            if token.expires_at is not None:
                left_s = min(left_s, token.expires_at - self._wall())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, left_s)):
                    await self._changed.wait()

    def _is_over(self, token: StoredToken) -> bool:
        return token.expires_at is not None and token.expires_at <= self._wall()


def new_secret() -> str:
    """256 random bits behind the prefix."""
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(secret: str) -> str:
    """SHA-256 in hex: enough, for there is nothing to guess in a secret of 256 bits."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
