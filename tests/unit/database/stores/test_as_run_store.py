"""As-run logs read from a real SQLite file, beside the console that writes it and without one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.database.records import StoredStream
from ibe100.database.stores.as_run import open_as_run
from ibe100.models.cues.as_run import AsRunFormat, LoggedStream
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import StreamConfig
from ibe100.services.history.as_run_log import AsRunService, verify_file

DAY = date(2026, 11, 22)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
NEXT = MIDNIGHT + 86_400


@pytest.fixture
async def database(address: DatabaseAddress) -> AsyncIterator[Database]:
    database = await Database.open(address)
    yield database
    await database.close()


async def store(database: Database, requested_at: float, **fields: object) -> Cue:
    draft = Cue(
        cue_id=0,
        stream_id="one",
        session_id=None,
        action=CueAction.TO_BREAK,
        state=CueState.SPLICED,
        requested_by="anna",
        requested_at=requested_at,
    )
    return await database.cues.create(draft.model_copy(update=fields))


async def test_a_cue_belongs_to_the_day_its_splice_fell_on(database: Database) -> None:
    before = await store(database, MIDNIGHT - 20, splice_at=MIDNIGHT - 0.001)
    first = await store(database, MIDNIGHT - 10, splice_at=MIDNIGHT)
    planned_long_before = await store(database, MIDNIGHT - 40 * 86_400, splice_at=MIDNIGHT + 60)
    immediate = await store(database, NEXT - 1, sent_at=NEXT - 0.9, seen_at=NEXT - 0.8)
    seen_after = await store(database, NEXT - 0.1, sent_at=NEXT - 0.05, seen_at=NEXT + 0.02)
    refused = await store(database, MIDNIGHT + 5, state=CueState.REFUSED)
    clock_set_back = await store(database, NEXT + 30, splice_at=NEXT - 2)
    service = AsRunService(database.as_run)
    log = await service.log(DAY)
    assert [row.cue for row in log.rows] == [first, refused, planned_long_before, clock_set_back, immediate]
    assert [row.cue for row in (await service.log(date(2026, 11, 21))).rows] == [before]
    assert [row.cue for row in (await service.log(date(2026, 11, 23))).rows] == [seen_after]
    berlin = await service.log(DAY, "Europe/Berlin")
    assert (berlin.begins_at, berlin.ends_at) == (MIDNIGHT - 3600, NEXT - 3600)
    assert [row.cue for row in berlin.rows] == [before, first, refused, planned_long_before]


async def test_a_log_is_of_one_stream_or_of_all_and_names_each_as_it_was(
    database: Database, tmp_path: Path
) -> None:
    for name in ("Old name", "New name"):
        session = await database.sessions.start(
            stream_id="one", stream_name=name, engine="e", command="c", started_at=1.0
        )
        await store(database, MIDNIGHT, session_id=session.session_id)
    await store(database, MIDNIGHT, stream_id="two")
    as_run = AsRunService(database.as_run)
    assert [row.stream_name for row in (await as_run.log(DAY)).rows] == ["Old name", "New name", "two"]
    log = await as_run.log(DAY, stream_id="two")
    assert [row.cue.stream_id for row in log.rows] == ["two"]
    assert log.stream_id == "two"


async def test_streams_to_choose_from_are_those_listed_and_those_removed(database: Database) -> None:
    for stream_id, name in (("gone", "Was once"), ("one", "Before"), ("gone", "Gone")):
        await database.sessions.start(
            stream_id=stream_id, stream_name=name, engine="e", command="c", started_at=1.0
        )
    for number, stream_id, name in ((2, "two", "Zwei"), (1, "one", "Now")):
        config = StreamConfig(name=name)
        await database.streams.save(StoredStream(stream_id=stream_id, number=number, config=config))
    assert await database.as_run.streams() == (
        LoggedStream(stream_id="one", number=1, name="Now"),
        LoggedStream(stream_id="two", number=2, name="Zwei"),
        LoggedStream(stream_id="gone", number=None, name="Gone"),
    )


async def test_a_log_is_read_beside_a_console_that_goes_on_writing(
    database: Database, address: DatabaseAddress
) -> None:
    await store(database, MIDNIGHT)
    async with open_as_run(address) as storage:
        service = AsRunService(storage)
        for count in range(1, 6):
            assert len((await service.log(DAY)).rows) == count
            await asyncio.gather(*(database.cues.unfinished() for _ in range(3)), store(database, MIDNIGHT))


async def test_reading_without_a_console_changes_nothing_of_the_record(tmp_path: Path) -> None:
    path = tmp_path / "50%" / "ibe100?#.db"
    database = await Database.open(path)
    await store(database, MIDNIGHT)
    await database.close()
    before = path.read_bytes()
    async with open_as_run(path) as storage:
        assert len((await AsRunService(storage).log(DAY)).rows) == 1
    assert path.read_bytes() == before
    database = await Database.open(path)
    assert database.notices == ()
    await database.close()


async def test_a_record_that_is_not_there_or_of_another_version_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "ibe100.db"
    with pytest.raises(StorageError, match=r"There is no log: .*ibe100\.db does not exist"):
        async with open_as_run(path):
            pass
    assert list(tmp_path.iterdir()) == []
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StorageError, match=r"of another version of IBE-100 \(schema none"):
        async with open_as_run(path):
            pass
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="damaged"):
        async with open_as_run(path):
            pass


async def test_a_file_is_written_whole_and_checked_by_its_digest(database: Database, tmp_path: Path) -> None:
    await store(database, MIDNIGHT, splice_event_id=100023)
    as_run = AsRunService(database.as_run)
    log = await as_run.log(DAY)
    for kind in (AsRunFormat.CSV, AsRunFormat.JSON):
        path = tmp_path / f"log.{kind}"
        digest = await as_run.export(log, kind, path)
        check = await verify_file(path)
        assert (check.is_changed, check.computed, check.rows) == (False, digest, 1)
    paper = tmp_path / "log.pdf"
    await as_run.export(log, AsRunFormat.PDF, paper)
    assert paper.read_bytes().startswith(b"%PDF-")
    with pytest.raises(StorageError, match=r"cannot be written: No such file"):
        await as_run.export(log, AsRunFormat.CSV, tmp_path / "none" / "log.csv")
    with pytest.raises(StorageError, match=r"cannot be read: No such file"):
        await verify_file(tmp_path / "none.csv")
