"""Alarms on record."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ibe100.database.access import Access, columns_of, to_value
from ibe100.database.schema import AlarmRow
from ibe100.models.alarm import Alarm, AlarmState


class AlarmStore:
    """Reads and writes alarms; a write has been committed when it returns."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def save(self, alarm: Alarm) -> Alarm:
        """Store an alarm as it now is; alarm_id 0 is a new one and gets its id."""

        def work(session: Session) -> Alarm:
            row = AlarmRow(**columns_of(alarm, "alarm_id"), alarm_id=alarm.alarm_id or None)
            stored = session.merge(row)
            session.flush()
            return alarm.model_copy(update={"alarm_id": stored.alarm_id})

        return await self._access.writer.submit(work)

    async def open(self) -> tuple[Alarm, ...]:
        """All that are not closed, the oldest first."""
        query = select(AlarmRow).where(AlarmRow.state != AlarmState.CLOSED.value).order_by(AlarmRow.alarm_id)

        def work(session: Session) -> tuple[Alarm, ...]:
            return tuple(to_value(row, Alarm) for row in session.scalars(query))

        return await self._access.reader.read(work)

    async def list(self, limit: int = 500) -> tuple[Alarm, ...]:
        """The newest first, closed ones too."""
        query = select(AlarmRow).order_by(AlarmRow.alarm_id.desc()).limit(limit)

        def work(session: Session) -> tuple[Alarm, ...]:
            return tuple(to_value(row, Alarm) for row in session.scalars(query))

        return await self._access.reader.read(work)
