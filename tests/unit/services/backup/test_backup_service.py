"""Backups by themselves: when they are due, what is told of them, and that a kill leaves nothing behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.database.backup.backups import UNFINISHED, list_backups, unpack
from ibe100.database.backup.process import BackupTask
from ibe100.database.database import Database
from ibe100.models.backup import BackupPlan
from ibe100.models.errors import StorageError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.session import AuditRecord
from ibe100.services.alarms.catalogue import BACKUP_FAILED, BACKUP_OLD
from ibe100.services.alarms.rule import FALSE, AlarmRule, Judgement, Judgements
from ibe100.services.backup.backup_service import BackupService, is_due, run_backup

DAY_S, HOUR_S = 86_400.0, 3_600.0
NOON = 1_800_000_000.0 // DAY_S * DAY_S + DAY_S / 2
PATIENCE_S = 60.0


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (NOON, None, True),
        (NOON, NOON - 9 * HOUR_S, False),  # 03:00 of today
        (NOON, NOON - 9.1 * HOUR_S, True),  # the hour has come since
        (NOON - 11 * HOUR_S, NOON - 12 * HOUR_S, False),  # 01:00, the last is of 00:00
        (NOON - 9 * HOUR_S, NOON - 12 * HOUR_S, True),  # 03:00
        (NOON - 11 * HOUR_S, NOON - 36 * HOUR_S, True),  # a day old
        (NOON, NOON + 30 * DAY_S, True),  # made by a clock that was wrong
    ],
)
def test_a_backup_is_due_at_its_hour_and_when_the_last_is_a_day_old(
    now: float, last: float | None, due: bool
) -> None:
    assert is_due(now, last, 3) is due


@given(st.floats(0, 400 * DAY_S), st.integers(0, 23))
def test_no_day_goes_by_without_one_nor_with_three(since: float, hour: int) -> None:
    now = NOON + since
    assert not is_due(now, now, hour)
    assert is_due(now + DAY_S, now, hour)
    made, last = 0, now
    for step in range(48):
        at = now + step * HOUR_S
        if is_due(at, last, hour):
            made, last = made + 1, at
    assert 1 <= made <= 2


class Bench:
    """A service on a real database, and all it tells."""

    def __init__(self, data_dir: Path, database: Database, **plan: Any) -> None:
        self.messages: list[Message] = []
        self.alarms: dict[AlarmRule, Judgement] = {}
        self.database = database
        self.now = NOON
        self.service = BackupService(
            data_dir,
            BackupPlan(**plan),
            database,
            self.messages.append,
            self._judge,
            wall=lambda: self.now,
            first_look_s=0.05,
        )

    async def _judge(self, judgements: Judgements) -> None:
        self.alarms.update(judgements)

    def notices(self) -> list[str]:
        return [one.text for one in self.messages if isinstance(one, NoticePosted)]

    async def audit(self) -> list[str]:
        return [line.action for line in await self.database.audit.list()]


@asynccontextmanager
async def bench(tmp_path: Path, **plan: Any) -> AsyncIterator[Bench]:
    data_dir = tmp_path / "data"
    database = await Database.open(data_dir / "ibe100.db")
    one = Bench(data_dir, database, **plan)
    try:
        yield one
    finally:
        await one.service.close()
        await database.close()


async def until(ask: Any, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not ask():
        assert time.monotonic() < end, f"{what} did not come"
        await asyncio.sleep(0.02)


async def test_the_first_backup_comes_by_itself_and_the_next_at_its_hour(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        await one.service.open()
        await until(lambda: one.service.status().last is not None, "a backup")
        # Its age counts from the clock of the machine, which made it.
        first = one.service.status().last
        assert first is not None and first.manifest is not None
        unpack(first.path, tmp_path / "out")
        one.now = first.manifest.made_at + DAY_S
        await until(lambda: one.service.status().last != first, "the next backup")
        assert len(list_backups(one.service.folder)) == 2, "both were made within a day, and stay"
        assert (await one.audit()).count("backup made") == 2
        assert one.notices() == []
        assert [judgement.is_true for judgement in one.alarms.values()] == [False, False]


async def test_a_failure_is_told_once_and_alarmed_until_one_succeeds(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.write_text("a file where a folder should be")
    async with bench(tmp_path, folder=folder) as one:
        await one.service.open()
        await until(lambda: one.alarms.get(BACKUP_FAILED, FALSE).is_true, "an alarm")
        one.now += 1000
        while (await one.audit()).count("backup failed") < 2:
            await asyncio.sleep(0.02)
        assert len(one.notices()) == 1
        assert str(folder) in one.notices()[0]
        assert "backup.folder" in one.alarms[BACKUP_FAILED].value
        folder.unlink()
        one.now += 1000
        await until(lambda: not one.alarms[BACKUP_FAILED].is_true, "the end of the alarm")
        assert one.service.status().problem == ""


async def test_an_old_backup_is_an_alarm(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        await one.service.make()
        one.now = time.time() + 2.5 * DAY_S
        await one.service._tell_alarms()
        assert one.alarms[BACKUP_OLD].is_true
        assert "the newest is of" in one.alarms[BACKUP_OLD].value


async def test_backups_that_are_switched_off_are_no_alarm(tmp_path: Path) -> None:
    async with bench(tmp_path, enabled=False) as one:
        await one.service.open()
        await until(lambda: BACKUP_OLD in one.alarms, "a look")
        assert one.service.status().last is None
        assert [judgement.is_true for judgement in one.alarms.values()] == [False, False]
        await one.service.make(tmp_path / "mine.tar.gz", with_key=False)
        assert one.service.status().last is None, "one of the operator's own takes no place of a daily"
        assert (tmp_path / "mine.tar.gz").exists()


async def big_database(data_dir: Path) -> None:
    """20 MB: at a rest of ten seconds a second it takes long."""
    database = await Database.open(data_dir / "ibe100.db")
    record = AuditRecord(at=0.0, who="w", action="a", subject="s", detail="x" * 1_000_000)
    await asyncio.gather(*(database.audit.write(record) for _ in range(20)))
    await database.close()


async def test_a_backup_that_is_killed_leaves_the_last_good_one_and_no_litter_at_the_next_start(
    tmp_path: Path,
) -> None:
    await big_database(tmp_path / "data")
    async with bench(tmp_path) as one:
        good = await one.service.make()
        folder = one.service.folder
        slow = BackupTask(data_dir=tmp_path / "data", file=folder / "ibe100-20270101T000000Z.tar.gz", rest=10)
        job = asyncio.create_task(run_backup(slow))
        await until(lambda: (folder / UNFINISHED[0]).exists(), "a half-made copy")
        [process] = [
            child for child in psutil.Process().children() if "backup.process" in " ".join(child.cmdline())
        ]
        process.kill()
        with pytest.raises(StorageError, match="broken off"):
            await job
        assert (folder / UNFINISHED[0]).exists(), "it was killed in the middle"
        await one.service.open()
        assert [path.name for path in folder.iterdir()] == [good.path.name]
        assert one.service.status().last == good


async def test_a_backup_ends_with_the_console_and_puts_away_what_it_began(tmp_path: Path) -> None:
    await big_database(tmp_path / "data")
    folder = tmp_path / "backups"
    slow = BackupTask(data_dir=tmp_path / "data", file=folder / "one.tar.gz", rest=1)
    job = asyncio.create_task(run_backup(slow))
    await until(lambda: (folder / UNFINISHED[0]).exists(), "a half-made copy")
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    assert list(folder.iterdir()) == []
    assert [c for c in psutil.Process().children() if "backup.process" in " ".join(c.cmdline())] == []


async def test_the_age_of_the_last_one_is_among_the_figures_of_the_machine(tmp_path: Path) -> None:
    async with bench(tmp_path) as one:
        assert one.service.last_at() is None
        made = await one.service.make()
        assert made.manifest is not None
        assert one.service.last_at() == made.manifest.made_at
