"""Audit lines: what operators did."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ibe100.database.chain.covered import AUDIT
from ibe100.database.chain.links import Chain
from ibe100.database.sql.handles import Handles, columns_of
from ibe100.database.sql.schema import AuditRow, table_of
from ibe100.models.session import AuditRecord

_INSERT = insert(table_of(AuditRow)).returning(table_of(AuditRow).c.audit_id)


class AuditStore:
    """Appends audit lines and reads them back; nothing changes or removes one."""

    def __init__(self, handles: Handles, chain: Chain) -> None:
        self._handles = handles
        self._chain = chain

    async def write(self, record: AuditRecord) -> None:
        """Write a line; it is on disk when this returns."""

        def work(session: Session) -> None:
            audit_id = session.execute(_INSERT, columns_of(record)).scalar_one()
            self._chain.add(session, AUDIT, audit_id)

        await self._handles.writer.submit(work, has_happened=True)

    async def list(self, limit: int = 500) -> tuple[AuditRecord, ...]:
        """Audit lines, the newest first."""
        query = select(AuditRow).order_by(AuditRow.audit_id.desc()).limit(limit)
        return await self._handles.values(query, AuditRecord)

    async def of(self, actions: Sequence[str], limit: int = 500) -> tuple[AuditRecord, ...]:
        """Audit lines of these actions, the newest first."""
        wanted = select(AuditRow).where(AuditRow.action.in_(actions))
        return await self._handles.values(wanted.order_by(AuditRow.audit_id.desc()).limit(limit), AuditRecord)
