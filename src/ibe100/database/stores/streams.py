"""The desired state: which streams there are, and which of them should run."""

from __future__ import annotations

import logging

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ibe100.database.records import StoredStream, StoredStreams
from ibe100.database.sql.handles import Handles, columns_of
from ibe100.database.sql.schema import DeletedStreamRow, JournalPositionRow, StreamRow
from ibe100.models.errors import StorageError
from ibe100.models.records.hosts import Owner
from ibe100.models.stored import DamagedDocument, read_stored, write_stored
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_list import DeletedStream

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
        """Add or replace; SecretStr fields of the configuration are left out.

        A new one is this host's, where there are several. Raises StreamElsewhere for one of another host.
        """
        custody, config = self._handles.custody, write_stored(stream.config).decode()

        def work(session: Session) -> bool:
            custody.demand(session, stream.stream_id)
            row = StreamRow(**columns_of(stream, "config", "owner"), config=config)
            is_new = bool(custody.host) and session.get(StreamRow, stream.stream_id) is None
            if is_new:
                number = select(StreamRow.stream_id).where(StreamRow.number == stream.number)
                if session.scalar(number) is not None:
                    raise StorageError(f"stream {stream.number} was added elsewhere just now; try again")
                row.owner, row.epoch = custody.host, 1
            session.merge(row)
            return is_new

        if await self._handles.writer.submit(work):
            custody.note(stream.stream_id, 1)

    async def remove(self, stream_id: str, deleted_by: str = "") -> int:
        """Take a stream off the list into the deleted ones; returns its number there, 0 for one not listed.

        Its sessions, cues and used event ids stay on record.
        """
        deleted_at = self._handles.wall()

        def work(session: Session) -> int:
            self._handles.custody.demand(session, stream_id)
            row = session.get(StreamRow, stream_id)
            if row is None:
                return 0
            deleted = DeletedStreamRow(
                stream_id=stream_id,
                number=row.number,
                config=row.config,
                deleted_at=deleted_at,
                deleted_by=deleted_by,
            )
            session.add(deleted)
            for table in (StreamRow, JournalPositionRow):
                session.execute(delete(table).where(table.stream_id == stream_id))
            session.flush()
            return deleted.deleted_id

        return await self._handles.writer.submit(work)

    async def deleted(self) -> tuple[DeletedStream, ...]:
        """Deleted streams, the newest first; one that cannot be read is named in the log and left out."""

        def work(session: Session) -> tuple[DeletedStream, ...]:
            streams = []
            for row in session.scalars(select(DeletedStreamRow).order_by(DeletedStreamRow.deleted_id.desc())):
                try:
                    config = read_stored(StreamConfig, row.config)
                except DamagedDocument as damage:
                    _log.error("deleted stream %s cannot be read: %s", row.stream_id, damage)
                    continue
                streams.append(
                    DeletedStream(
                        deleted_id=row.deleted_id,
                        stream_id=row.stream_id,
                        number=row.number,
                        config=config,
                        deleted_at=row.deleted_at,
                        deleted_by=row.deleted_by,
                    )
                )
            return tuple(streams)

        return await self._handles.reader.read(work)

    async def deleted_before(self, at: float) -> tuple[int, ...]:
        """Numbers of streams that were deleted earlier, those that cannot be read as well."""
        query = select(DeletedStreamRow.deleted_id).where(DeletedStreamRow.deleted_at < at)
        return await self._handles.reader.read(lambda session: tuple(session.scalars(query)))

    async def forget_deleted(self, deleted_id: int) -> None:
        """Take a stream out of the deleted ones."""
        await self._handles.execute(delete(DeletedStreamRow).where(DeletedStreamRow.deleted_id == deleted_id))


def _stream(row: StreamRow) -> StoredStream:
    return StoredStream.model_validate(
        {
            "stream_id": row.stream_id,
            "number": row.number,
            "config": read_stored(StreamConfig, row.config),
            "desired": row.desired,
            "session_id": row.session_id,
            "owner": Owner(host=row.owner, epoch=row.epoch),
        }
    )
