"""Hosts on one database: who is there, who owns which stream, and what the owners tell of theirs."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ibe100.database.chain.covered import STEP
from ibe100.database.records import ShownStream
from ibe100.database.sql.engine import wall_clock
from ibe100.database.sql.handles import Handles
from ibe100.database.sql.schema import HostRow, RecordLinkRow, StreamRow, StreamViewRow
from ibe100.models.errors import NotFound, StorageError
from ibe100.models.records.hosts import HostFacts, Owner, StoredHost

MOST_HOSTS = 31
MOST_NEWS = 2000
"""Steps of cues that are read at once."""


class HostStore:
    """Reads and writes hosts and owners; a write has been committed when it returns."""

    def __init__(self, handles: Handles) -> None:
        self._handles = handles

    async def beat(self, host: StoredHost) -> StoredHost:
        """Say that a host is there; returns it with its number, and when that was by the server's clock.

        Raises StorageError where there are too many.
        """

        def work(session: Session) -> StoredHost:
            row = session.get(HostRow, host.name)
            if row is None:
                taken = set(session.scalars(select(HostRow.number)))
                free = next((one for one in range(1, MOST_HOSTS + 1) if one not in taken), None)
                if free is None:
                    raise StorageError(f"{MOST_HOSTS} hosts are on record; forget one that is gone")
                row = HostRow(name=host.name, number=free)
                session.add(row)
            row.facts = host.facts.model_dump_json()
            row.seen_at = wall_clock(session.connection())
            return _host(row)

        return await self._handles.writer.submit(work)

    async def hosts(self) -> tuple[tuple[StoredHost, ...], float]:
        """Hosts by name, and the time by the server's clock."""

        def work(session: Session) -> tuple[tuple[StoredHost, ...], float]:
            rows = session.scalars(select(HostRow).order_by(HostRow.name))
            return tuple(_host(row) for row in rows), wall_clock(session.connection())

        return await self._handles.reader.read(work)

    async def forget(self, name: str) -> None:
        """Take a host off the record. Raises NotFound, and StorageError while it owns a stream."""

        def work(session: Session) -> None:
            owned = session.scalar(select(func.count()).where(StreamRow.owner == name))
            if owned:
                raise StorageError(f"{name} owns {owned} streams; move them first")
            row = session.get(HostRow, name)
            if row is None:
                raise NotFound(f"there is no host {name}")
            session.delete(row)

        await self._handles.writer.submit(work)

    async def owners(self) -> dict[str, Owner]:
        """Owner of each stream by its stream_id."""
        query = select(StreamRow.stream_id, StreamRow.owner, StreamRow.epoch)

        def work(session: Session) -> dict[str, Owner]:
            return {one: Owner(host=host, epoch=epoch) for one, host, epoch in session.execute(query)}

        return await self._handles.reader.read(work)

    async def take(self, stream_id: str) -> tuple[Owner, Owner]:
        """Make this host the owner of a stream: who was it before, and who is it now. Raises NotFound."""
        return await self._give(stream_id, self._handles.custody.host)

    async def release(self, stream_id: str) -> tuple[Owner, Owner]:
        """Leave a stream to whoever takes it next. Raises StreamElsewhere, NotFound."""
        return await self._give(stream_id, "")

    async def _give(self, stream_id: str, host: str) -> tuple[Owner, Owner]:
        def work(session: Session) -> tuple[Owner, Owner]:
            if not host:
                self._handles.custody.demand(session, stream_id)
            row = session.get(StreamRow, stream_id)
            if row is None:
                raise NotFound(f"there is no stream {stream_id}")
            before = Owner(host=row.owner, epoch=row.epoch)
            row.owner, row.epoch = host, row.epoch + 1
            return before, Owner(host=host, epoch=row.epoch)

        return await self._handles.writer.submit(work)

    async def claim_first(self) -> None:
        """Own each stream that no host ever had: it is of the time before there were several."""
        query = (
            update(StreamRow)
            .where(StreamRow.owner == "", StreamRow.epoch == 0)
            .values(owner=self._handles.custody.host, epoch=1)
        )
        await self._handles.execute(query)

    async def show(self, shown: Mapping[str, ShownStream]) -> None:
        """Tell the other hosts how streams of this one are; one that was lost meanwhile is left out."""
        host = self._handles.custody.host

        def work(session: Session) -> None:
            for stream_id, one in shown.items():
                owner = session.get(StreamRow, stream_id)
                if owner is not None and owner.owner == host:
                    row = StreamViewRow(stream_id=stream_id, host=host, view=one.view, input=one.input)
                    session.merge(row)
            listed = select(StreamRow.stream_id)
            session.execute(delete(StreamViewRow).where(StreamViewRow.stream_id.not_in(listed)))

        await self._handles.writer.submit(work)

    async def shown(self) -> dict[str, ShownStream]:
        """Streams as their owners told them last, by stream_id."""

        def work(session: Session) -> dict[str, ShownStream]:
            return {
                row.stream_id: ShownStream(host=row.host, view=row.view, input=row.input)
                for row in session.scalars(select(StreamViewRow))
            }

        return await self._handles.reader.read(work)

    async def last_link(self) -> int:
        """Number of the last fact on record, behind which `cue_news` begins."""
        return await self._handles.reader.read(
            lambda session: session.scalar(select(func.max(RecordLinkRow.link_id))) or 0
        )

    async def cue_news(self, after: int) -> tuple[int, tuple[int, ...]]:
        """Numbers of the cues that took a step behind that fact, and of the last fact that was looked at.

        The chain gives the order in which hosts committed: nothing is passed over.
        """
        query = (
            select(RecordLinkRow.link_id, RecordLinkRow.kind, RecordLinkRow.row_id)
            .where(RecordLinkRow.link_id > after)
            .order_by(RecordLinkRow.link_id)
            .limit(MOST_NEWS)
        )

        def work(session: Session) -> tuple[int, tuple[int, ...]]:
            links = session.execute(query).all()
            last = links[-1].link_id if links else after
            steps = (link.row_id for link in links if link.kind == STEP.kind)
            return last, tuple(dict.fromkeys(steps))

        return await self._handles.reader.read(work)


def _host(row: HostRow) -> StoredHost:
    try:
        facts = HostFacts.model_validate_json(row.facts)
    except ValidationError:  # of another version
        facts = HostFacts()
    return StoredHost(name=row.name, number=row.number, seen_at=row.seen_at, facts=facts)
