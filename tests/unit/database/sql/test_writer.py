from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ibe100.database.database import Database
from ibe100.database.sql.schema import AuditRow
from ibe100.database.sql.sqlite import sqlite_url, writing_engine
from ibe100.database.sql.task import Turn
from ibe100.database.sql.writer import CHECKPOINT_COMMITS, THREAD_NAME, Writer
from ibe100.database.upgrade import prepare
from ibe100.models.errors import StorageError
from ibe100.models.session import AuditRecord


def line(detail: str = "x") -> AuditRecord:
    return AuditRecord(at=1.0, who="anna", action="fire", subject="one", detail=detail)


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    path = tmp_path / "ibe100.db"
    prepare(path, 0.0)
    engine = writing_engine(sqlite_url(path))
    writer = Writer(engine, str(path), queue_size=10)
    writer.start()
    yield writer
    await asyncio.to_thread(writer.close)
    engine.dispose()


def add(detail: str) -> insert:  # type: ignore[valid-type]
    return insert(AuditRow).values(at=1.0, who="", action="", subject="", detail=detail)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditRow)) or 0


async def test_commits_reach_the_file_itself_in_the_first_pause(writer: Writer, tmp_path: Path) -> None:
    for number in range(CHECKPOINT_COMMITS):
        await writer.submit(lambda session, detail=str(number): session.execute(add(detail)))

    def in_the_file() -> int:
        """Without the WAL beside it."""
        alone = tmp_path / "alone.db"
        shutil.copy(tmp_path / "ibe100.db", alone)
        with closing(sqlite3.connect(alone)) as connection:
            (found,) = connection.execute(f"SELECT count(*) FROM {AuditRow.__tablename__}").fetchone()
        return int(found)

    for _ in range(400):
        if await asyncio.to_thread(in_the_file) == CHECKPOINT_COMMITS:
            break
        await asyncio.sleep(0.05)
    assert await asyncio.to_thread(in_the_file) == CHECKPOINT_COMMITS


class Gate:
    """Holds the writer's thread, so that the tasks behind it are committed as one group."""

    def __init__(self) -> None:
        self.entered, self.opened = threading.Event(), threading.Event()

    def __call__(self, _session: Session) -> None:
        self.entered.set()
        self.opened.wait(60)


async def test_writes_run_in_order_in_the_one_thread(writer: Writer) -> None:
    threads: list[str] = []

    def work(session: Session) -> int:
        threads.append(threading.current_thread().name)
        session.execute(add("x"))
        return count(session)

    assert await asyncio.gather(*(writer.submit(work) for _ in range(30))) == list(range(1, 31))
    assert set(threads) == {THREAD_NAME}


async def test_in_a_group_each_task_has_its_own_outcome(writer: Writer) -> None:
    gate = Gate()

    def wrong(session: Session) -> None:
        session.execute(add("from the wrong one"))
        raise ZeroDivisionError("a bug")

    def broken(session: Session) -> None:
        session.execute(insert(AuditRow).values(at=None))

    def fine(session: Session) -> None:
        session.execute(add("fine"))

    held = asyncio.ensure_future(writer.submit(gate))
    await asyncio.to_thread(gate.entered.wait, 60)
    waiting = [asyncio.ensure_future(writer.submit(work)) for work in (fine, wrong, broken, fine)]
    await asyncio.sleep(0)
    gate.opened.set()
    await held
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        ZeroDivisionError,
        IntegrityError,
        type(None),
    ]
    details = await writer.submit(lambda session: list(session.scalars(select(AuditRow.detail))))
    assert details == ["fine", "fine"]


async def test_what_goes_on_air_is_committed_alone_and_ahead_of_the_record(
    writer: Writer, tmp_path: Path
) -> None:
    """Also ahead of those of the record whose turn has come, but for the one that is under way."""
    first, second = Gate(), Gate()

    def seen_by_others(_session: Session) -> list[str]:
        with closing(sqlite3.connect(tmp_path / "ibe100.db")) as other:
            return [detail for (detail,) in other.execute("SELECT detail FROM audit ORDER BY audit_id")]

    def record(detail: str, gate: Gate | None = None) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            session.execute(add(detail))
            if gate is not None:
                gate(session)

        return work

    held = asyncio.ensure_future(writer.submit(first))
    await asyncio.to_thread(first.entered.wait, 60)
    records = [
        asyncio.ensure_future(writer.submit(work))
        for work in (record("one", second), record("two"), record("three"))
    ]
    await asyncio.sleep(0)
    first.opened.set()
    await asyncio.to_thread(second.entered.wait, 60)
    on_air = asyncio.ensure_future(writer.submit(record("on air"), Turn.AIR))
    looked = asyncio.ensure_future(writer.submit(seen_by_others, Turn.AIR))
    await asyncio.sleep(0)
    second.opened.set()
    assert await looked == ["one"], "its group is on disk, nothing of the others yet"
    await asyncio.gather(held, on_air, *records)
    assert await writer.submit(seen_by_others) == ["one", "on air", "two", "three"]


