"""Cues and every step of their lives."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from ibe100.database.chain.covered import STEP
from ibe100.database.chain.links import Chain
from ibe100.database.records import EventIdRange
from ibe100.database.sql.handles import Handles, columns_of
from ibe100.database.sql.schema import CueRow, CueStepRow, table_of
from ibe100.database.sql.task import Turn
from ibe100.database.stores.cue_search import find_cues
from ibe100.database.stores.event_ids import allocate_event_id, note_event_ids
from ibe100.models.cues.log import CueLog, CueLogQuery, CueStep
from ibe100.models.errors import StorageError
from ibe100.models.scte35_marker import AIRED_STATES, FINAL_STATES, Cue, CueState, Direction, can_follow

NOT_KEPT = "the record of a cue cannot be kept"

_FINAL = sorted(FINAL_STATES)
_CUES = table_of(CueRow)
_STEPS = table_of(CueStepRow)

# Built once: putting a statement together takes longer than running it.
_INSERT_CUE = insert(_CUES).returning(_CUES.c.cue_id)
_UPDATE_CUE = update(_CUES).where(_CUES.c.cue_id == bindparam("of_cue"))
_INSERT_STEP = insert(_STEPS)
_STATE_AND_STEPS = select(
    _CUES.c.state, select(func.count()).where(_STEPS.c.cue_id == bindparam("of_cue")).scalar_subquery()
).where(_CUES.c.cue_id == bindparam("of_cue"))


class CueStore:
    """Reads and writes cues; a write has been committed when it returns."""

    def __init__(
        self,
        handles: Handles,
        chain: Chain,
        event_id_retention_s: float,
        why_lost: Callable[[], str] = lambda: "",
    ) -> None:
        """`why_lost`: words for a database that its path does not lead to any more; empty while it does."""
        self._handles = handles
        self._chain = chain
        self._why_lost = why_lost
        self._event_id_retention_s = event_id_retention_s

    def set_event_id_retention(self, event_id_retention_s: float) -> None:
        """Set how long an id is not used again, from the next cue on."""
        self._event_id_retention_s = event_id_retention_s

    async def create(
        self,
        draft: Cue,
        event_ids: EventIdRange | None = None,
        seal: Callable[[Cue], Cue] | None = None,
        foreign_ids: Collection[int] = (),
    ) -> Cue:
        """Store a new cue: `draft` with its cue_id given by the database.

        With `event_ids` a splice_event_id is allocated in the same transaction, unless the draft has one.
        `seal` gets the cue with its splice_event_id inside that transaction and returns it encoded and
        ARMED, so that one COMMIT makes the cue ours; it must be pure and quick, for it may be run twice.
        It goes ahead of other writes that wait. `foreign_ids` were chosen elsewhere and are entered as used.
        Raises StorageError, CueRefused (no event id is free), or what `seal` raises; then nothing is stored.
        """
        now = self._handles.wall()

        def work(session: Session) -> Cue:
            # An open file can be written to for ever, wherever it went: nobody would find the cue again.
            if lost := self._why_lost():
                raise StorageError(f"{NOT_KEPT}: {lost}")
            self._handles.custody.demand(session, draft.stream_id)
            cue = draft
            if event_ids is not None and cue.splice_event_id is None:
                allocated = allocate_event_id(
                    session, cue.stream_id, event_ids, now, self._event_id_retention_s
                )
                cue = cue.model_copy(update={"splice_event_id": allocated})
            note_event_ids(session, cue.stream_id, foreign_ids, now)
            life = [cue] if seal is None else [cue, seal(cue)]
            cue_id = session.execute(_INSERT_CUE, columns_of(life[-1], "cue_id")).scalar_one()
            session.execute(_INSERT_STEP, [_step(one, cue_id, at, now) for at, one in enumerate(life, 1)])
            self._chain.add(session, STEP, cue_id, range(1, len(life) + 1))
            return life[-1].model_copy(update={"cue_id": cue_id})

        return await self._handles.writer.submit(work, Turn.AIR)

    async def step(self, cue: Cue, *, has_happened: bool = False) -> Cue:
        """Store `cue` as it now is and note the step (a new state, or a new count in the same state).

        One that `has_happened` on air waits for a server that is away. Raises StorageError; a step that is
        none of a cue's life (DESIGN.md) is a bug and asserts.
        """
        now = self._handles.wall()

        def work(session: Session) -> Cue:
            self._handles.custody.demand(session, cue.stream_id)
            stored = session.execute(_STATE_AND_STEPS, {"of_cue": cue.cue_id}).one_or_none()
            if stored is None:
                raise StorageError(f"Cue {cue.cue_id} is not in the database.")
            state, steps = stored
            _take_step(session, CueState(state), cue, steps + 1, now)
            self._chain.add(session, STEP, cue.cue_id, (steps + 1,))
            return cue

        return await self._handles.writer.submit(work, has_happened=has_happened)

    async def get(self, cue_id: int) -> Cue | None:
        return await self._handles.value(select(CueRow).where(CueRow.cue_id == cue_id), Cue)

    async def these(self, cue_ids: Collection[int]) -> tuple[Cue, ...]:
        """Cues of these numbers that are on record, the oldest first."""
        query = select(CueRow).where(CueRow.cue_id.in_(cue_ids)).order_by(CueRow.cue_id)
        return await self._handles.values(query, Cue)

    async def is_known(
        self, stream_id: str, splice_event_id: int, cue_id: int | None, section_base64: str
    ) -> bool:
        """True where the cue is on record. A return has the event of its break: number or bytes differ."""
        query = select(_CUES.c.cue_id).where(
            _CUES.c.stream_id == stream_id, _CUES.c.splice_event_id == splice_event_id
        )
        if cue_id is not None:
            query = query.where(or_(_CUES.c.cue_id == cue_id, _CUES.c.section_base64 == section_base64))
        return await self._handles.reader.read(lambda session: session.scalar(query.limit(1)) is not None)

    async def note_used(self, stream_id: str, event_ids: Collection[int]) -> None:
        """Enter event ids as used, of which something else than the database tells."""
        now = self._handles.wall()

        def work(session: Session) -> None:
            note_event_ids(session, stream_id, event_ids, now)

        await self._handles.writer.submit(work)

    async def recent(self, stream_id: str | None = None, limit: int = 50) -> tuple[Cue, ...]:
        """Cues of one stream or of all, the newest first."""
        query = select(CueRow).order_by(CueRow.cue_id.desc()).limit(limit)
        if stream_id is not None:
            query = query.where(CueRow.stream_id == stream_id)
        return await self._handles.values(query, Cue)

    async def log(self, query: CueLogQuery) -> CueLog:
        """The cues that a query wants, the newest first, and whether there are more than its limit."""
        found = await self._handles.reader.read(lambda session: find_cues(session, query))
        return CueLog(query=query, cues=found[: query.limit], is_cut=len(found) > query.limit)

    async def newest_splice(self, stream_id: str) -> Cue | None:
        """Newest cue that took the viewers into a break or back; None without any."""
        query = (
            select(CueRow)
            .where(CueRow.stream_id == stream_id, CueRow.state.in_(sorted(AIRED_STATES)))
            .where(CueRow.direction != Direction.NONE)
            .order_by(CueRow.cue_id.desc())
        )
        return await self._handles.value(query, Cue)

    async def newest_with(self, stream_id: str, section_base64: str) -> Cue | None:
        """Newest cue of the stream with exactly these bytes; None without any."""
        query = (
            select(CueRow)
            .where(CueRow.stream_id == stream_id, CueRow.section_base64 == section_base64)
            .order_by(CueRow.cue_id.desc())
            .limit(1)
        )
        return await self._handles.value(query, Cue)

    async def unfinished(self, stream_id: str | None = None) -> tuple[Cue, ...]:
        """Cues that are not over, the oldest first."""
        query = select(CueRow).where(CueRow.state.not_in(_FINAL)).order_by(CueRow.cue_id)
        if stream_id is not None:
            query = query.where(CueRow.stream_id == stream_id)
        return await self._handles.values(query, Cue)

    async def steps(self, cue_id: int) -> tuple[CueStep, ...]:
        """The life of a cue in order."""
        query = select(CueStepRow).where(CueStepRow.cue_id == cue_id).order_by(CueStepRow.step)
        return await self._handles.values(query, CueStep)


def _take_step(session: Session, stored: CueState, cue: Cue, step: int, now: float) -> None:
    is_count = cue.state is stored and not stored.is_final
    # A full disk may have taken none of the steps between: the next one that it takes puts the record right.
    assert is_count or can_follow(stored, cue.state), f"cue {cue.cue_id}: {stored} → {cue.state}"
    session.execute(_UPDATE_CUE, {**columns_of(cue, "cue_id"), "of_cue": cue.cue_id})
    session.execute(_INSERT_STEP, _step(cue, cue.cue_id, step, now))


def _step(cue: Cue, cue_id: int, step: int, now: float) -> dict[str, object]:
    return {"cue_id": cue_id, "step": step, "state": cue.state.value, "at": now, "reason": cue.reason}
