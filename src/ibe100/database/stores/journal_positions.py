"""Places up to which the runners' journals have been taken over."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ibe100.database.records import JournalPosition
from ibe100.database.sql.handles import Handles
from ibe100.database.sql.schema import JournalPositionRow


class JournalPositionStore:
    """The writer keeps order: a position stored after a fact is never on disk without it."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def position(self, stream_id: str) -> JournalPosition | None:
        """Place in a stream's journal; None when nothing of it was taken over yet."""
        query = select(JournalPositionRow).where(JournalPositionRow.stream_id == stream_id)
        return await self._handles.value(query, JournalPosition)

    async def advance(self, stream_id: str, runner: str, seq: int) -> None:
        """Everything up to `seq` is stored. Within one journal (`runner`) the position never goes back."""

        def work(session: Session) -> None:
            self._handles.custody.demand(session, stream_id)
            row = session.get(JournalPositionRow, stream_id)
            if row is None:
                session.add(JournalPositionRow(stream_id=stream_id, runner=runner, last_seq=seq))
            elif row.runner != runner or row.last_seq < seq:
                row.runner, row.last_seq = runner, seq

        await self._handles.writer.submit(work, has_happened=True)
