"""The metrics file: what is recorded is read back at any resolution, and no fault of it stops anything."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from ibe100.database.metrics import writer as metrics_writer
from ibe100.database.metrics.schema import MINUTES, QUARTERS, RAW
from ibe100.database.metrics_store import MetricsStore
from ibe100.models.metrics import ChangeKind, Kind, Series, StreamChange

BITRATE = Series(Kind.BITRATE)
CC = Series(Kind.CONTINUITY_ERRORS, 0x100)
T0 = 1_800_000_000 // 86_400 * 86_400.0
"""Midnight UTC."""
Open = Callable[[], MetricsStore]


class Clock:
    """Wall time, moved by the test."""

    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> float:
        return self.now


class Stores:
    """Stores whose writer does a turn when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "metrics.db"
        self.clock = Clock()
        self.notices: list[str] = []
        self.opened: list[MetricsStore] = []

    def open(self) -> MetricsStore:
        store = MetricsStore(self.file, self.notices.append, wall=self.clock)
        self.turn(store)
        store._writer.ready.set()
        self.opened.append(store)
        return store

    def turn(self, store: MetricsStore) -> None:
        """All that the thread does in five seconds."""
        store._writer.turn()

    async def close(self, store: MetricsStore) -> None:
        store._writer.turn(everything=True)
        store._writer._dispose()
        store._reader.close()
        store._engine.dispose()
        self.opened.remove(store)

    def record(self, store: MetricsStore, seconds: range, value: Callable[[int], float]) -> None:
        for second in seconds:
            store.record("s1", T0 + second, {BITRATE: value(second), CC: second % 60 == 0})

    def pass_to(self, store: MetricsStore, second: float) -> None:
        """Time goes on, and the writer does what is due."""
        self.clock.now = T0 + second
        self.turn(store)

    def rows(self, query: str) -> list[tuple[int, ...]]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Stores]:
    found = Stores(tmp_path)
    yield found
    for store in list(found.opened):
        await found.close(store)


async def test_what_was_just_recorded_is_read_back_before_it_is_stored(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(30), lambda s: 1000.0 * s)
    stores.clock.now = T0 + 30
    (curve,) = await store.curves(["s1"], [BITRATE], T0, T0 + 30, 30)
    assert curve.step_s == 1
    assert curve.at == tuple(T0 + s for s in range(30))
    assert curve.mean == tuple(1000.0 * s for s in range(30))
    assert not stores.rows("SELECT * FROM chunks")


async def test_a_minute_is_one_row_and_reads_the_same(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(60), lambda s: 1000.0 * s)
    stores.pass_to(store, 66)
    assert stores.rows("SELECT step_s, starts_at FROM chunks") == [(1, int(T0))]
    bitrate, errors = await store.curves(["s1"], [BITRATE, CC], T0, T0 + 60, 60)
    assert bitrate.mean == tuple(1000.0 * s for s in range(60))
    assert sum(errors.mean) == 1


async def test_seconds_without_a_sample_are_gaps(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(0, 60, 20), lambda s: 5.0e6)
    stores.pass_to(store, 66)
    (curve,) = await store.curves(["s1"], [BITRATE], T0, T0 + 60, 60)
    assert [place for place, value in enumerate(curve.mean) if not math.isnan(value)] == [0, 20, 40]


async def test_coarser_points_keep_lowest_and_highest_and_add_up_errors(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(600), lambda s: 9e6 if s == 301 else 1e6)
    stores.pass_to(store, 666)
    bitrate, errors = await store.curves(["s1"], [BITRATE, CC], T0, T0 + 600, 10)
    assert bitrate.step_s == 60
    assert max(bitrate.high) == 9e6
    assert bitrate.low == (1e6,) * 10
    assert bitrate.mean[5] == pytest.approx((59 * 1e6 + 9e6) / 60, abs=50)
    assert errors.mean == (1.0,) * 10


