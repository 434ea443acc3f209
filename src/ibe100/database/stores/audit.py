"""Audit lines: what operators did."""

from __future__ import annotations

from sqlalchemy import select

from ibe100.database.sqlite.handles import Handles, columns_of
from ibe100.database.sqlite.schema import AuditRow
from ibe100.models.session import AuditRecord


class AuditStore:
    """Appends audit lines and reads them back; nothing changes or removes one."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def write(self, record: AuditRecord) -> None:
        """Write a line; it is on disk when this returns."""
        await self._handles.writer.submit(lambda session: session.add(AuditRow(**columns_of(record))))

    async def list(self, limit: int = 500) -> tuple[AuditRecord, ...]:
        """Audit lines, the newest first."""
        query = select(AuditRow).order_by(AuditRow.audit_id.desc()).limit(limit)
        return await self._handles.values(query, AuditRecord)
