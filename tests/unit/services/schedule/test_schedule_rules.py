"""Rules of weekdays: expanded ahead, moved and dropped one by one, kept by every restart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ibe100.models.cues.recurrence import Weekly
from ibe100.models.cues.schedule import After, At, BreakPlan, BreakState, ScheduledBreak
from ibe100.models.errors import OperatorError
from schedule_rig import NOON, Rig, at, schedule_rig

DAY_S = 86_400.0
AT_2015 = NOON + 8 * 3600 + 900
"""20:15 UTC of the day, a Sunday: 21:15 in Berlin."""


def rule(**values: object) -> BreakPlan:
    when = {
        "kind": "weekly",
        "weekdays": ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        "local_time": "21:15",
        "time_zone": "Europe/Berlin",
        "first_date": "2026-11-01",
    }
    plan = {"stream_id": "news", "title": "Evening", "when": when | values, "duration_s": 60}
    return BreakPlan.model_validate(plan)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with schedule_rig(tmp_path) as rig:
        yield rig


def made(rig: Rig, series: ScheduledBreak) -> list[ScheduledBreak]:
    return [one for one in rig.schedule.list() if one.series_id == series.break_id]


async def test_a_rule_has_its_breaks_planned_two_days_ahead(rig: Rig) -> None:
    series = await rig.schedule.add(rule())
    await rig.schedule.look()
    assert [one.planned_at for one in made(rig, series)] == [AT_2015, AT_2015 + DAY_S]
    await rig.until(AT_2015 + 100)
    moments = [one.planned_at for one in made(rig, series)]
    assert moments == [AT_2015, AT_2015 + DAY_S, AT_2015 + 2 * DAY_S]
    assert made(rig, series)[0].state is BreakState.DONE


async def test_nothing_is_made_twice_by_looks_and_restarts(rig: Rig) -> None:
    series = await rig.schedule.add(rule())
    for pause_s in (0, 5, 0):
        await rig.schedule.look()
        await rig.restart(pause_s)
    assert [one.planned_at for one in made(rig, series)] == [AT_2015, AT_2015 + DAY_S]


async def test_a_break_that_was_dropped_is_not_made_again(rig: Rig) -> None:
    series = await rig.schedule.add(rule())
    await rig.schedule.look()
    await rig.schedule.remove([made(rig, series)[0].break_id])
    await rig.restart()
    changed = rule(local_time="21:16", except_dates=rig.now(series).when.except_dates)  # type: ignore[union-attr]
    await rig.schedule.change(series.break_id, changed)
    await rig.schedule.look()
    assert [one.planned_at for one in made(rig, series)] == [AT_2015 + DAY_S + 60]


async def test_a_break_that_was_moved_stays_where_it_is_and_is_not_made_again(rig: Rig) -> None:
    series = await rig.schedule.add(rule())
    await rig.schedule.look()
    first = made(rig, series)[0]
    moved = await rig.schedule.change(
        first.break_id, first.plan.model_copy(update={"when": At(at=AT_2015 + 30)})
    )
    assert moved.series_id is None
    when = rig.now(series).when
    assert isinstance(when, Weekly)
    assert when.except_dates == (date(2026, 11, 22),)
    await rig.lose_database()
    await rig.schedule.remove([series.break_id])
    assert [(one.planned_at, one.title) for one in rig.schedule.list()] == [(AT_2015 + 30, "Evening")]


async def test_a_rule_that_has_made_its_last_break_can_go_on(rig: Rig) -> None:
    series = await rig.schedule.add(rule(last_date="2026-11-23"))
    await rig.schedule.look()
    assert rig.now(series).state is BreakState.DONE
    await rig.schedule.change(series.break_id, rule(last_date="2026-11-25"))
    await rig.schedule.look()
    assert rig.now(series).state is BreakState.PLANNED
    assert len(made(rig, series)) == 2


async def test_breaks_that_went_by_while_nobody_was_there_are_missed(rig: Rig) -> None:
    series = await rig.schedule.add(rule())
    await rig.schedule.look()
    await rig.restart(5 * DAY_S)
    states = [one.state for one in made(rig, series)]
    assert states == [BreakState.MISSED] * 3 + [BreakState.PLANNED] * 2
    assert "3 breaks of the series" in made(rig, series)[2].reason


async def test_what_another_break_follows_is_not_taken_away(rig: Rig) -> None:
    series = await rig.schedule.add(rule())
    await rig.schedule.look()
    first = made(rig, series)[0]
    await rig.schedule.add(at(0, when=After(break_id=first.break_id), title="Next"))
    with pytest.raises(OperatorError, match="is followed by Next"):
        await rig.schedule.change(series.break_id, rule(local_time="21:20"))
    with pytest.raises(OperatorError, match="is followed by Next"):
        await rig.schedule.remove([series.break_id])
    assert len(made(rig, series)) == 2


async def test_a_plan_is_held_against_a_rule_weeks_ahead(rig: Rig) -> None:
    await rig.schedule.add(rule())
    for weeks in (0, 3):
        check = await rig.schedule.check(at(AT_2015 - NOON + weeks * 7 * DAY_S + 20, title="Promo"))
        (finding,) = check.findings
        assert "begins while Evening" in finding.text
        assert finding.fix is not None
        settled = await rig.schedule.check(finding.fix.plan)
        assert (settled.refusal, settled.findings) == ("", ())
    assert len(rig.schedule.list()) == 1


async def test_a_plan_that_would_be_refused_says_so_before_it_is_stored(rig: Rig) -> None:
    check = await rig.schedule.check(at(-5))
    assert "is past" in check.refusal


async def test_a_kept_conflict_is_told_again_when_it_is_another(rig: Rig) -> None:
    await rig.schedule.add(at(600, title="First", duration_s=60))
    second = await rig.schedule.add(at(630, title="Second"))
    (finding,) = await rig.schedule.conflicts()
    assert (finding.subject, finding.accepted) == (second.break_id, False)
    await rig.schedule.accept_conflict(second.break_id, finding.text)
    await rig.restart()
    assert [one.accepted for one in await rig.schedule.conflicts()] == [True]
    await rig.schedule.change(second.break_id, at(640, title="Second"))
    assert [one.accepted for one in await rig.schedule.conflicts()] == [False]


async def test_the_move_that_is_offered_skips_what_is_in_the_way(rig: Rig) -> None:
    await rig.schedule.add(at(600, title="First", duration_s=60))
    second = await rig.schedule.add(at(630, title="Second"))
    await rig.schedule.add(at(690, title="Third", duration_s=60))
    fix = next(one.fix for one in await rig.schedule.conflicts() if one.subject == second.break_id)
    assert fix is not None
    await rig.schedule.change(second.break_id, fix.plan)
    when = rig.now(second).when
    assert isinstance(when, At)
    assert when.at > NOON + 750
    assert all(second.break_id not in one.break_ids for one in await rig.schedule.conflicts())


async def test_a_break_that_is_sent_early_goes_out_with_its_whole_pre_roll(rig: Rig) -> None:
    one = await rig.schedule.add(at(600))
    early = await rig.schedule.send_early(one.break_id)
    assert early.planned_at is not None
    await rig.until(early.planned_at + 1)
    assert rig.now(one).state is BreakState.DONE
    assert early.planned_at < NOON + 20
    other = await rig.schedule.add(at(100))
    await rig.until(NOON + 92)
    with pytest.raises(OperatorError, match="as soon as it can"):
        await rig.schedule.send_early(other.break_id)


@pytest.mark.parametrize("suffix", ["csv", "json"])
async def test_a_day_that_is_exported_is_planned_alike_by_its_import(
    rig: Rig, tmp_path: Path, suffix: str
) -> None:
    series = await rig.schedule.add(rule())
    first = await rig.schedule.add(at(600, title="First"))
    await rig.schedule.add(at(0, when=After(break_id=first.break_id, offset_s=60), title="Then"))
    await rig.schedule.look()
    day = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
    path = tmp_path / f"day.{suffix}"
    wanted = [(one.planned_at, one.title) for one in rig.schedule.list() if not one.is_series]
    wanted = [one for one in wanted if (one[0] or 0) < day + DAY_S]
    assert await rig.schedule.export(path, day, day + DAY_S) == 3
    await rig.schedule.remove(
        [one.break_id for one in reversed(rig.schedule.list()) if one.series_id is None]
    )
    await rig.schedule.import_rows(await rig.schedule.preview_import(path))
    assert [(one.planned_at, one.title) for one in rig.schedule.list()] == wanted
    assert series.break_id not in {one.break_id for one in rig.schedule.list() if one.is_series}


async def test_a_day_to_come_is_exported_with_what_rules_will_make(rig: Rig, tmp_path: Path) -> None:
    series = await rig.schedule.add(rule())
    day = datetime(2026, 12, 24, tzinfo=UTC).timestamp()
    assert await rig.schedule.export(tmp_path / "day.csv", day, day + DAY_S) == 1
    assert await rig.schedule.export(tmp_path / "day.csv", day, day + DAY_S, [series.break_id + 1]) == 0


async def test_a_rule_goes_through_a_file_and_back(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(
        "stream,weekdays,local_time,time_zone,from_date,until_date,except_dates,duration\n"
        "News,mon-fri,20:15,Europe/Berlin,2026-12-01,2027-01-31,2026-12-24 2026-12-25,90\n"
        "News,funday,20:15,Europe/Berlin,,,,90\n"
        "News,daily,20:15,Mars/Base,,,,90\n"
        "News,daily,20:15,,,,,90\n"
    )
    preview = await rig.schedule.preview_import(path)
    (row,) = preview.good
    assert row.plan is not None
    assert isinstance(row.plan.when, Weekly)
    assert row.plan.when.words() == "Mon–Fri 20:15:00 Europe/Berlin until 31 Jan 2027 but 2 d"
    assert [one.error.partition(":")[0] for one in preview.bad] == [
        "weekdays 'funday'",
        "time zone 'Mars/Base' is not known on this machine",
        "a rule of weekdays needs a time_zone such as Europe/Berlin",
    ]
