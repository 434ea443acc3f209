"""Alarms on record."""

from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ibe100.database.sql.handles import Handles, columns_of
from ibe100.database.sql.schema import AlarmRow
from ibe100.models.alarms.alarm import Alarm, AlarmFilter, AlarmState

MOST_ALARMS = 2000


class AlarmStore:
    """Reads and writes alarms; a write has been committed when it returns."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def save(self, alarm: Alarm) -> None:
        """Store an alarm as it now is, under its alarm_id."""
        row = AlarmRow(**columns_of(alarm))
        await self._handles.merge(row, stream_id=alarm.stream_id, has_happened=True)

    async def highest_id(self) -> int:
        """Highest alarm_id that was ever kept; 0 without any."""

        def work(session: Session) -> int:
            return session.scalar(select(func.max(AlarmRow.alarm_id))) or 0

        return await self._handles.reader.read(work)

    async def open(self) -> tuple[Alarm, ...]:
        """Alarms that are not closed, the oldest first."""
        query = select(AlarmRow).where(AlarmRow.state != AlarmState.CLOSED.value).order_by(AlarmRow.alarm_id)
        return await self._handles.values(query, Alarm)

    async def list(self, wanted: AlarmFilter = AlarmFilter()) -> tuple[Alarm, ...]:
        """Alarms, the newest first, closed ones too."""
        query = select(AlarmRow).order_by(AlarmRow.alarm_id.desc())
        if wanted.stream_id is not None:
            query = query.where(AlarmRow.stream_id == wanted.stream_id)
        if wanted.severity is not None:
            query = query.where(AlarmRow.severity == wanted.severity.value)
        if wanted.since is not None:
            query = query.where(AlarmRow.raised_at >= wanted.since)
        for word in wanted.words.split():
            columns = (AlarmRow.stream_name, AlarmRow.title, AlarmRow.value, AlarmRow.condition)
            query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
        query = query.limit(wanted.limit)
        return await self._handles.values(query, Alarm)

    async def between(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Alarm, ...]:
        """Alarms of a stream that stood within the range, the oldest first; at most 2,000, the newest."""
        query = (
            select(AlarmRow)
            .where(
                AlarmRow.stream_id == stream_id,
                AlarmRow.raised_at < ends_at,
                or_(AlarmRow.cleared_at.is_(None), AlarmRow.cleared_at >= begins_at),
            )
            .order_by(AlarmRow.alarm_id.desc())
            .limit(MOST_ALARMS)
        )
        return (await self._handles.values(query, Alarm))[::-1]
