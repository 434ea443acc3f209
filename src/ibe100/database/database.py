"""The database as services get it: one typed store per subject."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from ibe100.database.chain.links import Chain, begin, head, last_key
from ibe100.database.sql.custody import Custody
from ibe100.database.sql.engine import reading_engine, run_of, writing_engine
from ibe100.database.sql.faults import LIBRARY_ERRORS, storage_error
from ibe100.database.sql.handles import Handles
from ibe100.database.sql.reader import Reader
from ibe100.database.sql.writer import Writer
from ibe100.database.stores.alarms import AlarmStore
from ibe100.database.stores.as_run import AsRunStore
from ibe100.database.stores.audit import AuditStore
from ibe100.database.stores.clips import ClipStore
from ibe100.database.stores.cues import CueStore
from ibe100.database.stores.hosts import HostStore
from ibe100.database.stores.journal_positions import JournalPositionStore
from ibe100.database.stores.return_receipts import ReturnReceiptStore
from ibe100.database.stores.schedule import ScheduleStore
from ibe100.database.stores.sessions import SessionStore
from ibe100.database.stores.streams import StreamStore
from ibe100.database.stores.users import KeptRequestStore, UserStore
from ibe100.database.upgrade import prepare, prepare_server
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.records.keys import RecordKeys
from ibe100.utils.places import Place

EVENT_ID_RETENTION_S = 366 * 86_400.0
WITHOUT_KEYS = RecordKeys()


class Database:
    """Open it once per process with `Database.open`, under the instance lock; close it at the end."""

    def __init__(
        self,
        write: Engine,
        read: Engine,
        address: DatabaseAddress,
        keys: RecordKeys,
        wall: Callable[[], float],
        event_id_retention_s: float,
        host: str = "",
    ) -> None:
        name = str(address)
        self._engines = (write, read)
        self.places = (Place(address),) if isinstance(address, Path) else ()
        """The file, by which it is known that its path still leads to it; none on a server."""
        self._writer = Writer(write, name)
        self._reader = Reader(read, name)
        self.custody = Custody(host)
        """Streams that this host owns; all of them where it works on the database alone."""
        handles = Handles(self._writer, self._reader, self.custody, wall)
        chain = Chain(keys, wall)
        self.cues = CueStore(handles, chain, event_id_retention_s, self.lost)
        self.sessions = SessionStore(handles, chain)
        self.alarms = AlarmStore(handles)
        self.audit = AuditStore(handles, chain)
        self.journal = JournalPositionStore(handles)
        self.streams = StreamStore(handles)
        self.hosts = HostStore(handles)
        self.schedule = ScheduleStore(handles)
        self.return_receipts = ReturnReceiptStore(handles, chain)
        self.clips = ClipStore(handles, chain)
        self.as_run = AsRunStore(self._reader)
        self.users = UserStore(handles)
        self.kept_requests = KeptRequestStore(handles)
        self.notices: tuple[str, ...] = ()
        """Notices for the operator about how the file was found."""

    @classmethod
    async def open(
        cls,
        address: DatabaseAddress,
        *,
        keys: RecordKeys = WITHOUT_KEYS,
        wall: Callable[[], float] = time.time,
        event_id_retention_s: float = EVENT_ID_RETENTION_S,
        host: str = "",
    ) -> Self:
        """Check, migrate and open the SQLite file, or the database of a server. Raises StorageError.

        With the name of a `host` others write beside it, each about the streams that it owns. With the
        `keys` of this installation a later change of what is on record is found.
        """
        notices: tuple[str, ...] = ()
        if isinstance(address, Path):
            notices = await asyncio.to_thread(prepare, address, wall())
            write = writing_engine(address)
        else:
            write = await asyncio.to_thread(prepare_server, address, host)
        await asyncio.to_thread(_begin_chain, write, address, keys, wall(), host)
        database = cls(write, reading_engine(address), address, keys, wall, event_id_retention_s, host)
        database.notices = notices
        database._writer.start()
        return database

    def writes_behind(self) -> int:
        """Writes that wait for their turn; safe from any thread."""
        return self._writer.waiting()

    def problem(self) -> str:
        """Words for a database that takes no writes now; empty while it does. Safe from any thread."""
        return self._writer.problem()

    def hold_no_more(self) -> None:
        """Let facts wait no more for a server that is away: the program is about to end."""
        self._writer.hold_no_more()

    def lost(self) -> str:
        """Words for a file that its path does not lead to any more; empty while it does. Blocks."""
        return next(filter(None, (place.fault() for place in self.places)), "")

    async def head(self) -> tuple[int, bytes]:
        """Number and MAC of the last link of the chain over what is on record. Raises StorageError."""
        return await self._reader.read(lambda session: head(run_of(session.connection())))

    async def close(self) -> None:
        """Commit what waits, end the threads, close the file."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._reader.close()
        for engine in self._engines:
            engine.dispose()


def _begin_chain(engine: Engine, address: DatabaseAddress, keys: RecordKeys, now: float, host: str) -> None:
    try:
        with engine.begin() as connection:
            run = run_of(connection)
            key_id = last_key(run)
            if host and key_id and not keys.knows(key_id):
                raise StorageError(
                    f"The records in {address} are proved with the key {key_id}, which {host} does not have: "
                    "copy secrets.bin and secrets.key from the data folder of a host that has it."
                )
            begin(run, keys, now)
    except LIBRARY_ERRORS as error:
        engine.dispose()
        raise storage_error(error, "opened", str(address)) from error
    except StorageError:
        engine.dispose()
        raise
