"""Upkeep of the metrics file: chunks are stored, rolled up, deleted when their time is over."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ibe100.database.metrics.chunk import Chunk, DamagedChunk, decode, encode
from ibe100.database.metrics.points import Part, combine, numbers_of, without
from ibe100.database.metrics.schema import (
    CHANGES_KEEP_S,
    FORMAT,
    HOUR_S,
    MINUTES,
    QUARTERS,
    RAW,
    TIERS,
    Tier,
    changes,
    chunks,
    marks,
    metadata,
)
from ibe100.models.metrics import StreamChange

ROLL_UP_AFTER_S = 120
"""An hour is rolled up this long after its end, when its last minutes are surely stored."""
PRUNED_AT_ONCE = 500
_FORMAT, _ROLLED_UP = "format", "rolled_up"
_log = logging.getLogger(__name__)


class OtherFormat(Exception):
    """The file was made by another version."""


def make_ready(connection: Connection) -> None:
    """Create what is missing. Raises OtherFormat."""
    metadata.create_all(connection)
    found = _mark(connection, _FORMAT)
    if found is None:
        connection.execute(insert(marks).values(name=_FORMAT, value=FORMAT))
    elif found != FORMAT:
        raise OtherFormat(f"format {found}, this version reads {FORMAT}")


def store_minute(connection: Connection, stream_id: str, starts_at: int, chunk: Chunk) -> None:
    """Store a minute, beside a part that an earlier console may have stored of it."""
    _store(connection, RAW, stream_id, Part(starts_at, RAW.step_s, chunk))
    done = rolled_up_until(connection)
    if done is not None and starts_at < done:  # the clock was set back: that hour is to be added up again
        _set_mark(connection, _ROLLED_UP, MINUTES.start_of(starts_at))


def add_change(connection: Connection, change: StreamChange) -> None:
    connection.execute(insert(changes).values(**change.model_dump(mode="json")))


def rolled_up_until(connection: Connection) -> int | None:
    """End of the hours that have their coarser points; None while none has."""
    return _mark(connection, _ROLLED_UP)


def hours_to_roll_up(connection: Connection, now: float) -> list[int]:
    """Starts of the hours that are over and have not been rolled up, the oldest first."""
    end = MINUTES.start_of(now - ROLL_UP_AFTER_S)
    done = rolled_up_until(connection) or 0
    oldest = connection.execute(
        select(func.min(chunks.c.starts_at)).where(
            chunks.c.step_s == RAW.step_s, chunks.c.starts_at >= max(done, end - RAW.keep_s)
        )
    ).scalar()
    return [] if oldest is None else list(range(MINUTES.start_of(oldest), end, HOUR_S))


def streams_of_hour(connection: Connection, hour: int) -> Sequence[str]:
    """Streams that were measured in it."""
    query = (
        select(chunks.c.stream_id)
        .distinct()
        .where(chunks.c.step_s == RAW.step_s, chunks.c.starts_at >= hour, chunks.c.starts_at < hour + HOUR_S)
    )
    return connection.execute(query).scalars().all()


def roll_up(connection: Connection, stream_id: str, hour: int) -> None:
    """An hour of a stream as points of a minute and of a quarter of an hour. May be repeated."""
    fine = list(_parts(connection, RAW, stream_id, hour, hour + HOUR_S))
    numbers = numbers_of(fine)
    minutes = Part(hour, MINUTES.step_s, combine(fine, numbers, hour, MINUTES.step_s, MINUTES.points))
    _put(connection, MINUTES, stream_id, hour, minutes.chunk)
    quarters = combine(fine, numbers, hour, QUARTERS.step_s, HOUR_S // QUARTERS.step_s)
    _store(connection, QUARTERS, stream_id, Part(hour, QUARTERS.step_s, quarters))


def hour_is_rolled_up(connection: Connection, hour: int) -> None:
    _set_mark(connection, _ROLLED_UP, hour + HOUR_S)


def prune(connection: Connection, now: float) -> int:
    """Throw away a little of what has been kept long enough; returns how much, 0 when there is no more.

    Samples go only when they have been rolled up.
    """
    for tier in TIERS:
        limit = tier.start_of(now - tier.keep_s)
        if tier is RAW:
            limit = min(limit, rolled_up_until(connection) or 0)
        too_old = (
            select(chunks.c.starts_at)
            .where(chunks.c.step_s == tier.step_s, chunks.c.starts_at < limit)
            .order_by(chunks.c.starts_at)
            .limit(PRUNED_AT_ONCE)
        )
        newest = connection.execute(select(func.max(too_old.subquery().c.starts_at))).scalar()
        if newest is not None:
            query = delete(chunks).where(chunks.c.step_s == tier.step_s, chunks.c.starts_at <= newest)
            return connection.execute(query).rowcount
    return connection.execute(delete(changes).where(changes.c.at < now - CHANGES_KEEP_S)).rowcount


def parts_of(
    rows: Iterable[Sequence[Any]], step_s: int, wanted: Collection[int] | None
) -> Iterator[tuple[str, Part]]:
    """The stream and the chunk of each row; one that is damaged is left out."""
    for stream_id, starts_at, data in rows:
        try:
            yield stream_id, Part(starts_at, step_s, decode(data, wanted))
        except DamagedChunk as error:
            _log.warning("metrics of %s at %d are damaged: %s", stream_id or "this machine", starts_at, error)


def _parts(
    connection: Connection, tier: Tier, stream_id: str, begins_at: int, ends_at: int
) -> Iterator[Part]:
    query = (
        select(chunks.c.stream_id, chunks.c.starts_at, chunks.c.data)
        .where(
            chunks.c.stream_id == stream_id,
            chunks.c.step_s == tier.step_s,
            chunks.c.starts_at >= begins_at,
            chunks.c.starts_at < ends_at,
        )
        .order_by(chunks.c.starts_at)
    )
    for _, part in parts_of(connection.execute(query).all(), tier.step_s, None):
        yield part


def _store(connection: Connection, tier: Tier, stream_id: str, part: Part) -> None:
    """Put the points of `part` into the chunk that spans them, in place of what it holds of that time."""
    starts_at = tier.start_of(part.starts_at)
    ends_at = part.starts_at + part.chunk.points * tier.step_s
    before = list(_parts(connection, tier, stream_id, starts_at, starts_at + 1))
    # A minute is told in two halves when the console was started within it; coarser points come again whole.
    kept = before if tier is RAW else [without(old, part.starts_at, ends_at) for old in before]
    whole = [*kept, part]
    if len(whole) == 1 and part.chunk.points == tier.points:
        _put(connection, tier, stream_id, starts_at, part.chunk)
    else:
        merged = combine(whole, numbers_of(whole), starts_at, tier.step_s, tier.points)
        _put(connection, tier, stream_id, starts_at, merged)


def _put(connection: Connection, tier: Tier, stream_id: str, starts_at: int, chunk: Chunk) -> None:
    data = encode(chunk, rolled_up=tier is not RAW)
    place = (
        (chunks.c.stream_id == stream_id)
        & (chunks.c.step_s == tier.step_s)
        & (chunks.c.starts_at == starts_at)
    )
    if not connection.execute(update(chunks).where(place).values(data=data)).rowcount:
        connection.execute(
            insert(chunks).values(stream_id=stream_id, step_s=tier.step_s, starts_at=starts_at, data=data)
        )


def _mark(connection: Connection, name: str) -> int | None:
    return connection.execute(select(marks.c.value).where(marks.c.name == name)).scalar()


def _set_mark(connection: Connection, name: str, value: int) -> None:
    if not connection.execute(update(marks).where(marks.c.name == name).values(value=value)).rowcount:
        connection.execute(insert(marks).values(name=name, value=value))
