"""Deleted streams: kept for a while with their passphrases, so that one can be brought back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from ibe100.database.database import Database
from ibe100.models.errors import NotFound, OperatorError
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_list import DeletedStream
from ibe100.services.streams.stream_list import StreamList
from ibe100.services.streams.stream_secrets import SecretStore, forget_secrets, move_secrets, with_secrets

KEPT_S = 30 * 86_400.0
"""Time for which a deleted stream can be brought back."""

_log = logging.getLogger(__name__)


class DeletedStreams:
    """Keeps and gives back what was deleted; planned breaks stay in the schedule under its id."""

    def __init__(
        self,
        storage: Database,
        secrets: SecretStore,
        streams: StreamList,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._storage = storage
        self._secrets = secrets
        self._list = streams
        self._wall = wall

    async def keep(self, stream_id: str, deleted_by: str) -> int:
        """Take a stream off the record of the list; returns its number among the deleted ones."""
        deleted_id = await self._storage.streams.remove(stream_id, deleted_by)
        if deleted_id and not self._secrets.locked:
            await asyncio.to_thread(move_secrets, self._secrets, stream_id, _secret_name(deleted_id))
        return deleted_id

    async def all(self) -> tuple[DeletedStream, ...]:
        """Those that can be brought back, the newest first. Raises StorageError."""
        return await self._storage.streams.deleted()

    async def entry(self, deleted_id: int) -> StreamEntry:
        """Stream as it was, with its passphrases, under its id and number where they are free.

        Raises NotFound, StorageError, and StreamError where no number is left.
        """
        found = next((one for one in await self.all() if one.deleted_id == deleted_id), None)
        if found is None:
            raise NotFound("it cannot be brought back any more: deleted streams are kept for 30 days")
        config: StreamConfig = await asyncio.to_thread(
            with_secrets, self._secrets, _secret_name(deleted_id), found.config
        )
        is_taken = any(run.stream_id == found.stream_id for run in self._list.runs())
        stream_id = self._list.new_entry(config).stream_id if is_taken else found.stream_id
        number = self._list.free_number(found.number)
        return StreamEntry(stream_id=stream_id, number=number, config=config)

    async def forget(self, deleted_id: int) -> None:
        """Delete it for good, with its secrets. Raises StorageError."""
        await asyncio.to_thread(forget_secrets, self._secrets, _secret_name(deleted_id))
        await self._storage.streams.forget_deleted(deleted_id)

    async def forget_old(self) -> None:
        """Delete for good what was deleted too long ago; a fault is logged, the next opening tries again."""
        try:
            for deleted_id in await self._storage.streams.deleted_before(self._wall() - KEPT_S):
                await self.forget(deleted_id)
        except OperatorError as error:
            _log.error("streams deleted more than 30 days ago are still kept: %s", error)


def _secret_name(deleted_id: int) -> str:
    """Name of its secrets; no id of a stream holds a dot."""
    return f"deleted.{deleted_id}"
