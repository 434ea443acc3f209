"""Cues on record found by what the cue log asks; the conditions are those of `CueLogQuery.admits`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from ibe100.database.sql.schema import CueRow, table_of
from ibe100.models.cues.log import CueLogQuery
from ibe100.models.scte35_marker import Cue

_CUES = table_of(CueRow).c
_FIELDS = tuple(Cue.model_fields)
_COLUMNS = tuple(_CUES[name] for name in _FIELDS)
_WITH_TEXT = (_CUES.section_base64, _CUES.seen_base64, _CUES.reason, _CUES.requested_by)
# All at once: one by one takes twice as long.
_VALUES: TypeAdapter[tuple[Cue, ...]] = TypeAdapter(tuple[Cue, ...])


def find_cues(session: Session, query: CueLogQuery) -> tuple[Cue, ...]:
    """Cues that a query admits, the newest first; one more than the limit where there are more."""
    statement = select(*_COLUMNS).where(*_conditions(query)).order_by(_CUES.cue_id.desc())
    rows = session.execute(statement.limit(query.limit + 1))
    return _VALUES.validate_python([dict(zip(_FIELDS, row, strict=True)) for row in rows])


def _conditions(query: CueLogQuery) -> Iterator[ColumnElement[bool]]:
    if query.stream_id:
        yield _CUES.stream_id == query.stream_id
    if query.actions:
        yield _CUES.action.in_(query.actions)
    if query.states:
        yield _CUES.state.in_(query.states)
    if query.since is not None:
        yield _CUES.requested_at >= query.since
    if query.needles:
        found = [
            column.icontains(needle, autoescape=True) for needle in query.needles for column in _WITH_TEXT
        ]
        if query.event_id is not None:
            found.append(_CUES.splice_event_id == query.event_id)
        yield or_(*found)
