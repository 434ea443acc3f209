from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from ibe100.database.database import Database
from ibe100.database.records import EventIdRange, StoredStream
from ibe100.models.alarms.alarm import Alarm, AlarmFilter, AlarmState, Severity
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AttemptRecord, AuditRecord, SessionRecord
from ibe100.models.stream_config import (
    FileOutput,
    SrtInput,
    SrtOutput,
    StreamConfig,
    TestPatternInput,
    UdpInput,
)
from postgresql_rig import rows

PASSPHRASE = "correct-horse-battery"


@pytest.fixture
async def database(address: DatabaseAddress) -> AsyncIterator[Database]:
    database = await Database.open(address)
    yield database
    await database.close()


async def start(database: Database, stream_id: str = "one", started_at: float = 1.0) -> SessionRecord:
    return await database.sessions.start(
        stream_id=stream_id,
        stream_name="Channel One",
        engine="built-in minitsp 3.0.0",
        command="minitsp -I file in.ts",
        started_at=started_at,
        profile="evening",
    )


async def test_a_session_is_recorded_with_how_each_attempt_ended(database: Database) -> None:
    session = await start(database)
    first = AttemptRecord(session_id=session.session_id, attempt=1, started_at=1.0)
    ended = first.model_copy(update={"ended_at": 5.5, "exit_code": -9, "outcome": "killed by SIGKILL"})
    second = AttemptRecord(session_id=session.session_id, attempt=2, started_at=6.0)
    await database.sessions.attempt_started(first)
    await database.sessions.attempt_ended(ended)
    await database.sessions.attempt_started(second)
    assert await database.sessions.attempts(session.session_id) == (ended, second)
    await database.sessions.end(session.session_id, 9.0, "operator")
    stored = await database.sessions.get(session.session_id)
    assert stored == session.model_copy(update={"ended_at": 9.0, "end_reason": "operator"})
    assert (await database.sessions.attempts(session.session_id))[1].outcome == "operator"


async def test_reading_a_journal_twice_changes_nothing(database: Database) -> None:
    session = await start(database)
    begun = AttemptRecord(session_id=session.session_id, attempt=1, started_at=1.0)
    ended = begun.model_copy(update={"ended_at": 5.5, "exit_code": 0, "outcome": "ended by itself"})
    for _ in range(2):
        await database.sessions.attempt_started(begun)
        await database.sessions.attempt_ended(ended)
        await database.sessions.end(session.session_id, 9.0, "operator")
    await database.sessions.end(session.session_id, 99.0, "again")
    assert await database.sessions.attempts(session.session_id) == (ended,)
    (stored,) = await database.sessions.list()
    assert (stored.ended_at, stored.end_reason) == (9.0, "operator")


async def test_sessions_of_a_crash_end_unseen_unless_their_runner_was_adopted(database: Database) -> None:
    ended, orphan, adopted = [await start(database, started_at=float(at)) for at in range(3)]
    await database.sessions.end(ended.session_id, 4.0, "operator")
    attempt = AttemptRecord(session_id=orphan.session_id, attempt=1, started_at=1.0)
    await database.sessions.attempt_started(attempt)
    stream = StoredStream(
        stream_id="one",
        number=1,
        config=StreamConfig(name="One"),
        desired="run",
        session_id=orphan.session_id,
    )
    await database.streams.save(stream)
    closed = await database.sessions.close_unseen({adopted.session_id}, 10.0)
    assert closed == (orphan.model_copy(update={"ended_at": 10.0, "end_reason": "ended unseen"}),)
    by_id = {session.session_id: session.end_reason for session in await database.sessions.list()}
    assert by_id == {
        ended.session_id: "operator",
        orphan.session_id: "ended unseen",
        adopted.session_id: "",
    }
    assert (await database.sessions.attempts(orphan.session_id))[0].outcome == "ended unseen"
    (stored,) = (await database.streams.load()).streams
    assert (stored.session_id, stored.desired) == (None, "run")
    assert await database.sessions.close_unseen({adopted.session_id}, 11.0) == ()


async def test_alarms_are_kept_up_to_date_under_their_id(database: Database) -> None:
    assert await database.alarms.highest_id() == 0
    first = Alarm(
        alarm_id=7,
        stream_id="one",
        stream_name="Channel One",
        condition="input_lost",
        severity=Severity.CRITICAL,
        title="No input",
        what_to_do="Check the sender.",
        state=AlarmState.UNACKNOWLEDGED,
        raised_at=5.0,
    )
    second = first.model_copy(update={"alarm_id": 8})
    await database.alarms.save(first)
    await database.alarms.save(second)
    assert await database.alarms.highest_id() == 8
    acknowledged = first.model_copy(
        update={"state": AlarmState.ACKNOWLEDGED, "acknowledged_at": 6.0, "acknowledged_by": "anna"}
    )
    await database.alarms.save(acknowledged)
    assert await database.alarms.open() == (acknowledged, second)
    closed = second.model_copy(update={"state": AlarmState.CLOSED})
    await database.alarms.save(closed)
    assert await database.alarms.open() == (acknowledged,)
    assert await database.alarms.list() == (closed, acknowledged)
    assert await database.alarms.list(AlarmFilter(words="channel INPUT")) == (closed, acknowledged)
    assert await database.alarms.list(AlarmFilter(words="100%")) == ()
    assert await database.alarms.list(AlarmFilter(severity=Severity.MINOR)) == ()
    assert await database.alarms.list(AlarmFilter(stream_id="one", since=5.0, limit=1)) == (closed,)
    assert await database.alarms.list(AlarmFilter(since=5.1)) == ()


