"""A database copied whole to another engine: every value alike, proved by count and digest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection

from ibe100.database.backup import store_copy
from ibe100.database.backup.backups import make_backup, unpack
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.backup.store_copy import copy_server, digests_of, migrate, reading, tables
from ibe100.database.chain.check import check_records
from ibe100.database.database import Database
from ibe100.database.records import EventIdRange, ShownStream, StoredStream
from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.backup import DATABASE
from ibe100.models.clips.clip import Clip, ClipSide
from ibe100.models.cues.return_receipt import ReturnReceipt, ReturnState
from ibe100.models.cues.schedule import At, ScheduledBreak
from ibe100.models.errors import StorageError
from ibe100.models.records.check import RecordAnchor
from ibe100.models.records.database import DatabaseAddress, DatabaseServer
from ibe100.models.records.hosts import HostFacts, StoredHost
from ibe100.models.records.keys import RecordKeys, key_id_of
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AttemptRecord, AuditRecord
from ibe100.models.stream_config import StreamConfig
from ibe100.models.users import StoredToken, StoredUser
from postgresql_rig import rows

KEY = b"k" * 32
KEYS = RecordKeys({key_id_of(KEY): KEY}, key_id_of(KEY))
IDS = EventIdRange(first=100, last=0x6FFFFFFF)


def seal(cue: Cue) -> Cue:
    return cue.moved_to(CueState.ARMED, section_base64="AAAA", pts_time=2**33 - 1, splice_at=1.1)


async def fill(database: Database, cues: int = 5) -> None:
    """Rows of every table, with values at the edges of their types."""
    session = await database.sessions.start(
        stream_id="a", stream_name="Ä ß 🎬", engine="minitsp", command="tsp", started_at=1.1
    )
    await database.sessions.attempt_started(
        AttemptRecord(session_id=session.session_id, attempt=1, started_at=2)
    )
    draft = Cue(
        cue_id=0,
        stream_id="a",
        session_id=session.session_id,
        action=CueAction.TO_BREAK,
        state=CueState.REQUESTED,
        requested_by="anna",
        requested_at=1e-9,
        duration_s=29.999999999999996,
    )
    made = [await database.cues.create(draft, IDS, seal) for _ in range(cues)]
    await database.cues.step(made[0].moved_to(CueState.SENT, sent=1))
    await database.clips.add(
        Clip(
            stream_id="a",
            stream_name="A",
            side=ClipSide.OUTPUT,
            cue_id=1,
            subject="TO BREAK",
            centre_at=1.0,
            made_at=2.0,
            file="a/1.ts",
        )
    )
    await database.return_receipts.save(
        ReturnReceipt(
            cue_id=1, stream_id="a", state=ReturnState.WAITING, left_at=5.0, ends_at=9.0, expected=3
        )
    )
    await database.audit.write(AuditRecord(at=1.25, who="anna", action="act", subject="s", detail="a\tb\n"))
    await database.journal.advance("a", "runner", 2**40)
    for stream_id in ("b", "c", "a"):
        await database.streams.save(
            StoredStream(stream_id=stream_id, number=1, config=StreamConfig(name="Ä"))
        )
    await database.streams.remove("b", "anna")
    await database.streams.forget_deleted(await database.streams.remove("c", "anna"))
    await database.schedule.add(
        [ScheduledBreak(break_id=-1, stream_id="a", when=At(at=9.5), duration_s=30.5)]
    )
    await database.alarms.save(
        Alarm(
            alarm_id=7,
            stream_id="a",
            stream_name="A",
            condition="c",
            severity=Severity.MAJOR,
            title="t",
            what_to_do="",
            state=AlarmState.CLOSED,
            raised_at=1.0,
        )
    )
    for name, streams in (("anna", None), ("bob", ("a", "b"))):
        await database.users.save_user(
            StoredUser(name=name, role=Role.OPERATOR, password_hash="h", created_at=1.0, streams=streams)
        )
    await database.users.add_token(
        StoredToken(
            token_id=0, user="anna", label="l", role=Role.OPERATOR, digest="d", by_login=True, created_at=1.0
        )
    )
    await database.kept_requests.reserve("anna", "key", "digest")
    host = StoredHost(name="h", facts=HostFacts(version="3"))
    await database.hosts.beat(host)
    await database.hosts.show({"a": ShownStream(view="{}")})


async def filled(address: DatabaseAddress) -> None:
    database = await Database.open(address, keys=KEYS)
    await fill(database)
    await database.close()


def digests(address: DatabaseAddress) -> tuple[store_copy.TableDigest, ...]:
    with reading(address) as connection:
        return digests_of(connection)


async def test_a_file_is_copied_whole_and_gone_on_with(tmp_path: Path, server: DatabaseServer) -> None:
    path = tmp_path / "ibe100.db"
    await filled(path)
    copied = await asyncio.to_thread(migrate, path, server)
    assert {one.table for one in copied if one.rows == 0} == set(), "the test fills every table"
    assert digests(path) == digests(server) == copied
    (head,) = rows(path, "SELECT link_id, mac, at FROM record_links ORDER BY link_id DESC LIMIT 1")
    anchor = RecordAnchor(link=head[0], mac=head[1].hex(), at=head[2], source="audit.log")
    assert check_records(server, KEYS, [anchor]).is_intact
    database = await Database.open(server, keys=KEYS)
    cue = await database.cues.create((await database.cues.recent("a"))[0], IDS)
    assert (cue.cue_id, cue.splice_event_id) == (6, 104), "numbers go on; a given event id is kept"
    fresh = await database.cues.create(cue.model_copy(update={"splice_event_id": None}), IDS)
    assert (fresh.cue_id, fresh.splice_event_id) == (7, 105)
    await database.streams.save(StoredStream(stream_id="d", number=2, config=StreamConfig(name="d")))
    assert await database.streams.remove("d") == 3, "2 was given before and stands for its secrets"
    assert [user.streams for user in await database.users.users()] == [None, ("a", "b")]
    await database.close()
    assert check_records(server, KEYS, [anchor]).is_intact


async def test_a_database_that_is_not_empty_is_left_as_it_is(tmp_path: Path, server: DatabaseServer) -> None:
    path = tmp_path / "ibe100.db"
    await filled(path)
    await asyncio.to_thread(migrate, path, server)
    before = digests(server)
    with pytest.raises(StorageError, match=r"is not empty: .* has rows. Nothing was copied"):
        await asyncio.to_thread(migrate, path, server)
    assert digests(server) == before


async def test_a_copy_that_is_broken_off_leaves_nothing_and_is_begun_anew(
    tmp_path: Path, server: DatabaseServer
) -> None:
    path, calls = tmp_path / "ibe100.db", 0
    await filled(path)

    def break_off() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise OSError("the power failed")

    with pytest.raises(OSError, match="power"):
        await asyncio.to_thread(migrate, path, server, break_off)
    assert {one.rows for one in digests(server)} == {0}
    await asyncio.to_thread(migrate, path, server)
    assert digests(server) == digests(path)


async def test_a_copy_that_differs_is_given_up(
    tmp_path: Path, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "ibe100.db", store_copy.copy_rows
    await filled(path)

    def copy_and_lose(source: Connection, target: Connection, pace: store_copy.Pace) -> None:
        real(source, target, pace)
        target.exec_driver_sql("UPDATE cues SET duration_s = 30 WHERE cue_id = 2")

    monkeypatch.setattr(store_copy, "copy_rows", copy_and_lose)
    with pytest.raises(StorageError, match=r"differs from .* in cues: it was given up"):
        await asyncio.to_thread(migrate, path, server)
    monkeypatch.undo()
    assert {one.rows for one in digests(server)} == {0}


async def test_a_backup_of_a_server_is_one_of_a_file(tmp_path: Path, server: DatabaseServer) -> None:
    await filled(server)
    (tmp_path / "data").mkdir()
    backup = tmp_path / "backup.tar.gz"
    database = await Database.open(server, keys=KEYS)
    made = await asyncio.to_thread(
        make_backup, tmp_path / "data", backup, Pace(tmp_path, rest=0, least_free=0), server=server
    )
    await database.close()
    assert made.head is not None
    assert unpack(backup, tmp_path / "out") == made
    assert digests(tmp_path / "out" / DATABASE) == digests(server)
    anchor = RecordAnchor(link=made.head.link, mac=made.head.mac, at=made.made_at, source="backup")
    assert check_records(tmp_path / "out" / DATABASE, KEYS, [anchor]).is_intact
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar.gz", "data", "out"]


async def test_a_number_that_was_given_stays_so_through_a_backup(
    tmp_path: Path, server: DatabaseServer
) -> None:
    await filled(server)
    copy = tmp_path / "copy.db"
    await asyncio.to_thread(copy_server, server, copy)
    database = await Database.open(copy)
    await database.streams.save(StoredStream(stream_id="d", number=2, config=StreamConfig(name="d")))
    assert await database.streams.remove("d") == 3
    await database.close()


async def test_a_copy_of_a_server_is_of_one_moment(tmp_path: Path, server: DatabaseServer) -> None:
    await filled(server)
    database, before, loop = await Database.open(server), digests(server), asyncio.get_running_loop()

    def write_meanwhile() -> None:
        write = database.audit.write(AuditRecord(at=1.0, who="w", action="meanwhile", subject="s"))
        asyncio.run_coroutine_threadsafe(write, loop).result(30)

    await asyncio.to_thread(copy_server, server, tmp_path / "copy.db", write_meanwhile)
    await database.close()
    assert digests(tmp_path / "copy.db") == before
    assert digests(server) != before


def test_every_table_is_copied_behind_those_that_it_refers_to() -> None:
    order = [table.name for table in tables()]
    for table in tables():
        for key in table.foreign_keys:
            assert order.index(key.column.table.name) < order.index(table.name)
