"""A database on a server: who may write, what is refused, and what an outage costs (nothing)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from ibe100.core.config import load
from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.database.sql import postgresql
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.records.database import DatabaseServer
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AuditRecord
from postgresql_rig import PostgresServer, postgres_server, programs, rows

DEADLINE_S = 60.0
IDS = EventIdRange(first=100, last=199)
CANARY = "canary-0f3e7"
DRAFT = Cue(
    cue_id=0,
    stream_id="one",
    session_id=None,
    action=CueAction.TO_BREAK,
    state=CueState.REQUESTED,
    requested_by="anna",
    requested_at=1.0,
)


def seal(cue: Cue) -> Cue:
    return cue.moved_to(CueState.ARMED, section_base64="AAAA")


@pytest.fixture
async def database(server: DatabaseServer) -> AsyncIterator[Database]:
    database = await Database.open(server)
    yield database
    await database.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    if programs() is None:
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    with postgres_server() as made:
        yield made


def end_connections(server: DatabaseServer) -> None:
    rows(
        server,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


async def until_it_writes(database: Database) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while database.problem():
        assert time.monotonic() < deadline, database.problem()
        await asyncio.sleep(0.05)


async def test_a_second_writer_is_refused_and_told_of_the_first(
    database: Database, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibe100.database.upgrade.PATIENCE_S", 0.0)
    with pytest.raises(
        StorageError, match=r"Another console or server works on the database .*: ibe100 on .*process"
    ):
        await Database.open(server)
    await database.audit.write(AuditRecord(at=1.0, who="w", action="a", subject="s"))


async def test_a_database_is_free_again_when_its_writer_ends(server: DatabaseServer) -> None:
    for _ in range(2):
        database = await Database.open(server)
        await database.close()


async def test_connections_that_the_server_ends_cost_no_write(
    database: Database, server: DatabaseServer
) -> None:
    for number in range(3):
        await asyncio.to_thread(end_connections, server)
        cue = await database.cues.create(DRAFT, IDS, seal)
        assert cue.splice_event_id == 100 + number
    assert database.problem() == ""
    assert len(await database.cues.recent("one")) == 3


async def test_facts_of_an_outage_are_on_record_in_their_order_and_cues_are_refused(
    own_server: PostgresServer,
) -> None:
    database = await Database.open(own_server.create())
    cue = await database.cues.create(DRAFT, IDS, seal)
    await asyncio.to_thread(own_server.stop)
    sent = cue.moved_to(CueState.SENT, sent=1)
    steps = [sent, sent.model_copy(update={"sent": 2}), sent.moved_to(CueState.SEEN, seen=1)]
    facts = [asyncio.create_task(database.cues.step(step, has_happened=True)) for step in steps]
    audit = AuditRecord(at=2.0, who="w", action="during", subject="s")
    facts.append(asyncio.create_task(database.audit.write(audit)))
    with pytest.raises(StorageError, match="could not be written: the server"):
        await database.cues.create(DRAFT, IDS, seal)
    with pytest.raises(StorageError, match="could not be read: the server"):
        await database.cues.recent("one")
    assert "the server" in database.problem()
    assert not any(fact.done() for fact in facts), "what has happened waits"
    await asyncio.to_thread(own_server.start)
    await asyncio.gather(*facts)
    await until_it_writes(database)
    assert await database.cues.get(cue.cue_id) == steps[-1]
    assert [step.state for step in await database.cues.steps(cue.cue_id)] == [
        *("REQUESTED", "ARMED", "SENT", "SENT", "SEEN")
    ]
    assert await database.audit.list() == (audit,)
    assert (await database.cues.create(DRAFT, IDS, seal)).splice_event_id == 101
    await database.close()


async def test_a_commit_whose_answer_is_lost_is_neither_doubled_nor_lost(
    database: Database, server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks right behind COMMIT, or right before it."""
    real = psycopg.Connection.commit
    breaks = iter(["behind", "before"])

    def commit(connection: psycopg.Connection[object]) -> None:
        when = next(breaks, "") if "cue_steps" in last_written(connection) else ""
        if when == "behind":
            real(connection)
        if when:
            connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        real(connection)

    def last_written(connection: psycopg.Connection[object]) -> str:
        query = (
            "SELECT string_agg(relation::regclass::text, ' ') FROM pg_locks WHERE locktype = 'relation' "
            "AND pid = pg_backend_pid() AND mode = 'RowExclusiveLock'"
        )
        with suppress(psycopg.Error):
            return str(connection.execute(query).fetchall()[0])
        return ""

    monkeypatch.setattr(psycopg.Connection, "commit", commit)
    made = [await database.cues.create(DRAFT, IDS, seal) for _ in range(2)]
    monkeypatch.undo()
    assert list(breaks) == []
    assert [cue.splice_event_id for cue in made] == [100, 101]
    assert [cue.cue_id for cue in await database.cues.recent("one")] == [made[1].cue_id, made[0].cue_id]