async def test_audit_lines_are_appended_newest_first(database: Database) -> None:
    records = [
        AuditRecord(at=float(at), who="anna", action="fire", subject="one", detail="TO BREAK")
        for at in range(3)
    ]
    for record in records:
        await database.audit.write(record)
    assert await database.audit.list() == tuple(reversed(records))
    assert await database.audit.list(limit=1) == (records[2],)


async def test_a_journal_position_only_goes_back_for_a_new_journal(database: Database) -> None:
    assert await database.journal.position("one") is None
    seen = []
    for runner, seq in (("a", 5), ("a", 9), ("a", 7), ("b", 2), ("b", 3)):
        await database.journal.advance("one", runner, seq)
        position = await database.journal.position("one")
        assert position is not None
        seen.append((position.runner, position.last_seq))
    assert seen == [("a", 5), ("a", 9), ("a", 9), ("b", 2), ("b", 3)]
    assert await database.journal.position("two") is None


async def test_streams_come_back_by_number_without_their_passphrases(
    database: Database, tmp_path: Path
) -> None:
    srt = StreamConfig(
        name="SRT",
        input=SrtInput(host="h", port=9000, passphrase=SecretStr(PASSPHRASE)),
        output=SrtOutput(port=9001, passphrase=SecretStr(PASSPHRASE)),
    )
    others = [
        StreamConfig(name="Test", input=TestPatternInput(), output=FileOutput(path=tmp_path / "out.ts")),
        StreamConfig(name="UDP", input=UdpInput(host="239.0.0.1", port=5000)),
    ]
    for number, config in ((3, srt), (1, others[0]), (2, others[1])):
        await database.streams.save(StoredStream(stream_id=f"s{number}", number=number, config=config))
    loaded = await database.streams.load()
    assert [stream.number for stream in loaded.streams] == [1, 2, 3]
    assert [stream.config for stream in loaded.streams[:2]] == others
    back = loaded.streams[2].config
    assert isinstance(back.input, SrtInput)
    assert isinstance(back.output, SrtOutput)
    assert (back.input.passphrase, back.output.passphrase) == (None, None)
    assert (back.input.host, back.output.port) == ("h", 9001)
    for path in tmp_path.iterdir():
        assert PASSPHRASE.encode() not in path.read_bytes()


async def test_a_stream_is_changed_and_removed(database: Database) -> None:
    stream = StoredStream(stream_id="one", number=1, config=StreamConfig(name="One"))
    await database.streams.save(stream)
    running = stream.model_copy(update={"desired": "run", "session_id": (await start(database)).session_id})
    await database.streams.save(running)
    await database.journal.advance("one", "a", 5)
    assert (await database.streams.load()).streams == (running,)
    await database.streams.remove("one")
    assert (await database.streams.load()).streams == ()
    assert await database.journal.position("one") is None
    assert len(await database.sessions.list()) == 1


async def test_a_stream_that_cannot_be_read_is_named_and_kept(
    database: Database, address: DatabaseAddress
) -> None:
    for number in (1, 2):
        await database.streams.save(
            StoredStream(stream_id=f"s{number}", number=number, config=StreamConfig(name="x"))
        )
    rows(address, """UPDATE streams SET config = '{"name": 5}' WHERE number = 1""")
    loaded = await database.streams.load()
    assert [stream.stream_id for stream in loaded.streams] == ["s2"]
    assert "Stream 1 (s1)" in loaded.notices[0]
    assert "name 5" in loaded.notices[0]
    assert rows(address, "SELECT count(*) FROM streams") == [(2,)]


async def test_text_that_a_program_printed_is_on_record_whatever_it_holds(database: Database) -> None:
    words = "\x1b[31m Ä \ufffe 🎬 'quoted' %s :name \\ "
    for detail in (words, f"{words}\0"):
        await database.audit.write(AuditRecord(at=1.0, who="w", action="a", subject="s", detail=detail))
    with_nul, without = await database.audit.list()
    assert without.detail == words.strip()
    assert with_nul.detail.rstrip("\0\ufffd") == words


async def test_the_used_event_ids_outlive_their_stream(database: Database) -> None:
    draft = Cue(
        cue_id=0,
        stream_id="one",
        session_id=None,
        action=CueAction.TO_BREAK,
        state=CueState.REQUESTED,
        requested_by="anna",
        requested_at=1.0,
    )
    ids = EventIdRange(first=1, last=9)
    await database.cues.create(draft, ids)
    await database.streams.remove("one")
    assert (await database.cues.create(draft, ids)).splice_event_id == 2
