"""Planned breaks on record."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import bindparam, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from ibe100.database.sql.handles import Handles, columns_of
from ibe100.database.sql.schema import ScheduleRow, table_of
from ibe100.models.base import describe_error
from ibe100.models.cues.schedule import BreakState, ScheduledBreak, When
from ibe100.models.stored import DamagedDocument, read_stored, write_stored

_WHEN: TypeAdapter[When] = TypeAdapter(When)
_SCHEDULE = table_of(ScheduleRow)
_DELETE = delete(_SCHEDULE).where(_SCHEDULE.c.break_id == bindparam("gone"))
_OPEN = (BreakState.PLANNED.value, BreakState.ARMED.value)
_log = logging.getLogger(__name__)


class ScheduleStore:
    """Reads and writes planned breaks; a write has been committed when it returns."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def load(self, since: float) -> tuple[ScheduledBreak, ...]:
        """Planned breaks that are not over, and those that were due since then, by their numbers.

        A row that cannot be read is named in the log and left out.
        """
        query = (
            select(ScheduleRow)
            .where(or_(ScheduleRow.state.in_(_OPEN), ScheduleRow.planned_at >= since))
            .order_by(ScheduleRow.break_id)
        )

        def work(session: Session) -> tuple[ScheduledBreak, ...]:
            return tuple(one for row in session.scalars(query) if (one := _value(row)) is not None)

        return await self._handles.reader.read(work)

    async def add(self, breaks: Sequence[ScheduledBreak]) -> tuple[ScheduledBreak, ...]:
        """Store new ones, all or none; their break_ids are ignored and given.

        One whose `when` or `series_id` names another of `breaks` by its break_id as it was (a negative
        number, so that it means nothing else) names it by the new one afterwards.
        """

        def work(session: Session) -> tuple[ScheduledBreak, ...]:
            self._demand(session, {one.stream_id for one in breaks})
            last = session.scalar(select(func.max(ScheduleRow.break_id))) or 0
            given = {one.break_id: last + turn for turn, one in enumerate(breaks, start=1)}
            stored = tuple(_renamed(one, given) for one in breaks)
            # One statement for all: thousands must not keep the writer from the cues.
            if stored:
                session.execute(insert(_SCHEDULE), [_columns(one) for one in stored])
            return stored

        return await self._handles.writer.submit(work)

    async def save(self, breaks: Sequence[ScheduledBreak]) -> None:
        """Store them as they now are, all or none."""

        def work(session: Session) -> None:
            self._demand(session, {one.stream_id for one in breaks})
            for one in breaks:
                session.merge(ScheduleRow(**_columns(one)))

        await self._handles.writer.submit(work)

    async def remove(self, break_ids: Collection[int]) -> None:
        """Take them off the schedule; their cues stay on record."""
        ids = [{"gone": break_id} for break_id in break_ids]

        def work(session: Session) -> None:
            if ids:
                named = select(ScheduleRow.stream_id).where(ScheduleRow.break_id.in_(break_ids)).distinct()
                self._demand(session, session.scalars(named).all())
                session.execute(_DELETE, ids)

        await self._handles.writer.submit(work)

    def _demand(self, session: Session, stream_ids: Collection[str]) -> None:
        for stream_id in stream_ids:
            self._handles.custody.demand(session, stream_id)


def _renamed(one: ScheduledBreak, given: dict[int, int]) -> ScheduledBreak:
    changes: dict[str, object] = {"break_id": given[one.break_id]}
    if one.when.kind == "after" and one.when.break_id in given:
        changes["when"] = one.when.model_copy(update={"break_id": given[one.when.break_id]})
    if one.series_id in given:
        changes["series_id"] = given[one.series_id]
    return one.model_copy(update=changes)


def _columns(one: ScheduledBreak) -> dict[str, object]:
    return {**columns_of(one, "when"), "timing": write_stored(one.when).decode()}


def _value(row: ScheduleRow) -> ScheduledBreak | None:
    names = [name for name in ScheduledBreak.model_fields if name != "when"]
    try:
        values = {name: getattr(row, name) for name in names}
        return ScheduledBreak.model_validate({**values, "when": read_stored(_WHEN, row.timing)})
    except (ValidationError, DamagedDocument) as error:
        why = describe_error(error) if isinstance(error, ValidationError) else error
        _log.error("planned break %d cannot be read and was left out: %s", row.break_id, why)
        return None
