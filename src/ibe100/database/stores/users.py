"""Users, tokens and kept requests on record."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ibe100.database.sql.handles import Handles, columns_of, to_value
from ibe100.database.sql.schema import KeptRequestRow, TokenRow, UserRow
from ibe100.database.sql.task import Turn
from ibe100.models.users import KeptRequest, StoredToken, StoredUser

KEPT_S = 86_400.0
"""So long a retry of a request for a cue is known as one."""


class UserStore:
    """Reads and writes users and tokens; a write has been committed when it returns."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def users(self) -> tuple[StoredUser, ...]:
        """Users by name."""
        query = select(UserRow).order_by(UserRow.name)
        return await self._handles.values(query, StoredUser)

    async def tokens(self) -> tuple[StoredToken, ...]:
        """Tokens by their numbers."""
        query = select(TokenRow).order_by(TokenRow.token_id)
        return await self._handles.values(query, StoredToken)

    async def save_user(self, user: StoredUser) -> None:
        """Add or replace."""
        await self._handles.merge(UserRow(**columns_of(user)))

    async def remove_user(self, name: str) -> None:
        """Remove a user with all tokens."""
        await self._handles.execute(
            delete(TokenRow).where(TokenRow.user == name), delete(UserRow).where(UserRow.name == name)
        )

    async def add_token(self, token: StoredToken) -> StoredToken:
        """Add a token; returns it with its token_id."""

        def work(session: Session) -> StoredToken:
            row = TokenRow(**columns_of(token, "token_id"))
            session.add(row)
            session.flush()
            return token.model_copy(update={"token_id": row.token_id})

        return await self._handles.writer.submit(work)

    async def remove_tokens(self, token_ids: Collection[int]) -> None:
        """Remove tokens; a token that is gone already is no fault."""
        await self._handles.execute(delete(TokenRow).where(TokenRow.token_id.in_(token_ids)))

    async def used(self, token_id: int, at: float) -> None:
        """Note when a token was used last."""
        statement = update(TokenRow).where(TokenRow.token_id == token_id).values(last_used_at=at)
        await self._handles.execute(statement)


class KeptRequestStore:
    """Requests by user and key; a cue waits for them, so they are written ahead of the record."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def reserve(self, user: str, key: str, digest: str) -> KeptRequest | None:
        """Reserve a key: None when it is new and now stands for `digest`; else what it stood for before."""
        now = self._handles.wall()

        def work(session: Session) -> KeptRequest | None:
            session.execute(delete(KeptRequestRow).where(KeptRequestRow.kept_at < now - KEPT_S))
            row = session.get(KeptRequestRow, (user, key))
            if row is not None:
                return to_value(row, KeptRequest)
            session.add(KeptRequestRow(user=user, key=key, digest=digest, cue_id=None, kept_at=now))
            return None

        return await self._handles.writer.submit(work, Turn.AIR)

    async def settle(self, user: str, key: str, cue_id: int) -> None:
        """Note the cue that came of a request."""
        statement = (
            update(KeptRequestRow)
            .where(KeptRequestRow.user == user, KeptRequestRow.key == key)
            .values(cue_id=cue_id)
        )
        await self._handles.execute(statement)

    async def release(self, user: str, key: str) -> None:
        """Free a key again."""
        statement = delete(KeptRequestRow).where(KeptRequestRow.user == user, KeptRequestRow.key == key)
        await self._handles.execute(statement)
