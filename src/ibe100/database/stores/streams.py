"""The desired state: which streams there are, and which of them should run."""

from __future__ import annotations

import logging

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ibe100.database.records import StoredStream, StoredStreams
from ibe100.database.sql.handles import Handles, columns_of
from ibe100.database.sql.schema import JournalPositionRow, StreamRow
from ibe100.models.stored import DamagedDocument, read_stored, write_stored
from ibe100.models.stream_config import StreamConfig

_log = logging.getLogger(__name__)


class StreamStore:
    """Reads and writes the list of streams; a write has been committed when it returns."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def load(self) -> StoredStreams:
        """Streams by their number; one that cannot be read is named in the notices instead."""

        def work(session: Session) -> StoredStreams:
            streams, notices = [], []
            for row in session.scalars(select(StreamRow).order_by(StreamRow.number)):
                try:
                    streams.append(_stream(row))
                except DamagedDocument as damage:
                    notices.append(
                        f"Stream {row.number} ({row.stream_id}) is stored in a form that cannot be read "
                        f"and was left out: {damage}"
                    )
            return StoredStreams(streams=tuple(streams), notices=tuple(notices))

        stored = await self._handles.reader.read(work)
        for notice in stored.notices:
            _log.error(notice)
        return stored

    async def save(self, stream: StoredStream) -> None:
        """Add or replace; SecretStr fields of the configuration are left out."""
        config = write_stored(stream.config).decode()
        await self._handles.merge(StreamRow(**columns_of(stream, "config"), config=config))

    async def remove(self, stream_id: str) -> None:
        """Take a stream off the list; its sessions, cues and used event ids stay on record."""
        await self._handles.execute(
            delete(StreamRow).where(StreamRow.stream_id == stream_id),
            delete(JournalPositionRow).where(JournalPositionRow.stream_id == stream_id),
        )


def _stream(row: StreamRow) -> StoredStream:
    return StoredStream.model_validate(
        {
            "stream_id": row.stream_id,
            "number": row.number,
            "config": read_stored(StreamConfig, row.config),
            "desired": row.desired,
            "session_id": row.session_id,
        }
    )