def how_it_connects(url: str) -> dict[str, object]:
    """Parameters with which the driver is called for a connection."""
    engine, called = postgresql.reading_engine(DatabaseServer(url)), {}

    @event.listens_for(engine, "do_connect")
    def on_connect(_dialect: object, _record: object, _args: object, parameters: dict[str, object]) -> None:
        called.update(parameters)
        raise psycopg.OperationalError("not tried")

    with pytest.raises(OperationalError):
        engine.connect()
    return called


@pytest.mark.parametrize(
    ("url", "sslmode"),
    [
        ("postgresql+psycopg://ibe100@db.example/ibe100", "verify-full"),
        ("postgresql+psycopg://ibe100@192.0.2.7/ibe100", "verify-full"),
        ("postgresql+psycopg://ibe100@/ibe100?host=db.example", "verify-full"),
        ("postgresql+psycopg://ibe100@db.example/ibe100?sslmode=verify-ca", "verify-ca"),
        ("postgresql+psycopg://ibe100@localhost/ibe100", None),
        ("postgresql+psycopg://ibe100@[::1]/ibe100", None),
        ("postgresql+psycopg://ibe100@/ibe100?host=/run/postgresql", None),
    ],
)
def test_a_server_elsewhere_proves_who_it_is(url: str, sslmode: str | None) -> None:
    assert how_it_connects(url).get("sslmode") == sslmode


def test_a_server_that_the_environment_names_proves_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    assert how_it_connects("postgresql+psycopg://ibe100@/ibe100")["sslmode"] == "verify-full"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://anna:{CANARY}@db/x",
        f"postgresql+psycopg://anna:{CANARY}/y@db/x",
        f"postgresql+psycopg://anna@db/x?password={CANARY}",
        f"postgresql+psycopg://anna:{CANARY}@[db/x",
        f"mysql://anna:{CANARY}@db/x",
        f"postgresql+psycopg://db?{CANARY}",
    ],
)
def test_a_url_with_a_password_or_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load({"database": {"url": url}})
    assert "database: url " in str(refusal.value)
    assert CANARY not in f"{refusal.value} {refusal.value.__cause__}"


async def test_the_password_is_in_no_error(
    own_server: PostgresServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibe100.database.upgrade.PATIENCE_S", 0.0)
    (own_server.folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    url = own_server.address("postgres").url
    own_server.run(f"ALTER ROLE ibe100 PASSWORD '{CANARY}'")
    own_server.run("SELECT pg_reload_conf()")
    database = await Database.open(DatabaseServer(url, CANARY))
    await asyncio.to_thread(own_server.stop)
    with pytest.raises(StorageError) as fault:
        await database.cues.create(DRAFT, IDS, seal)
    await asyncio.to_thread(own_server.start)
    with pytest.raises(
        StorageError, match=r"password authentication failed.*; give the password anew"
    ) as wrong:
        await Database.open(DatabaseServer(url, f"{CANARY}-not"))
    await database.close()
    assert (
        CANARY not in f"{fault.value!r} {fault.value.__cause__!r} {wrong.value!r} {wrong.value.__cause__!r}"
    )
    assert CANARY not in caplog.text
    assert CANARY not in repr(DatabaseServer(url, CANARY))
