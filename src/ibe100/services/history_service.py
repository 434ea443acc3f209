"""What is on record, read back."""

from __future__ import annotations

from collections.abc import Sequence

from ibe100.models.scte35_marker import Cue
from ibe100.models.session import AuditRecord, SessionRecord
from ibe100.services.storage import Storage


class HistoryService:
    """Reads only."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def sessions(self, limit: int = 200) -> Sequence[SessionRecord]:
        """The newest first."""
        return await self._storage.sessions.list(limit)

    async def cues(self, stream_id: str | None = None, limit: int = 500) -> Sequence[Cue]:
        """The newest first, of one stream or of all."""
        return await self._storage.cues.recent(stream_id, limit)

    async def audit(self, limit: int = 500) -> Sequence[AuditRecord]:
        """The newest first."""
        return await self._storage.audit.list(limit)