async def test_an_hour_is_rolled_up_and_every_resolution_tells_the_same(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(0, 7200, 5), lambda s: 2e6 + 1000 * (s % 60))
    stores.pass_to(store, 7200 + 300)
    assert dict(stores.rows("SELECT step_s, count(*) FROM chunks GROUP BY step_s")) == {1: 120, 60: 2, 900: 1}
    raw_bitrate, raw_errors = await store.curves(["s1"], [BITRATE, CC], T0, T0 + 7200, 7200)
    for points, step_s in ((100, 120), (8, 900), (2, 3600)):
        bitrate, errors = await store.curves(["s1"], [BITRATE, CC], T0, T0 + 7200, points)
        assert bitrate.step_s == step_s
        assert sum(errors.mean) == sum(v for v in raw_errors.mean if not math.isnan(v)) == 120
        assert max(bitrate.high) == max(v for v in raw_bitrate.high if not math.isnan(v))
        assert bitrate.mean[0] == pytest.approx(2e6 + 27_500, abs=100)


async def test_the_running_hour_is_part_of_a_long_range(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(0, 3600 + 1800, 10), lambda s: 3e6)
    stores.pass_to(store, 3600 + 1800)
    (curve,) = await store.curves(["s1"], [BITRATE], T0 - 86_400, T0 + 5400, 100)
    assert curve.step_s == 1800
    assert [value for value in curve.mean if not math.isnan(value)] == [3e6] * 3


async def test_samples_go_after_two_days_and_minutes_stay(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(120), lambda s: 3e6)
    stores.pass_to(store, 3 * 3600)
    stores.pass_to(store, RAW.keep_s + 7200)
    assert dict(stores.rows("SELECT step_s, count(*) FROM chunks GROUP BY step_s")) == {60: 1, 900: 1}
    (curve,) = await store.curves(["s1"], [BITRATE], T0, T0 + 120, 120)
    assert (curve.step_s, curve.mean) == (60, (3e6, 3e6))
    stores.pass_to(store, MINUTES.keep_s + 7200)
    stores.pass_to(store, QUARTERS.keep_s + 2 * 86_400)
    assert not stores.rows("SELECT * FROM chunks")


async def test_a_console_that_starts_within_a_minute_adds_to_it(stores: Stores) -> None:
    first = stores.open()
    stores.record(first, range(20), lambda s: 1e6)
    await stores.close(first)
    second = stores.open()
    stores.record(second, range(20, 60), lambda s: 2e6)
    stores.pass_to(second, 70)
    (curve,) = await second.curves(["s1"], [BITRATE], T0, T0 + 60, 60)
    assert curve.mean == (1e6,) * 20 + (2e6,) * 40


async def test_an_hour_is_rolled_up_again_when_the_clock_was_set_back(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(60), lambda s: 1e6)
    stores.pass_to(store, 3600 + 200)
    stores.clock.now = T0 + 1800
    stores.record(store, range(1800, 1860), lambda s: 5e6)
    stores.pass_to(store, 1900)
    stores.pass_to(store, 3600 + 300)
    (curve,) = await store.curves(["s1"], [BITRATE], T0, T0 + 3600, 1)
    assert curve.high == (5e6,)
    assert curve.mean == (3e6,)


async def test_a_damaged_file_is_set_aside_and_a_fresh_one_begun(stores: Stores) -> None:
    stores.file.write_bytes(b"this is no database at all, not in the least" * 100)
    store = stores.open()
    stores.record(store, range(60), lambda s: 1e6)
    stores.pass_to(store, 66)
    assert "set aside as metrics.db.damaged-" in stores.notices[0]
    assert len(list(stores.file.parent.glob("metrics.db.damaged-*"))) >= 1
    assert len(await store.curves(["s1"], [BITRATE], T0, T0 + 60)) == 1


