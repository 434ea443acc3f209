"""Facts on record that breaks are made of; also from a file that a running console holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from ibe100.database.sql.reader import Reader
from ibe100.database.sql.schema import (
    CueRow,
    DeletedStreamRow,
    ScheduleRow,
    SessionRow,
    StreamRow,
    table_of,
)
from ibe100.models.cues.time_zone import LOCAL_ZONE, zone_named
from ibe100.models.scte35_marker import AIRED_STATES, CueState, Direction

_CUES = table_of(CueRow).c
_PLANNED = table_of(ScheduleRow).c
_SESSIONS = table_of(SessionRow).c
LONGEST_WAY_S = 3600.0
"""More than ever lies between the request of an immediate cue and its first sight."""
_AIRED = tuple(state.value for state in AIRED_STATES)
_TAKING = (Direction.OUT.value, Direction.IN.value)


@dataclass(frozen=True, slots=True)
class SplicedCue:
    """A cue that took viewers into a break or back, as far as breaks are paired by it."""

    cue_id: int
    stream_id: str
    session_id: int | None
    direction: Direction
    state: CueState
    splice_event_id: int | None
    duration_s: float | None
    pts_time: int | None
    splice_at: float | None
    seen_at: float | None
    returns: str | None
    section_base64: str


@dataclass(frozen=True, slots=True)
class PlannedFact:
    """A break of the schedule that became a cue, or should have."""

    break_id: int
    stream_id: str
    title: str
    planned_at: float
    duration_s: float
    state: str
    reason: str
    cue_id: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """A session of a stream; ended_at is None while it runs."""

    session_id: int
    stream_id: str
    started_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Channel:
    """A stream as the logs name it."""

    stream_id: str
    number: int | None
    name: str
    distributor: str
    time_zone: str


class BreakFacts:
    """Reads only. Each call raises StorageError."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def spliced(self, begins_at: float, ends_at: float) -> tuple[SplicedCue, ...]:
        """The cues that took viewers out or back within the range; some of just outside it as well."""
        fields = SplicedCue.__slots__
        query = select(*(_CUES[name] for name in fields)).where(
            or_(
                and_(_CUES.splice_at >= begins_at - LONGEST_WAY_S, _CUES.splice_at < ends_at),
                and_(
                    _CUES.splice_at.is_(None),
                    _CUES.requested_at >= begins_at - LONGEST_WAY_S,
                    _CUES.requested_at < ends_at,
                ),
            ),
            # Not in SQL: with a condition on state SQLite takes the index of states, and reads every day.
            _CUES.direction.in_(_TAKING),
        )

        def work(session: Session) -> tuple[SplicedCue, ...]:
            return tuple(_spliced(row) for row in session.execute(query).fetchall() if row.state in _AIRED)

        return await self._reader.read(work)

    async def planned(self, begins_at: float, ends_at: float) -> tuple[PlannedFact, ...]:
        """Breaks that were planned within the range; no series, which only makes others."""
        fields = PlannedFact.__slots__
        query = select(*(_PLANNED[name] for name in fields), _PLANNED.timing).where(
            _PLANNED.planned_at >= begins_at, _PLANNED.planned_at < ends_at, _PLANNED.enabled
        )

        def work(session: Session) -> tuple[PlannedFact, ...]:
            return tuple(
                PlannedFact(*row[:-1])
                for row in session.execute(query)
                if json.loads(row.timing).get("kind") in ("at", "after")
            )

        return await self._reader.read(work)

    async def runs(self, begins_at: float, ends_at: float) -> tuple[Run, ...]:
        """Sessions that ran within the range, the oldest first."""
        query = (
            select(*(_SESSIONS[name] for name in Run.__slots__))
            .where(
                _SESSIONS.started_at < ends_at,
                or_(_SESSIONS.ended_at.is_(None), _SESSIONS.ended_at >= begins_at),
            )
            .order_by(_SESSIONS.session_id)
        )
        return await self._reader.read(lambda session: tuple(Run(*row) for row in session.execute(query)))

    async def channels(self) -> tuple[Channel, ...]:
        """Streams of the list by their number, then deleted ones, then those known by a session alone."""

        def work(session: Session) -> tuple[Channel, ...]:
            found: dict[str, Channel] = {}
            listed = select(StreamRow.stream_id, StreamRow.number, StreamRow.config)
            for stream_id, number, config in session.execute(listed.order_by(StreamRow.number)):
                found[stream_id] = _channel(stream_id, number, config)
            deleted = select(DeletedStreamRow.stream_id, DeletedStreamRow.config)
            for stream_id, config in session.execute(deleted.order_by(DeletedStreamRow.deleted_id.desc())):
                found.setdefault(stream_id, _channel(stream_id, None, config))
            newest = select(func.max(SessionRow.session_id)).group_by(SessionRow.stream_id)
            past = select(SessionRow.stream_id, SessionRow.stream_name)
            for stream_id, name in session.execute(past.where(SessionRow.session_id.in_(newest))):
                found.setdefault(stream_id, Channel(stream_id, None, name, "", LOCAL_ZONE))
            return tuple(found.values())

        return await self._reader.read(work)


def _spliced(row: Sequence[Any]) -> SplicedCue:
    """A cue of a row whose columns are those of SplicedCue in their order: tens of thousands are made."""
    cue_id, stream_id, session_id, direction, state, *others = row
    return SplicedCue(cue_id, stream_id, session_id, Direction(direction), CueState(state), *others)


def _channel(stream_id: str, number: int | None, config: str) -> Channel:
    """A stream by its stored JSON, which may be of an older version or a newer."""
    stored = json.loads(config)
    contract = stored.get("contract") or {}
    return Channel(
        stream_id=stream_id,
        number=number,
        name=stored.get("name") or stream_id,
        distributor=contract.get("name") or "",
        time_zone=_known_zone(stored.get("time_zone") or LOCAL_ZONE),
    )


def _known_zone(name: str) -> str:
    """`name`, or the machine's zone where it is not known here: a log is to be read all the same."""
    try:
        zone_named(name)
    except ValueError:
        return LOCAL_ZONE
    return name
