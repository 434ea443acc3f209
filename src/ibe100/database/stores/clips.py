"""Clips on record."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ibe100.database.chain.covered import CLIP
from ibe100.database.chain.links import Chain
from ibe100.database.sql.handles import Handles, columns_of, to_value, to_values
from ibe100.database.sql.reader import Reader
from ibe100.database.sql.schema import ClipRow
from ibe100.models.clips.clip import Clip, ClipQuery


class ClipStore:
    """A write has been committed when it returns."""

    def __init__(self, handles: Handles, chain: Chain) -> None:
        self._handles = handles
        self._chain = chain

    async def add(self, clip: Clip) -> Clip:
        """Put a clip on record; returns it with its number."""
        row = ClipRow(**columns_of(clip, "clip_id"))

        def work(session: Session) -> Clip:
            session.add(row)
            session.flush()
            self._chain.add(session, CLIP, row.clip_id)
            return to_value(row, Clip)

        return await self._handles.writer.submit(work, has_happened=True)

    async def removed(self, clip_id: int, at: float, why: str) -> None:
        """Note that the file of a clip is gone; one that is gone already stays as it was."""

        def work(session: Session) -> None:
            row = session.get(ClipRow, clip_id)
            if row is not None and row.removed_at is None:
                row.removed_at, row.removed_why = at, why
                self._chain.add(session, CLIP, clip_id)

        await self._handles.writer.submit(work, has_happened=True)

    async def get(self, clip_id: int) -> Clip | None:
        """A clip by its number; None where it is not on record."""
        return await self._handles.value(select(ClipRow).where(ClipRow.clip_id == clip_id), Clip)

    async def list(self, query: ClipQuery = ClipQuery()) -> tuple[Clip, ...]:
        """Clips, the newest first."""
        return await listed_clips(self._handles.reader, query)

    async def kept(self, host: str) -> tuple[Clip, ...]:
        """Clips whose files are on the disk of a machine, the oldest first."""
        query = select(ClipRow).where(ClipRow.host == host, ClipRow.removed_at.is_(None), ClipRow.file != "")
        return await self._handles.values(query.order_by(ClipRow.centre_at, ClipRow.clip_id), Clip)

    async def centred_since(self, at: float) -> tuple[Clip, ...]:
        """Clips whose middle is at or after a time."""
        return await self._handles.values(select(ClipRow).where(ClipRow.centre_at >= at), Clip)


async def listed_clips(reader: Reader, query: ClipQuery) -> tuple[Clip, ...]:
    """Clips, the newest first; also from a file that a running console holds."""
    return await reader.read(lambda session: tuple(to_values(session.scalars(_listed(query)), Clip)))


def _listed(query: ClipQuery) -> Select[Any]:
    chosen = select(ClipRow).order_by(ClipRow.centre_at.desc(), ClipRow.clip_id.desc()).limit(query.limit)
    for name in ("stream_id", "cue_id", "alarm_id"):
        if (value := getattr(query, name)) is not None:
            chosen = chosen.where(getattr(ClipRow, name) == value)
    if query.begins_at is not None:
        chosen = chosen.where(ClipRow.centre_at >= query.begins_at)
    if query.ends_at is not None:
        chosen = chosen.where(ClipRow.centre_at < query.ends_at)
    return chosen
