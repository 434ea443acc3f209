"""Sessions and the attempts within them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from ibe100.database.chain.covered import SESSION
from ibe100.database.chain.links import Chain
from ibe100.database.sql.handles import Handles, columns_of, to_value, to_values
from ibe100.database.sql.schema import AttemptRow, SessionRow, StreamRow
from ibe100.models.session import AttemptRecord, SessionRecord

ENDED_UNSEEN = "ended unseen"


class SessionStore:
    """Reads and writes sessions; a write has been committed when it returns."""

    def __init__(self, handles: Handles, chain: Chain) -> None:
        self._handles = handles
        self._chain = chain

    async def start(
        self,
        *,
        stream_id: str,
        stream_name: str,
        engine: str,
        command: str,
        started_at: float,
        profile: str = "",
    ) -> SessionRecord:
        """A new session; `command` comes with its secrets masked."""

        def work(session: Session) -> SessionRecord:
            self._handles.custody.demand(session, stream_id)
            row = SessionRow(
                stream_id=stream_id,
                stream_name=stream_name,
                profile=profile,
                engine=engine,
                command=command,
                started_at=started_at,
                end_reason="",
            )
            session.add(row)
            session.flush()
            self._chain.add(session, SESSION, row.session_id)
            return to_value(row, SessionRecord)

        return await self._handles.writer.submit(work)

    async def attempt_started(self, attempt: AttemptRecord) -> None:
        """Note an attempt; one that is on record already is left as it is (a journal may be read twice)."""

        def work(session: Session) -> None:
            self._demand(session, attempt.session_id)
            if session.get(AttemptRow, (attempt.session_id, attempt.attempt)) is None:
                session.add(AttemptRow(**columns_of(attempt)))

        await self._handles.writer.submit(work, has_happened=True)

    async def attempt_ended(self, attempt: AttemptRecord) -> None:
        """Note how an attempt ended, also when its start was not seen."""

        def work(session: Session) -> None:
            self._demand(session, attempt.session_id)
            session.merge(AttemptRow(**columns_of(attempt)))

        await self._handles.writer.submit(work, has_happened=True)

    async def end(self, session_id: int, ended_at: float, reason: str) -> None:
        """Close a session; one that is closed keeps its first end."""

        def work(session: Session) -> None:
            self._demand(session, session_id)
            _close(session, [session_id], ended_at, reason)

        await self._handles.writer.submit(work, has_happened=True)

    def _demand(self, session: Session, session_id: int) -> None:
        """Raise StreamElsewhere for a session of a stream that another host owns."""
        row = session.get(SessionRow, session_id)
        if row is not None:
            self._handles.custody.demand(session, row.stream_id)

    async def close_of(self, stream_id: str, at: float, reason: str) -> None:
        """Close what is open of a stream that this host has taken over."""

        def work(session: Session) -> None:
            self._handles.custody.demand(session, stream_id)
            is_open = (SessionRow.stream_id == stream_id, SessionRow.ended_at.is_(None))
            found = list(session.scalars(select(SessionRow.session_id).where(*is_open)))
            _close(session, found, at, reason)

        await self._handles.writer.submit(work, has_happened=True)

    async def close_unseen(self, adopted: Collection[int], at: float) -> tuple[SessionRecord, ...]:
        """Repair after a crash: close each open session that is not in `adopted` as "ended unseen".

        `at` is when that was found out; when it really ended nobody saw. Returns those closed now.
        """

        def work(session: Session) -> tuple[SessionRecord, ...]:
            orphans = session.scalars(select(SessionRow).where(SessionRow.ended_at.is_(None)))
            holds = self._handles.custody.holds
            orphan_ids = [
                row.session_id for row in orphans if row.session_id not in adopted and holds(row.stream_id)
            ]
            _close(session, orphan_ids, at, ENDED_UNSEEN)
            session.expire_all()
            closed = session.scalars(select(SessionRow).where(SessionRow.session_id.in_(orphan_ids)))
            return tuple(to_value(row, SessionRecord) for row in closed)

        return await self._handles.writer.submit(work)

    async def get(self, session_id: int) -> SessionRecord | None:
        query = select(SessionRow).where(SessionRow.session_id == session_id)
        return await self._handles.value(query, SessionRecord)

    async def list(self, limit: int = 200) -> tuple[SessionRecord, ...]:
        """Sessions, the newest first."""
        query = select(SessionRow).order_by(SessionRow.session_id.desc()).limit(limit)
        return await self._handles.values(query, SessionRecord)

    async def attempts(self, session_id: int) -> tuple[AttemptRecord, ...]:
        """Attempts of a session in their order."""
        query = select(AttemptRow).where(AttemptRow.session_id == session_id).order_by(AttemptRow.attempt)
        return await self._handles.values(query, AttemptRecord)

    async def between(
        self, stream_id: str, begins_at: float, ends_at: float
    ) -> tuple[tuple[SessionRecord, tuple[AttemptRecord, ...]], ...]:
        """The sessions of a stream that ran within the range, with their attempts, the oldest first."""
        query = (
            select(SessionRow)
            .where(
                SessionRow.stream_id == stream_id,
                SessionRow.started_at < ends_at,
                or_(SessionRow.ended_at.is_(None), SessionRow.ended_at >= begins_at),
            )
            .order_by(SessionRow.started_at)
        )

        def work(session: Session) -> tuple[tuple[SessionRecord, tuple[AttemptRecord, ...]], ...]:
            sessions = list(to_values(session.scalars(query), SessionRecord))
            attempts: dict[int, list[AttemptRecord]] = {one.session_id: [] for one in sessions}
            rows = select(AttemptRow).where(AttemptRow.session_id.in_(attempts)).order_by(AttemptRow.attempt)
            for attempt in to_values(session.scalars(rows), AttemptRecord):
                attempts[attempt.session_id].append(attempt)
            return tuple((one, tuple(attempts[one.session_id])) for one in sessions)

        return await self._handles.reader.read(work)


def _close(session: Session, session_ids: Collection[int], ended_at: float, reason: str) -> None:
    session.execute(
        update(SessionRow)
        .where(SessionRow.session_id.in_(session_ids), SessionRow.ended_at.is_(None))
        .values(ended_at=ended_at, end_reason=reason)
    )
    session.execute(
        update(AttemptRow)
        .where(AttemptRow.session_id.in_(session_ids), AttemptRow.ended_at.is_(None))
        .values(ended_at=ended_at, outcome=reason)
    )
    session.execute(update(StreamRow).where(StreamRow.session_id.in_(session_ids)).values(session_id=None))
