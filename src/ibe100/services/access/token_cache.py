"""Cache of the valid tokens: found by their secret, forgotten at once, waited for to their end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable, Iterable

from ibe100.models.users import StoredToken

PREFIX = "ibe100_"
"""Makes a token known for one wherever it turns up."""
TOKEN_BYTES = 32
USED_STEP_S = 60.0
"""Uses of a token are noted no more often than this."""
LONGEST_LOOK_S = 60.0
"""A clock that is set moves the end of a token: it is looked at again after so long."""


class TokenCache:
    """Valid tokens in memory; used on the loop only."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._by_digest: dict[str, StoredToken] = {}
        self._used: dict[int, float] = {}
        self._changed = asyncio.Event()

    def put(self, tokens: Iterable[StoredToken]) -> None:
        """Add tokens: they let in from now on."""
        self._by_digest.update({token.digest: token for token in tokens})

    def forget(self, tokens: Iterable[StoredToken]) -> None:
        """Remove tokens, and wake whoever waits for their end."""
        for token in tuple(tokens):
            self._by_digest.pop(token.digest, None)
            self._used.pop(token.token_id, None)
        self._changed.set()
        self._changed = asyncio.Event()

    def of(self, user: str) -> tuple[StoredToken, ...]:
        """All tokens of one user, expired ones too."""
        return tuple(token for token in self._by_digest.values() if token.user == user)

    def valid(self) -> tuple[StoredToken, ...]:
        """Valid tokens by their numbers."""
        valid = (token for token in self._by_digest.values() if not self._is_over(token))
        return tuple(sorted(valid, key=lambda token: token.token_id))

    def over(self) -> tuple[StoredToken, ...]:
        """Expired tokens that are still kept."""
        return tuple(token for token in self._by_digest.values() if self._is_over(token))

    def by_id(self, token_id: int) -> StoredToken | None:
        """Valid token of this number; None without one."""
        return next((token for token in self.valid() if token.token_id == token_id), None)

    def by_secret(self, secret: str) -> StoredToken | None:
        """Valid token with this secret; None without one."""
        token = self._by_digest.get(digest_of(secret))
        return None if token is None or self._is_over(token) else token

    def note_use(self, token: StoredToken) -> float | None:
        """Note a use; returns the time when it is to be put on record, else None."""
        now = self._wall()
        if now - (self.last_used_at(token) or 0.0) < USED_STEP_S:
            return None
        self._used[token.token_id] = now
        return now

    def last_used_at(self, token: StoredToken) -> float | None:
        """Time of the last use, to within a minute."""
        return self._used.get(token.token_id, token.last_used_at)

    async def until_over(self, token_id: int) -> None:
        """Wait until a token does not let in any more: forgotten, or expired."""
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
