"""Records for an as-run log; also from a file that a running console holds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import BindParameter, Double, and_, bindparam, func, inspect, or_, select, text
from sqlalchemy.orm import Session

from ibe100.database.sql.engine import looking_engine
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.database.sql.reader import Reader
from ibe100.database.sql.schema import REVISION, CueRow, SessionRow, StreamRow, table_of
from ibe100.database.stores.break_facts import LONGEST_WAY_S, BreakFacts
from ibe100.database.stores.clips import listed_clips
from ibe100.database.stores.return_receipts import receipts_of_cues
from ibe100.models.clips.clip import Clip, ClipQuery
from ibe100.models.cues.as_run import LoggedStream
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.scte35_marker import Cue

_CUES = table_of(CueRow).c
_SESSIONS = table_of(SessionRow).c
_STREAMS = table_of(StreamRow).c
_FIELDS = tuple(Cue.model_fields)
_CUE_ID, _STREAM_FIELD, _STREAM_NAME = _FIELDS.index("cue_id"), _FIELDS.index("stream_id"), len(_FIELDS)
_BEGIN: BindParameter[float] = bindparam("begins_at", type_=Double())
_END: BindParameter[float] = bindparam("ends_at", type_=Double())
_AT_ONCE = func.coalesce(_CUES.seen_at, _CUES.sent_at, _CUES.requested_at)
# Two ranges of one index, on splice_at and requested_at.
_CUES_OF_RANGE = (
    select(*(_CUES[name] for name in _FIELDS), _SESSIONS.stream_name)
    .outerjoin_from(table_of(CueRow), table_of(SessionRow))
    .where(
        or_(
            and_(_CUES.splice_at >= _BEGIN, _CUES.splice_at < _END),
            and_(
                _CUES.splice_at.is_(None),
                _CUES.requested_at >= _BEGIN - LONGEST_WAY_S,
                _CUES.requested_at < _END + LONGEST_WAY_S,
                _AT_ONCE.between(_BEGIN, _END),
                _AT_ONCE != _END,
            ),
        )
    )
    .order_by(func.coalesce(_CUES.splice_at, _AT_ONCE), _CUES.cue_id)
)
# All at once: one by one takes twice as long.
_VALUES: TypeAdapter[tuple[Cue, ...]] = TypeAdapter(tuple[Cue, ...])


class AsRunStore:
    """Reads only."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.facts = BreakFacts(reader)

    async def cues(
        self, begins_at: float, ends_at: float, stream_id: str | None = None
    ) -> tuple[tuple[Cue, ...], dict[int, str]]:
        """The cues whose splice fell within the range (the end excluded), in that order.

        A cue that never got as far counts by when it was seen, sent or asked for. With them, by cue_id, the
        name the stream had in the cue's session, where it had one.
        """
        span = {"begins_at": begins_at, "ends_at": ends_at}

        def work(session: Session) -> tuple[tuple[Cue, ...], dict[int, str]]:
            rows = session.execute(_CUES_OF_RANGE, span).fetchall()
            if stream_id is not None:
                # In SQL this condition would make SQLite read all cues of the stream instead of a day's.
                rows = [row for row in rows if row[_STREAM_FIELD] == stream_id]
            names = {row[_CUE_ID]: row[_STREAM_NAME] for row in rows if row[_STREAM_NAME] is not None}
            return _VALUES.validate_python([dict(zip(_FIELDS, row, strict=False)) for row in rows]), names

        return await self._reader.read(work)

    async def return_receipts(self, first_cue_id: int, last_cue_id: int) -> dict[int, ReturnReceipt]:
        """Receipts from the return feeds, by cue_id; both ends included."""
        return await receipts_of_cues(self._reader, first_cue_id, last_cue_id)

    async def clips(self, query: ClipQuery) -> tuple[Clip, ...]:
        """Clips, the newest first."""
        return await listed_clips(self._reader, query)

    async def streams(self) -> tuple[LoggedStream, ...]:
        """Streams of the list by their number, then those that were taken off it."""

        def work(session: Session) -> tuple[LoggedStream, ...]:
            listed = session.execute(
                select(_STREAMS.stream_id, _STREAMS.number, _STREAMS.config).order_by(_STREAMS.number)
            )
            found = {
                stream_id: LoggedStream(
                    stream_id=stream_id, number=number, name=json.loads(config).get("name") or stream_id
                )
                for stream_id, number, config in listed
            }
            past = session.execute(
                select(_SESSIONS.stream_id, _SESSIONS.stream_name).order_by(_SESSIONS.session_id.desc())
            )
            for stream_id, name in past:
                found.setdefault(stream_id, LoggedStream(stream_id=stream_id, number=None, name=name))
            return tuple(found.values())

        return await self._reader.read(work)


@asynccontextmanager
async def open_as_run(address: DatabaseAddress) -> AsyncIterator[AsRunStore]:
    """The log in a database that is not written to, and may be in use by a console.

    Raises StorageError with the reason: no such file, or of another version.
    """
    if isinstance(address, Path) and not address.is_file():
        raise StorageError(f"There is no log: {address} does not exist. Name the console's data folder.")
    engine = looking_engine(address)
    reader = Reader(engine, str(address))
    try:
        revision = await reader.read(_revision)
        if revision != REVISION:
            raise StorageError(
                f"The log {address} is of another version of IBE-100 (schema {revision}; this one reads "
                f"{REVISION}). Start the newer one's console once on it, or use that version."
            )
        yield AsRunStore(reader)
    except LIBRARY_ERRORS as error:
        raise storage_error(error, "read", str(address)) from error
    finally:
        await asyncio.to_thread(reader.close)
        engine.dispose()


def _revision(session: Session) -> str:
    if not inspect(session.connection()).has_table("alembic_version"):
        return "none"
    return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar())