async def test_a_write_cancelled_before_its_turn_is_not_done(writer: Writer) -> None:
    gate = Gate()
    held = asyncio.ensure_future(writer.submit(gate))
    await asyncio.to_thread(gate.entered.wait, 60)
    cancelled = asyncio.ensure_future(writer.submit(lambda session: session.execute(add("x"))))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    gate.opened.set()
    await held
    assert await writer.submit(count) == 0


async def test_a_full_queue_makes_the_next_write_wait_not_fail(writer: Writer) -> None:
    gate = Gate()
    held = asyncio.ensure_future(writer.submit(gate))
    await asyncio.to_thread(gate.entered.wait, 60)
    writes = [
        asyncio.ensure_future(writer.submit(lambda session: session.execute(add("x")).rowcount))
        for _ in range(14)
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(held, *writes)
    assert await writer.submit(count) == 14


async def test_a_write_that_waits_for_room_while_the_database_closes_is_done_or_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ibe100.db"
    prepare(path, 0.0)
    engine = writing_engine(sqlite_url(path))
    writer = Writer(engine, str(path), queue_size=2)
    writer.start()
    gate = Gate()
    writes = [asyncio.ensure_future(writer.submit(gate))]
    await asyncio.to_thread(gate.entered.wait, 60)
    writes += [asyncio.ensure_future(writer.submit(lambda s: s.execute(add("x")))) for _ in range(6)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(asyncio.to_thread(writer.close))
    await asyncio.sleep(0)
    gate.opened.set()
    await closing
    outcomes = await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), 60)
    refused = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(error, StorageError) and "is closed" in str(error) for error in refused)
    with Session(engine) as session:
        assert count(session) + len(refused) == 6
    engine.dispose()


async def test_a_closed_database_takes_no_write(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    await database.audit.write(line())
    await database.close()
    with pytest.raises(StorageError, match="is closed"):
        await database.audit.write(line())


async def test_what_waits_is_committed_before_the_database_closes(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    writes = [asyncio.ensure_future(database.audit.write(line())) for _ in range(50)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    again = await Database.open(tmp_path / "ibe100.db")
    assert len(await again.audit.list()) == 50
    await again.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from ibe100.database.database import Database
from ibe100.models.session import AuditRecord

async def main():
    database = await Database.open(Path(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        await database.audit.write(AuditRecord(at=1.0, who="w", action="a", subject="s", detail=str(number)))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_kill_9_right_after_commit_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ibe100.db"
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, str(path), "20"], timeout=60
    )
    assert done.returncode == -9
    database = await Database.open(path)
    assert database.notices == ()
    assert [record.detail for record in reversed(await database.audit.list())] == [str(n) for n in range(20)]
    await database.close()


async def test_a_database_locked_by_another_program_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibe100.database.sql.sqlite.BUSY_TIMEOUT_MS", 50)
    database = await Database.open(tmp_path / "ibe100.db")
    with closing(sqlite3.connect(tmp_path / "ibe100.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another program holds it locked"):
            await database.audit.write(line())
        assert await database.audit.list() == (), "reading goes on"
        other.execute("ROLLBACK")
    await database.audit.write(line())
    assert await database.audit.list() == (line(),)
    await database.close()


async def test_a_read_does_not_wait_for_a_write_that_is_under_way(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    gate = Gate()
    held = asyncio.ensure_future(database._writer.submit(gate))
    await asyncio.to_thread(gate.entered.wait, 60)
    assert await database.audit.list() == ()
    gate.opened.set()
    await held
    await database.close()


def test_the_writing_connection_syncs_each_commit_and_readers_cannot_write(tmp_path: Path) -> None:
    from ibe100.database.sql.sqlite import reading_engine

    path = tmp_path / "ibe100.db"
    prepare(path, 0.0)
    write, read = writing_engine(sqlite_url(path)), reading_engine(sqlite_url(path))
    with write.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 5000]
    with read.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(add("x"))
    write.dispose()
    read.dispose()
