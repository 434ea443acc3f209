"""The allocator of splice_event_ids: rising, rolling over, never one that may still be remembered."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ibe100.database.records import EventIdRange
from ibe100.database.schema import CueRow, EventIdRow
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import FINAL_STATES

_FINAL = sorted(FINAL_STATES)


def allocate_event_id(
    session: Session, stream_id: str, ids: EventIdRange, now: float, retention_s: float
) -> int:
    """The next splice_event_id of the stream, recorded in the caller's transaction.

    An id allocated within `retention_s` is used again only when no other of the range is free, then the
    one allocated longest ago whose cue is over. Raises CueRefused when every id belongs to an open cue.
    """
    wanted = _after_the_last(session, stream_id, ids)
    splice_event_id = _first_free(session, stream_id, ids, wanted, now - retention_s)
    if splice_event_id is None:
        splice_event_id = _longest_ago(session, stream_id, ids)
    session.execute(
        delete(EventIdRow).where(
            EventIdRow.stream_id == stream_id, EventIdRow.splice_event_id == splice_event_id
        )
    )
    session.add(EventIdRow(stream_id=stream_id, splice_event_id=splice_event_id, allocated_at=now))
    return splice_event_id


def _after_the_last(session: Session, stream_id: str, ids: EventIdRange) -> int:
    last = session.scalar(
        select(EventIdRow.splice_event_id)
        .where(EventIdRow.stream_id == stream_id, EventIdRow.splice_event_id.between(ids.first, ids.last))
        .order_by(EventIdRow.serial.desc())
        .limit(1)
    )
    return ids.first if last is None or last == ids.last else last + 1


def _first_free(
    session: Session, stream_id: str, ids: EventIdRange, wanted: int, remembered_since: float
) -> int | None:
    """The first id from `wanted` on, around the range, that was not allocated since then."""

    def remembered(first: int, last: int) -> list[int]:
        return list(
            session.scalars(
                select(EventIdRow.splice_event_id)
                .where(
                    EventIdRow.stream_id == stream_id,
                    EventIdRow.splice_event_id.between(first, last),
                    EventIdRow.allocated_at >= remembered_since,
                )
                .order_by(EventIdRow.splice_event_id)
            )
        )

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


def _longest_ago(session: Session, stream_id: str, ids: EventIdRange) -> int:
    open_cues = select(CueRow.splice_event_id).where(
        CueRow.stream_id == stream_id,
        CueRow.state.not_in(_FINAL),
        CueRow.splice_event_id.is_not(None),
    )
    splice_event_id = session.scalar(
        select(EventIdRow.splice_event_id)
        .where(
            EventIdRow.stream_id == stream_id,
            EventIdRow.splice_event_id.between(ids.first, ids.last),
            EventIdRow.splice_event_id.not_in(open_cues),
        )
        .order_by(EventIdRow.serial)
        .limit(1)
    )
    if splice_event_id is None:
        raise CueRefused(
            f"All {len(ids)} event ids from {ids.first} to {ids.last} belong to cues that are not over: "
            "wait for one to end, or widen the stream's range of event ids."
        )
    return splice_event_id
