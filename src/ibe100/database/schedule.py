"""Planned breaks on record."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ibe100.database.access import Access, columns_of
from ibe100.database.schema import ScheduleRow
from ibe100.models.base import in_words
from ibe100.models.schedule import BreakState, ScheduledBreak, When

_WHEN: TypeAdapter[When] = TypeAdapter(When)
_OPEN = (BreakState.PLANNED.value, BreakState.ARMED.value)
_log = logging.getLogger(__name__)


class ScheduleStore:
    """Reads and writes planned breaks; a write has been committed when it returns."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def load(self, since: float) -> tuple[ScheduledBreak, ...]:
        """All that are not over, and those that were due since then, by their numbers.

        A row that cannot be read is named in the log and left out.
        """
        query = (
            select(ScheduleRow)
            .where(or_(ScheduleRow.state.in_(_OPEN), ScheduleRow.planned_at >= since))
            .order_by(ScheduleRow.break_id)
        )

        def work(session: Session) -> tuple[ScheduledBreak, ...]:
            return tuple(one for row in session.scalars(query) if (one := _value(row)) is not None)

        return await self._access.reader.read(work)

    async def add(self, breaks: Sequence[ScheduledBreak]) -> tuple[ScheduledBreak, ...]:
        """Store new ones, all or none; their break_ids are ignored and given.

        One whose `when` or `series_id` names another of `breaks` by its break_id as it was (a negative
        number, so that it means nothing else) names it by the new one afterwards; leaders come first.
        """

        def work(session: Session) -> tuple[ScheduledBreak, ...]:
            given: dict[int, int] = {}
            stored: list[ScheduledBreak] = []
            for one in breaks:
                named = _renamed(one, given)
                row = _row(named)
                session.add(row)
                session.flush()
                given[one.break_id] = row.break_id
                stored.append(named.model_copy(update={"break_id": row.break_id}))
            return tuple(stored)

        return await self._access.writer.submit(work)

    async def save(self, breaks: Sequence[ScheduledBreak]) -> None:
        """Store them as they now are, all or none."""

        def work(session: Session) -> None:
            for one in breaks:
                row = _row(one)
                row.break_id = one.break_id
                session.merge(row)

        await self._access.writer.submit(work)

    async def remove(self, break_ids: Collection[int]) -> None:
        """Take them off the schedule; their cues stay on record."""
        ids = tuple(break_ids)

        def work(session: Session) -> None:
            session.execute(delete(ScheduleRow).where(ScheduleRow.break_id.in_(ids)))

        await self._access.writer.submit(work)


def _renamed(one: ScheduledBreak, given: dict[int, int]) -> ScheduledBreak:
    changes: dict[str, object] = {}
    if one.when.kind == "after" and one.when.break_id in given:
        changes["when"] = one.when.model_copy(update={"break_id": given[one.when.break_id]})
    if one.series_id in given:
        changes["series_id"] = given[one.series_id]
    return one.model_copy(update=changes)


def _row(one: ScheduledBreak) -> ScheduleRow:
    return ScheduleRow(**columns_of(one, "break_id", "when"), timing=one.when.model_dump_json())


def _value(row: ScheduleRow) -> ScheduledBreak | None:
    names = [name for name in ScheduledBreak.model_fields if name != "when"]
    try:
        values = {name: getattr(row, name) for name in names}
        return ScheduledBreak.model_validate({**values, "when": _WHEN.validate_json(row.timing)})
    except ValidationError as error:
        _log.error("planned break %d cannot be read and was left out: %s", row.break_id, in_words(error))
        return None