async def test_a_file_of_another_version_is_set_aside(stores: Stores) -> None:
    await stores.close(stores.open())
    with closing(sqlite3.connect(stores.file)) as connection:
        connection.execute("UPDATE marks SET value = 99 WHERE name = 'format'")
        connection.commit()
    store = stores.open()
    assert "format 99" in stores.notices[0]
    stores.turn(store)
    assert stores.rows("SELECT value FROM marks WHERE name = 'format'") == [(1,)]


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_file_that_is_taken_away_while_it_is_open_is_begun_afresh(
    stores: Stores, is_replaced: bool
) -> None:
    store = stores.open()
    stores.record(store, range(60), lambda s: 1e6)
    stores.pass_to(store, 66)
    assert 1e6 in (await store.curves(["s1"], [BITRATE], T0, T0 + 60))[0].mean
    for file in stores.file.parent.glob("metrics.db*"):
        file.unlink()
    if is_replaced:
        sqlite3.connect(stores.file).close()
    stores.record(store, range(60, 120), lambda s: 2e6)
    stores.pass_to(store, 126)
    assert any("is gone" in text for text in stores.notices)
    assert stores.rows("SELECT count(*) FROM chunks") == [(1,)]
    (curve,) = await store.curves(["s1"], [BITRATE], T0, T0 + 120)
    assert {value for value in curve.mean if not math.isnan(value)} == {2e6}
    assert store.health().problem == ""


async def test_what_cannot_be_written_waits_is_told_once_and_is_written_later(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(60), lambda s: 1e6)
    with closing(sqlite3.connect(stores.file)) as other:
        other.execute("PRAGMA busy_timeout=0")
        other.execute("BEGIN IMMEDIATE")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ibe100.database.sql.sqlite.BUSY_TIMEOUT_MS", 1)
            store._writer._dispose()
            stores.pass_to(store, 66)
            stores.pass_to(store, 71)
        other.rollback()
    assert len(stores.notices) == 1
    assert "another program holds it locked" in stores.notices[0]
    assert store.health().problem
    stores.pass_to(store, 76)
    assert stores.notices[1:] == ["Metrics are recorded again."]
    assert store.health().problem == ""
    (curve,) = await store.curves(["s1"], [BITRATE], T0, T0 + 60, 60)
    assert curve.mean == (1e6,) * 60


async def test_minutes_that_could_not_be_written_for_long_are_dropped_and_counted(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores.open()

    def fail() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store._writer, "_open", fail)
    stores.record(store, range(60), lambda s: 1e6)
    stores.pass_to(store, metrics_writer.GIVE_UP_AFTER_S + 61)
    assert store.health().dropped == 120
    assert "No space left on device" in stores.notices[0]


async def test_a_queue_without_room_drops_and_counts(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_writer, "MOST_SAMPLES", 10)
    store = stores.open()
    stores.record(store, range(60), lambda s: 1e6)
    assert (store.health().dropped, store.health().recorded) == (100, 0)


async def test_values_that_are_no_numbers_are_dropped(stores: Stores) -> None:
    store = stores.open()
    store.record("s1", T0, {BITRATE: math.nan, CC: math.inf})
    assert await store.curves(["s1"], [BITRATE, CC], T0, T0 + 60) == ()
    assert store.health().dropped == 2


async def test_the_series_of_a_range_are_told(stores: Stores) -> None:
    store = stores.open()
    stores.record(store, range(60), lambda s: 1e6)
    stores.pass_to(store, 66)
    store.record("s1", T0 + 90, {Series(Kind.PCR_INTERVAL, 0x100): 35.0})
    assert await store.series("s1", T0, T0 + 60) == (BITRATE, CC)
    assert await store.series("s1", T0, T0 + 120) == (BITRATE, CC, Series(Kind.PCR_INTERVAL, 0x100))
    assert await store.series("s2", T0, T0 + 120) == ()


async def test_changes_of_a_stream_are_kept_in_order(stores: Stores) -> None:
    store = stores.open()
    for at in (3.0, 1.0, 2.0):
        change = StreamChange(stream_id="s1", at=T0 + at, kind=ChangeKind.PMT, text=f"PMT 1: at {at:g}")
        store.record_change(change)
    stores.turn(store)
    assert [change.text for change in await store.changes("s1", T0, T0 + 3)] == ["PMT 1: at 1", "PMT 1: at 2"]


async def test_the_thread_stores_what_is_left_when_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    store = MetricsStore(path, lambda text: None)
    store.start()
    store.record("s1", T0, {BITRATE: 1e6})
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM chunks").fetchone() == (1,)


async def test_reading_waits_until_the_file_is_open(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path / "metrics.db", lambda text: None)
    reading = asyncio.create_task(store.curves(["s1"], [BITRATE], T0, T0 + 60))
    await asyncio.sleep(0)
    store.start()
    assert await reading == ()
    await store.close()
