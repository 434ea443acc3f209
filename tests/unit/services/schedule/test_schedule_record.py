"""The schedule outlives its database by its second copy, and nothing airs twice for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibe100.database.sql.sqlite import copy_file
from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import After, BreakState
from ibe100.models.messages import NoticePosted
from ibe100.services.schedule.second_copy import read_copy
from schedule_rig import NOON, Rig, at, schedule_rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with schedule_rig(tmp_path) as rig:
        yield rig


def notices(rig: Rig) -> list[str]:
    return [message.text for message in rig.messages if isinstance(message, NoticePosted)]


async def test_planned_breaks_outlive_a_lost_database_and_what_has_aired_does_not_air_again(rig: Rig) -> None:
    aired, changed, removed = [await rig.schedule.add(at(after_s)) for after_s in (60, 600, 700)]
    follower = await rig.schedule.add(at(0, when=After(break_id=changed.break_id, offset_s=30)))
    await rig.until(NOON + 120)
    await rig.schedule.change(changed.break_id, at(660))
    await rig.schedule.remove([removed.break_id])
    before = rig.schedule.list()
    await rig.lose_database()
    after = rig.schedule.list()
    assert [(one.break_id, one.state, one.plan) for one in after] == [
        (one.break_id, one.state, one.plan) for one in before
    ]
    assert any("second copy" in text for text in notices(rig))
    await rig.until(NOON + 1000)
    assert [request.splice_at for _, request in rig.cues.fired] == [NOON + 60, NOON + 660, NOON + 720]
    assert rig.now(aired).state is rig.now(follower).state is BreakState.DONE
    stored = await rig.database.schedule.load(0.0)
    assert {one.break_id for one in stored} == {one.break_id for one in before}


async def test_a_database_that_was_set_back_has_what_was_planned_and_removed_since(
    rig: Rig, tmp_path: Path
) -> None:
    removed = await rig.schedule.add(at(300))
    copy_file(tmp_path / "ibe100.db", older := tmp_path / "older.db")
    await rig.schedule.remove([removed.break_id])
    planned = await rig.schedule.add(at(600, title="Since then"))
    await rig.lose_database(older)
    assert [(one.break_id, one.title) for one in rig.schedule.list()] == [(planned.break_id, "Since then")]


async def test_a_series_of_a_lost_database_makes_no_break_twice(rig: Rig) -> None:
    await rig.schedule.add(at(0, when=Every(start=NOON + 60, minutes=5)))
    await rig.until(NOON + 400)
    await rig.lose_database()
    await rig.until(NOON + 700)
    assert [request.splice_at for _, request in rig.cues.fired] == [NOON + 60, NOON + 360, NOON + 660]


async def test_a_cue_of_the_audit_log_is_known_as_that_of_its_break(rig: Rig) -> None:
    """Such a cue has no time it was planned for, and the step to ARMED may not be in the copy yet."""
    planned = await rig.schedule.add(at(60))
    copied = rig.copy.read_bytes()
    await rig.until(NOON + 55)
    rig.cues.cues = [cue.model_copy(update={"scheduled_at": None}) for cue in rig.cues.cues]
    rig.copy.write_bytes(copied)
    await rig.database.schedule.save([planned])
    await rig.restart()
    await rig.until(NOON + 70)
    assert len(rig.cues.fired) == 1
    assert rig.now(planned).state is BreakState.DONE


async def test_an_armed_break_whose_cue_is_lost_is_failed_and_not_fired_again(rig: Rig) -> None:
    planned = await rig.schedule.add(at(60))
    await rig.until(NOON + 55)
    assert rig.now(planned).state is BreakState.ARMED
    rig.cues.cues = []
    await rig.lose_database()
    await rig.until(NOON + 70)
    assert (rig.now(planned).state, rig.now(planned).reason) == (
        BreakState.FAILED,
        "its cue is not on record",
    )
    assert len(rig.cues.fired) == 1


@pytest.mark.parametrize("damage", ["gone", "torn", "zeros"])
async def test_a_damaged_copy_is_made_anew_from_the_database_and_loses_nothing(rig: Rig, damage: str) -> None:
    one, other = await rig.schedule.add(at(600)), await rig.schedule.add(at(700))
    content = rig.copy.read_bytes()
    match damage:
        case "gone":
            rig.copy.unlink()
        case "torn":
            rig.copy.write_bytes(content[:-20])
        case "zeros":
            rig.copy.write_bytes(bytes(100))
    await rig.restart()
    assert {planned.break_id for planned in rig.schedule.list()} == {one.break_id, other.break_id}
    assert read_copy(rig.copy).breaks.keys() == {one.break_id, other.break_id}


async def test_a_copy_that_is_damaged_while_the_console_runs_is_whole_with_the_next_look(rig: Rig) -> None:
    one, other = await rig.schedule.add(at(600)), await rig.schedule.add(at(700))
    rig.copy.write_bytes(b"+{")
    await rig.schedule.look()
    assert read_copy(rig.copy).breaks.keys() == {one.break_id, other.break_id}


async def test_a_copy_that_cannot_be_written_is_told_once_and_never_brings_back_what_was_before(
    rig: Rig,
) -> None:
    planned = await rig.schedule.add(at(600))
    rig.copy.unlink()
    rig.copy.mkdir()  # what comes of a disk that refuses: no file can take this name
    for after_s in (700, 800):
        await rig.schedule.change(planned.break_id, at(after_s))
    assert sum("cannot be written" in text for text in notices(rig)) == 1
    rig.copy.rmdir()
    await rig.restart()
    assert rig.now(planned).planned_at == NOON + 800
    assert read_copy(rig.copy).breaks[planned.break_id].planned_at == NOON + 800
