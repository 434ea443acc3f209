"""The allocator of splice_event_ids: rising, rolling over, never one that may still be remembered."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from ibe100.database.records import EventIdRange
from ibe100.database.sql.schema import CueRow, EventIdRow, table_of
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import FINAL_STATES

_IDS = table_of(EventIdRow).c
_CUES = table_of(CueRow).c
_OF_STREAM_IN_RANGE = (
    _IDS.stream_id == bindparam("stream_id"),
    _IDS.splice_event_id.between(bindparam("first"), bindparam("last")),
)

# Built once: putting a statement together takes longer than SQLite takes to run it.
_LAST = select(_IDS.splice_event_id).where(*_OF_STREAM_IN_RANGE).order_by(_IDS.serial.desc()).limit(1)
_NEWEST = (
    select(_IDS.splice_event_id, _IDS.allocated_at)
    .where(_IDS.stream_id == bindparam("stream_id"))
    .order_by(_IDS.serial.desc())
    .limit(1)
)
_REMEMBERED = (
    select(_IDS.splice_event_id)
    .where(*_OF_STREAM_IN_RANGE, _IDS.allocated_at >= bindparam("since"))
    .order_by(_IDS.splice_event_id)
)
_LONGEST_AGO = (
    select(_IDS.splice_event_id)
    .where(
        *_OF_STREAM_IN_RANGE,
        _IDS.splice_event_id.not_in(
            select(_CUES.splice_event_id).where(
                _CUES.stream_id == bindparam("stream_id"),
                _CUES.state.not_in(sorted(FINAL_STATES)),
                _CUES.splice_event_id.is_not(None),
            )
        ),
    )
    .order_by(_IDS.serial)
    .limit(1)
)
_FORGET = delete(table_of(EventIdRow)).where(*_OF_STREAM_IN_RANGE)
_NOTE = insert(table_of(EventIdRow))


def allocate_event_id(
    session: Session, stream_id: str, ids: EventIdRange, now: float, retention_s: float
) -> int:
    """The next splice_event_id of the stream, recorded in the caller's transaction.

    An id allocated within `retention_s` is used again only when no other of the range is free, then the
    one allocated longest ago whose cue is over. Raises CueRefused when every id belongs to an open cue.
    """
    whole = {"stream_id": stream_id, "first": ids.first, "last": ids.last}
    last = session.scalar(_LAST, whole)
    wanted = ids.first if last is None or last == ids.last else last + 1
    splice_event_id = _first_free(session, stream_id, ids, wanted, now - retention_s)
    if splice_event_id is None:
        splice_event_id = session.scalar(_LONGEST_AGO, whole)
    if splice_event_id is None:
        raise CueRefused(
            f"All {len(ids)} event ids from {ids.first} to {ids.last} belong to cues that are not over: "
            "wait for one to end, or widen the stream's range of event ids."
        )
    session.execute(_FORGET, {**whole, "first": splice_event_id, "last": splice_event_id})
    session.execute(_NOTE, {"stream_id": stream_id, "splice_event_id": splice_event_id, "allocated_at": now})
    return int(splice_event_id)


def note_event_ids(session: Session, stream_id: str, used: Collection[int], now: float) -> None:
    """Enter ids that were chosen elsewhere, in the caller's transaction.

    The one allocated last stays the last one: what comes next must not follow a number from elsewhere.
    """
    last = session.execute(_NEWEST, {"stream_id": stream_id}).one_or_none() if used else None
    rows = [(splice_event_id, now) for splice_event_id in used]
    for splice_event_id, at in [*rows, *([(last[0], last[1])] if last is not None else [])]:
        session.execute(_FORGET, {"stream_id": stream_id, "first": splice_event_id, "last": splice_event_id})
        session.execute(
            _NOTE, {"stream_id": stream_id, "splice_event_id": splice_event_id, "allocated_at": at}
        )


def _first_free(session: Session, stream_id: str, ids: EventIdRange, wanted: int, since: float) -> int | None:
    """The first id from `wanted` on, around the range, that was not allocated since then."""

    def remembered(first: int, last: int) -> list[int]:
        span = {"stream_id": stream_id, "first": first, "last": last, "since": since}
        return list(session.scalars(_REMEMBERED, span))

    if not remembered(wanted, wanted):
        return wanted
    for first, last in ((wanted, ids.last), (ids.first, wanted - 1)):
        candidate = first
        for taken in remembered(first, last):
            if taken != candidate:
                break
            candidate += 1
        if candidate <= last:
            return candidate
    return None
