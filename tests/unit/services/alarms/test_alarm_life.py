from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import OperatorError
from ibe100.models.messages import AlarmChanged, Message
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import CUE_FAILED
from ibe100.services.alarms.rule import Judgement
from ibe100.services.alarms.signal_catalogue import CONTINUITY_ERROR
from ibe100.services.alarms.stream_catalogue import INPUT_LOST, PROCESSOR_RESTARTING, SYNC_LOSS

STREAM = ("one", "Channel 1")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "ibe100.db")
    yield database
    await database.close()


async def test_judgements_at_the_same_time_are_one_alarm(database: Database) -> None:
    told: list[Message] = []
    board = AlarmBoard(database, told.append)
    await asyncio.gather(
        *(board.judge(*STREAM, {CONTINUITY_ERROR: Judgement(True, f"{number} per s")}) for number in range(5))
    )
    (alarm,) = board.standing()
    await board.settled()
    assert [one.alarm_id for one in await database.alarms.list()] == [alarm.alarm_id]
    assert alarm.value == "4 per s"
    assert {type(message) for message in told} == {AlarmChanged}


async def test_an_alarm_that_comes_again_is_one_row_and_a_second_occurrence_on_record(
    database: Database,
) -> None:
    board = AlarmBoard(database, lambda message: None)
    await board.judge(*STREAM, {PROCESSOR_RESTARTING: Judgement(True, "first")})
    await board.judge(*STREAM, {PROCESSOR_RESTARTING: Judgement(False)})
    (cleared,) = board.standing()
    assert cleared.state is AlarmState.CLEARED_UNACKNOWLEDGED
    await board.judge(*STREAM, {PROCESSOR_RESTARTING: Judgement(True, "second")})
    (again,) = board.standing()
    assert (again.state, again.value) == (AlarmState.UNACKNOWLEDGED, "second")
    await board.settled()
    second, first = await database.alarms.list()
    assert (second.alarm_id, second.value, second.cleared_at) == (again.alarm_id, "second", None)
    assert (first.alarm_id, first.value, first.state) == (cleared.alarm_id, "first", AlarmState.CLOSED)
    assert (first.raised_at, first.cleared_at) == (cleared.raised_at, cleared.cleared_at)
    assert first.acknowledged_at is None, "nobody has seen to it"
    await board.acknowledge(again.alarm_id)
    assert board.standing()[0].state is AlarmState.ACKNOWLEDGED
    await board.judge(*STREAM, {PROCESSOR_RESTARTING: Judgement(False)})
    assert board.standing() == ()
    await board.settled()
    assert await database.alarms.open() == (), "nothing stays open on record"
    with pytest.raises(OperatorError, match="closed already"):
        await board.acknowledge(again.alarm_id)


async def test_what_happened_once_stands_until_it_is_acknowledged(database: Database) -> None:
    board = AlarmBoard(database, lambda message: None)
    await board.judge(*STREAM, {CUE_FAILED: Judgement(True, "TO BREAK event 1: no input")})
    await board.judge(*STREAM, {CUE_FAILED: Judgement(False)})
    (alarm,) = board.standing()
    assert alarm.cleared_at is None
    await board.acknowledge(alarm.alarm_id)
    assert board.standing() == ()


async def test_what_is_not_measured_any_more_does_not_stand(database: Database) -> None:
    board = AlarmBoard(database, lambda message: None)
    await board.judge(*STREAM, {CONTINUITY_ERROR: Judgement(True)})
    await board.judge("two", "Channel 2", {CONTINUITY_ERROR: Judgement(True)})
    await board.judge(*STREAM, {CUE_FAILED: Judgement(True, "lost")})
    await board.clear_now("one", (CONTINUITY_ERROR, SYNC_LOSS))
    standing = {(alarm.stream_id, alarm.condition, alarm.state) for alarm in board.standing()}
    assert standing == {
        ("one", "continuity_error", AlarmState.CLEARED_UNACKNOWLEDGED),
        ("two", "continuity_error", AlarmState.UNACKNOWLEDGED),
        ("one", "cue_failed", AlarmState.UNACKNOWLEDGED),
    }


async def test_the_next_console_takes_up_what_stands(database: Database) -> None:
    board = AlarmBoard(database, lambda message: None)
    await board.judge(*STREAM, {INPUT_LOST: Judgement(True, "nothing flows")})
    await board.settled()
    following = AlarmBoard(database, lambda message: None)
    await following.open()
    assert following.standing() == board.standing()
    await following.judge(*STREAM, {INPUT_LOST: Judgement(True, "nothing flows")})
    await following.settled()
    assert len(await database.alarms.list()) == 1


async def test_two_cues_that_failed_are_two_occurrences(database: Database) -> None:
    board = AlarmBoard(database, lambda message: None)
    for number in (1, 1, 2):
        await board.judge(*STREAM, {CUE_FAILED: Judgement(True, f"TO BREAK event {number}: no input")})
    await board.settled()
    assert [one.value for one in board.standing()] == ["TO BREAK event 2: no input"]
    recorded = [(one.value, one.state) for one in await database.alarms.list()]
    assert recorded == [
        ("TO BREAK event 2: no input", AlarmState.UNACKNOWLEDGED),
        ("TO BREAK event 1: no input", AlarmState.CLOSED),
    ]
