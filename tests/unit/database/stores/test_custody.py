"""Custody: what a host may write about a stream, and what the hosts hear of each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ibe100.database.chain.check import check_records
from ibe100.database.database import Database
from ibe100.database.records import EventIdRange, ShownStream, StoredStream
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.cues.schedule import At, BreakState, ScheduledBreak
from ibe100.models.errors import NotFound, StorageError, StreamElsewhere
from ibe100.models.records.database import DatabaseAddress, DatabaseServer
from ibe100.models.records.hosts import HostFacts, Owner, StoredHost
from ibe100.models.records.keys import KEY_BYTES, RecordKeys, key_id_of
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AuditRecord
from ibe100.models.stream_config import StreamConfig

KEY = b"k" * KEY_BYTES
KEYS = RecordKeys({key_id_of(KEY): KEY}, key_id_of(KEY))
IDS = EventIdRange(first=100, last=199)
STREAM = StoredStream(stream_id="one", number=1, config=StreamConfig(name="One"), desired="run")


def draft(stream_id: str = "one") -> Cue:
    return Cue(
        cue_id=0,
        stream_id=stream_id,
        session_id=None,
        action=CueAction.TO_BREAK,
        state=CueState.REQUESTED,
        requested_by="anna",
        requested_at=1.0,
    )


def seal(cue: Cue) -> Cue:
    return cue.moved_to(CueState.ARMED, section_base64="AAAA")


@pytest.fixture
async def hosts(address: DatabaseAddress) -> AsyncIterator[tuple[Database, Database]]:
    """Two hosts on one database; the first owns the stream."""
    a = await Database.open(address, host="a", keys=KEYS)
    b = await Database.open(address, host="b", keys=KEYS)
    await a.streams.save(STREAM)
    yield a, b
    await a.close()
    await b.close()


async def moved_to_b(a: Database, b: Database) -> None:
    _, now = await b.hosts.take("one")
    b.custody.note("one", now.epoch)


def alarm() -> Alarm:
    return Alarm(
        alarm_id=7,
        stream_id="one",
        stream_name="One",
        condition="no_input",
        severity=1,
        title="t",
        value="v",
        cause="",
        what_to_do="w",
        state=AlarmState.UNACKNOWLEDGED,
        raised_at=1.0,
    )


def planned() -> ScheduledBreak:
    return ScheduledBreak(
        break_id=0,
        stream_id="one",
        title="News",
        when=At(at=1e9),
        planned_at=1e9,
        duration_s=30.0,
        state=BreakState.PLANNED,
    )


async def test_a_new_stream_is_owned_by_the_host_that_added_it(hosts: tuple[Database, Database]) -> None:
    a, b = hosts
    assert await b.hosts.owners() == {"one": Owner(host="a", epoch=1)}
    assert a.custody.holds("one") and not b.custody.holds("one")
    assert (await b.streams.load()).streams[0].owner == Owner(host="a", epoch=1)


async def test_the_owner_writes_and_nobody_else(hosts: tuple[Database, Database]) -> None:
    a, b = hosts
    cue = await a.cues.create(draft(), IDS, seal)
    writes = (
        b.cues.create(draft(), IDS, seal),
        b.cues.step(cue.moved_to(CueState.SENT), has_happened=True),
        b.sessions.start(stream_id="one", stream_name="One", engine="e", command="c", started_at=1.0),
        b.sessions.close_of("one", 2.0, "mine"),
        b.journal.advance("one", "r", 1),
        b.alarms.save(alarm()),
        b.schedule.add([planned()]),
        b.streams.save(STREAM.model_copy(update={"desired": "off"})),
        b.streams.remove("one"),
        b.hosts.release("one"),
    )
    for write in writes:
        with pytest.raises(StreamElsewhere, match="one is owned by the host a, which alone acts on it"):
            await write
    await a.cues.step(cue.moved_to(CueState.SENT))
    assert [step.state for step in await a.cues.steps(cue.cue_id)] == ["REQUESTED", "ARMED", "SENT"]
    assert (await a.streams.load()).streams[0].desired == "run"


async def test_a_host_that_lost_a_stream_writes_nothing_more_of_it_though_it_has_not_heard(
    hosts: tuple[Database, Database],
) -> None:
    a, b = hosts
    cue = await a.cues.create(draft(), IDS, seal)
    session = await a.sessions.start(
        stream_id="one", stream_name="One", engine="e", command="c", started_at=1.0
    )
    await moved_to_b(a, b)
    assert a.custody.holds("one"), "it still believes that it has it"
    for write in (
        a.cues.create(draft(), IDS, seal),
        a.cues.step(cue.moved_to(CueState.FAILED, reason="mine"), has_happened=True),
        a.sessions.end(session.session_id, 2.0, "mine"),
        a.schedule.add([planned()]),
    ):
        with pytest.raises(StreamElsewhere, match="owned by the host b"):
            await write
    await b.sessions.close_of("one", 3.0, "the host a was lost")
    assert (closed := await b.sessions.get(session.session_id)) is not None
    assert (closed.ended_at, closed.end_reason) == (3.0, "the host a was lost")
    again = await b.cues.create(draft(), IDS, seal)
    assert (cue.splice_event_id, again.splice_event_id) == (100, 101), "ids go on"


async def test_an_older_epoch_of_the_same_host_is_not_enough(hosts: tuple[Database, Database]) -> None:
    a, b = hosts
    await moved_to_b(a, b)
    _, owner = await a.hosts.take("one")
    assert owner == Owner(host="a", epoch=3)
    with pytest.raises(StreamElsewhere, match="no host now"):
        await a.cues.create(draft(), IDS, seal)
    a.custody.note("one", owner.epoch)
    await a.cues.create(draft(), IDS, seal)


async def test_a_released_stream_is_nobodys(hosts: tuple[Database, Database]) -> None:
    a, b = hosts
    await a.hosts.release("one")
    a.custody.lose("one")
    for one in hosts:
        with pytest.raises(StreamElsewhere, match="owned by no host now"):
            await one.cues.create(draft(), IDS, seal)
    await b.hosts.claim_first()
    assert (await b.hosts.owners())["one"].host == "", "only what never had an owner is claimed"
    with pytest.raises(NotFound):
        await b.hosts.take("two")


async def test_what_concerns_no_stream_of_the_list_is_written_by_any_host(
    hosts: tuple[Database, Database],
) -> None:
    _, b = hosts
    await b.audit.write(AuditRecord(at=1.0, who="w", action="a", subject="s"))
    assert (await b.cues.create(draft("deleted"), None, seal)).cue_id


async def test_only_own_sessions_are_closed_as_ended_unseen(hosts: tuple[Database, Database]) -> None:
    a, b = hosts
    session = await a.sessions.start(
        stream_id="one", stream_name="One", engine="e", command="c", started_at=1.0
    )
    assert await b.sessions.close_unseen([], 2.0) == ()
    assert [one.session_id for one in await a.sessions.close_unseen([], 2.0)] == [session.session_id]


async def test_hosts_hear_of_each_others_cues_in_the_order_of_their_commits(
    hosts: tuple[Database, Database],
) -> None:
    a, b = hosts
    last = await b.hosts.last_link()
    await b.streams.save(StoredStream(stream_id="two", number=2, config=StreamConfig(name="Two")))
    first, second = await asyncio.gather(
        a.cues.create(draft(), IDS, seal), b.cues.create(draft("two"), IDS, seal)
    )
    seen, cues = await b.hosts.cue_news(last)
    assert set(cues) == {first.cue_id, second.cue_id}
    assert await b.hosts.cue_news(seen) == (seen, ())
    await a.cues.step(first.moved_to(CueState.SENT))
    seen, cues = await b.hosts.cue_news(seen)
    assert cues == (first.cue_id,)
    assert [cue.state for cue in await b.cues.these(cues)] == [CueState.SENT]


async def test_many_writes_of_two_hosts_make_one_chain(
    hosts: tuple[Database, Database], address: DatabaseAddress
) -> None:
    a, b = hosts
    await b.streams.save(StoredStream(stream_id="two", number=2, config=StreamConfig(name="Two")))
    writes = [
        one.cues.create(draft(stream_id), IDS, seal)
        for _ in range(20)
        for one, stream_id in ((a, "one"), (b, "two"))
    ]
    cues = await asyncio.gather(*writes)
    for stream_id in ("one", "two"):
        ids = sorted(cue.splice_event_id or 0 for cue in cues if cue.stream_id == stream_id)
        assert ids == list(range(100, 120))
    found = await asyncio.to_thread(check_records, address, KEYS, ())
    assert found.is_intact, found


async def test_a_host_is_there_with_a_number_of_its_own(hosts: tuple[Database, Database]) -> None:
    a, b = hosts
    host = StoredHost(name="a", facts=HostFacts(cores=2))
    first = await a.hosts.beat(host)
    second = await b.hosts.beat(host.model_copy(update={"name": "b"}))
    assert (first.number, second.number) == (1, 2)
    assert (await a.hosts.beat(first)).number == 1
    listed, now = await b.hosts.hosts()
    assert [one.name for one in listed] == ["a", "b"]
    assert listed[0].facts.cores == 2 and abs(now - listed[0].seen_at) < 60
    with pytest.raises(StorageError, match="a owns 1 streams"):
        await b.hosts.forget("a")
    await b.hosts.forget("b")
    with pytest.raises(NotFound):
        await a.hosts.forget("b")


async def test_a_stream_is_shown_as_its_owner_tells_it(hosts: tuple[Database, Database]) -> None:
    a, b = hosts
    await a.hosts.show({"one": ShownStream(view="{}", input="[]"), "gone": ShownStream(view="{}")})
    await b.hosts.show({"one": ShownStream(view="other")})
    assert await b.hosts.shown() == {"one": ShownStream(host="a", view="{}", input="[]")}


async def test_a_host_without_the_key_of_the_records_is_refused(
    hosts: tuple[Database, Database], address: DatabaseAddress
) -> None:
    other = b"o" * KEY_BYTES
    keys = RecordKeys({key_id_of(other): other}, key_id_of(other))
    with pytest.raises(StorageError, match=r"which c does not have: copy secrets\.bin"):
        await Database.open(address, host="c", keys=keys)


async def test_a_host_has_one_server_and_none_works_alone_beside_it(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibe100.database.upgrade.PATIENCE_S", 0.0)
    a = await Database.open(server, host="a")
    with pytest.raises(StorageError, match="as the host a: each host has one"):
        await Database.open(server, host="a")
    with pytest.raises(StorageError, match=r"Another .*, or among several hosts a cluster\.host"):
        await Database.open(server)
    await a.close()
    alone = await Database.open(server)
    with pytest.raises(StorageError, match=r"Another .*among several"):
        await Database.open(server, host="b")
    await alone.close()
