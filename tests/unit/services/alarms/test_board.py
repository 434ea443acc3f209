"""Alarms that hide others, are shelved, counted and put on record."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alarm_rig import STREAM, Bench
from ibe100.database.database import Database
from ibe100.models.actor import Actor
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.errors import OperatorError
from ibe100.models.rights import Role
from ibe100.services.alarms.board import CAUSE_GRACE_S
from ibe100.services.alarms.catalogue import CUE_FAILED, MEASURED, RULES
from ibe100.services.alarms.rule import Judgement
from ibe100.services.alarms.stream_catalogue import INPUT_LOST, PROCESSOR_RESTARTING
from ibe100.services.audit_trail import act_as


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "ibe100.db")
    yield database
    await database.close()


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


async def stands(bench: Bench, condition: str) -> int:
    await bench.judge(**{condition: "yes"})
    bench.now += RULES[condition].on_delay_s + 0.001
    await bench.judge(**{condition: "yes"})
    alarm = bench.alarm(condition)
    assert alarm is not None
    return alarm.alarm_id


async def test_a_cause_hides_what_stands_already_and_what_comes_after(bench: Bench) -> None:
    await stands(bench, "bitrate_collapse")
    await stands(bench, "cue_failed")
    await stands(bench, "input_lost")
    await stands(bench, "continuity_error")
    hidden = {one.condition: one.suppressed_by for one in bench.board.standing()}
    assert hidden == {
        "input_lost": "",
        "cue_failed": "",
        "bitrate_collapse": "input_lost",
        "continuity_error": "input_lost",
    }
    assert {one.condition for one in bench.board.standing() if one.is_shown} == {"input_lost", "cue_failed"}


async def test_the_same_cause_on_another_stream_hides_nothing(bench: Bench) -> None:
    await bench.board.judge("two", "Channel 2", {INPUT_LOST: Judgement(True)})
    await stands(bench, "continuity_error")
    alarm = bench.alarm("continuity_error")
    assert alarm is not None
    assert alarm.is_shown


async def test_a_consequence_that_ends_with_its_cause_asks_for_nothing(bench: Bench) -> None:
    await stands(bench, "input_lost")
    await stands(bench, "continuity_error")
    await bench.judge(input_lost=False)
    bench.now += 1.0
    await bench.judge(continuity_error=False)
    bench.now += RULES["continuity_error"].off_delay_s
    await bench.judge(continuity_error=False)
    assert [(one.condition, one.state) for one in bench.board.standing()] == [
        ("input_lost", AlarmState.CLEARED_UNACKNOWLEDGED)
    ]
    assert bench.raised() == {"input_lost"}


async def test_a_consequence_that_outlives_its_cause_is_shown(bench: Bench) -> None:
    await stands(bench, "input_lost")
    await stands(bench, "continuity_error")
    await bench.judge(input_lost=False)
    bench.now += CAUSE_GRACE_S - 0.1
    await bench.judge(continuity_error="3 per s")
    alarm = bench.alarm("continuity_error")
    assert alarm is not None
    assert alarm.suppressed_by == "input_lost", "packets that come again may be lost for a moment"
    bench.now += 0.2
    await bench.judge(continuity_error="3 per s")
    alarm = bench.alarm("continuity_error")
    assert alarm is not None
    assert alarm.is_shown
    assert await bench.on_record() == tuple(sorted(bench.board.standing(), key=lambda a: a.alarm_id))


async def test_first_errors_after_a_cause_are_its_own(bench: Bench) -> None:
    await stands(bench, "input_lost")
    await bench.judge(input_lost=False)
    bench.now += 0.5
    await bench.judge(continuity_error="9 per s", pts_jump="jumped ahead 4.0 s")
    assert bench.raised() == {"input_lost"}


@pytest.mark.parametrize("condition", RULES)
def test_every_rule_says_what_is_behind_it_and_what_to_do(condition: str) -> None:
    rule = RULES[condition]
    assert rule.title
    assert rule.cause
    assert len(rule.what_to_do) > 20


async def test_a_shelved_alarm_stays_away_when_it_comes_again_and_is_back_when_its_time_is_over(
    bench: Bench,
) -> None:
    number = await stands(bench, "video_lost")
    assert bench.board.rate() == 1
    act_as(Actor("anna", Role.ADMIN))
    shelved = await bench.board.shelve(number, 30, " test signal ")
    assert (shelved.is_shown, shelved.shelve_reason, shelved.shelved_by) == (False, "test signal", "anna")
    assert shelved.shelved_until == bench.now + 1800
    await bench.board.acknowledge(number)
    await bench.judge(video_lost=False)
    assert bench.alarm("video_lost") is not None, "the shelving outlasts the fault"
    await bench.judge(video_lost="0x0101")
    bench.now += 1799
    await bench.board.unshelve_expired()
    alarm = bench.alarm("video_lost")
    assert alarm is not None
    assert alarm.alarm_id != number, "a second occurrence"
    assert (alarm.is_shown, bench.board.rate()) == (False, 0)
    bench.now += 1
    await bench.board.unshelve_expired()
    alarm = bench.alarm("video_lost")
    assert alarm is not None
    assert (alarm.is_shown, alarm.state) == (True, AlarmState.UNACKNOWLEDGED)
    assert bench.board.rate() == 1


async def test_a_shelving_that_ends_after_the_fault_closes_what_was_seen_to(bench: Bench) -> None:
    number = await stands(bench, "video_lost")
    await bench.board.acknowledge(number)
    await bench.board.shelve(number, 1, "test signal")
    await bench.judge(video_lost=False)
    bench.now += 61
    await bench.board.unshelve_expired()
    assert bench.board.standing() == ()
    assert await bench.on_record() == ()


async def test_the_next_console_finds_shelving_and_cause_as_they_were(bench: Bench) -> None:
    number = await stands(bench, "disk_low")
    await bench.board.shelve(number, 5, "moving recordings")
    await stands(bench, "input_lost")
    await stands(bench, "continuity_error")
    following = await bench.next_console()
    assert following.standing() == bench.board.standing()
    bench.now += 300
    await following.unshelve_expired()
    assert all(one.shelved_until is None for one in following.standing())


async def test_shelving_asks_for_a_reason_and_an_end_and_goes_on_record(
    bench: Bench, database: Database
) -> None:
    number, board = await stands(bench, "scrambled_pid"), bench.board
    with pytest.raises(OperatorError, match="say which"):
        await board.shelve(number, 30, "  ")
    with pytest.raises(OperatorError, match="up to 24 hours, not for 2000 minutes"):
        await board.shelve(number, 2000, "holiday")
    with pytest.raises(OperatorError, match="not shelved"):
        await board.unshelve(number)
    act_as(Actor("anna", Role.ADMIN))
    await board.shelve(number, 30, "test signal")
    act_as(Actor("ben", Role.ADMIN))
    await board.unshelve(number)
    with pytest.raises(OperatorError, match="closed already"):
        await board.shelve(number + 1, 30, "test signal")
    assert board.rate() == 2, "it was raised, and was back after its shelving"
    records = await database.audit.list()
    assert [(one.who, one.action) for one in records] == [
        ("ben", "alarm unshelved"),
        ("anna", "alarm shelved"),
    ]
    assert "for 30 minutes: test signal" in records[1].detail


async def test_the_rate_counts_ten_minutes_of_what_was_put_before_the_operator(bench: Bench) -> None:
    for _ in range(4):
        await bench.judge(processor_restarting="killed")
        await bench.judge(processor_restarting=False)
        bench.now += 100
    assert bench.board.rate() == 4
    bench.now += 401
    assert bench.board.rate() == 1


async def test_a_value_that_moves_is_shown_and_not_written_each_time(bench: Bench) -> None:
    await stands(bench, "continuity_error")
    await bench.judge(continuity_error="7 per s")
    alarm = bench.alarm("continuity_error")
    assert alarm is not None
    assert alarm.value == "7 per s"
    assert bench.told[-1].alarm == alarm
    (on_record,) = await bench.on_record()
    assert on_record.value == "yes"


class HeldDisk:
    """The alarms of a database whose disk writes nothing until it is let go."""

    def __init__(self, database: Database) -> None:
        self.alarms, self.audit, self.custody = self, database.audit, database.custody
        self.let_go = asyncio.Event()
        self._database = database

    async def save(self, alarm: Alarm) -> None:
        await self.let_go.wait()
        await self._database.alarms.save(alarm)


async def test_alarms_wait_for_no_disk_and_are_on_record_once_it_writes_again(database: Database) -> None:
    disk = HeldDisk(database)
    bench = Bench(disk)
    number = await stands(bench, "continuity_error")
    await bench.judge(cue_failed="lost")
    await bench.board.acknowledge(number)
    shown = {one.condition: one.state for one in bench.board.standing()}
    assert shown == {"continuity_error": AlarmState.ACKNOWLEDGED, "cue_failed": AlarmState.UNACKNOWLEDGED}
    assert bench.told[-1].alarm.state is AlarmState.ACKNOWLEDGED
    assert await database.alarms.list() == ()
    disk.let_go.set()
    await bench.board.settled()
    assert set(await database.alarms.list()) == set(bench.board.standing())


async def test_the_next_console_numbers_its_alarms_on(bench: Bench) -> None:
    number = await stands(bench, "pat_error")
    await bench.board.acknowledge(number)
    await bench.judge(pat_error=False)
    following = await bench.next_console()
    await following.judge(*STREAM, {CUE_FAILED: Judgement(True, "lost")})
    assert max(one.alarm_id for one in following.standing()) > number


async def test_an_alarm_of_a_version_that_knew_other_conditions_is_closed(bench: Bench) -> None:
    number = await stands(bench, "pat_error")
    (alarm,) = await bench.on_record()
    await bench.storage.alarms.save(alarm.model_copy(update={"condition": "pat_pmt_error"}))
    following = await bench.next_console()
    assert following.standing() == ()
    await following.settled()
    (closed,) = await bench.storage.alarms.list()
    assert (closed.alarm_id, closed.state) == (number, AlarmState.CLOSED)


async def test_whatever_happens_nothing_measured_stays_once_the_stream_has_ended(bench: Bench) -> None:
    chosen, measured = random.Random(7), [*MEASURED, INPUT_LOST, PROCESSOR_RESTARTING]
    for _ in range(120):
        rule = chosen.choice(measured)
        await bench.judge(**{rule.condition: chosen.random() < 0.6})
        bench.now += chosen.random() * 4
    await bench.board.clear_now(STREAM[0], measured)
    for alarm in bench.board.standing():
        assert alarm.cleared_at is not None
        assert not alarm.suppressed_by, "what was explained to the end is closed"
