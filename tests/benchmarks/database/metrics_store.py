"""What keeping measurements costs. Run it by hand:

    .venv/bin/python tests/benchmarks/database/metrics_store.py [FOLDER]

Prints bytes and CPU for 64 streams × 40 series × 1 Hz (an hour is really written, the day extrapolated), how
long a cue's commit takes beside it, and how long curves over 30 days × 16 streams take to read.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
from commit import DRAFT, EVENT_IDS, report, seal

from ibe100.database.database import Database
from ibe100.database.metrics import keeper as metrics_keeper
from ibe100.database.metrics.chunk import Chunk
from ibe100.database.metrics.schema import HOUR_S, MINUTES, QUARTERS, RAW, Tier
from ibe100.database.metrics_store import MetricsStore
from ibe100.database.sql.sqlite import sqlite_url, writing_engine
from ibe100.models.metrics import CHECKS, Kind, Series

STREAMS, SHOWN, DAYS = 64, 16, 30
DAY_S = 86_400
START = 1_800_000_000 // DAY_S * DAY_S
NOISY = (
    Series(Kind.BITRATE),
    Series(Kind.NULL_BITRATE),
    Series(Kind.SERVICE_BITRATE, 1),
    *(Series(Kind.TYPE_BITRATE, place) for place in (0, 1, 4)),
    *(Series(Kind.PID_BITRATE, pid) for pid in (0, 17, 256, 257, 258, 500, 4096, 8191)),
    Series(Kind.PCR_INTERVAL, 256),
    Series(Kind.PTS_INTERVAL, 256),
    Series(Kind.PTS_MINUS_PCR),
    Series(Kind.PCR_OFFSET),
    Series(Kind.PROCESS_CPU),
    Series(Kind.PROCESS_MEMORY),
)
QUIET = tuple(Series(Kind.TR_101_290, place) for place in range(40 - len(NOISY)))
assert len(QUIET) <= len(CHECKS)
Samples = list[Mapping[Series, float]]


class Clock:
    """Wall time as fast as the benchmark goes."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def second_of_a_stream(random: np.random.Generator) -> Mapping[Series, float]:
    """Bitrates of 5 Mb/s ± 3 %, timings ± 10 %, one error in a thousand counters."""
    noise = random.normal(0, 1, len(NOISY))
    values: dict[Series, float] = {}
    for series, one in zip(NOISY, noise, strict=True):
        values[series] = 5e6 * (1 + 0.03 * one) if series.kind.unit == "b/s" else 100 * (1 + 0.1 * one)
    errors = random.random(len(QUIET)) < 0.001
    values.update(zip(QUIET, errors.astype(float).tolist(), strict=True))
    return values


def measure_writing(folder: Path) -> None:
    random = np.random.default_rng(1)
    samples: Samples = [second_of_a_stream(random) for _ in range(600)]
    clock = Clock(float(START))
    file = folder / "hour.db"
    store = MetricsStore(file, print, wall=clock)
    writer = store._writer
    writer.turn()
    taking_s = storing_s = 0.0
    for second in range(HOUR_S):
        clock.now = START + second
        before = time.process_time()
        for stream in range(STREAMS):
            store.record(f"stream-{stream}", clock.now, samples[(second * 7 + stream * 13) % len(samples)])
        between = time.process_time()
        taking_s += between - before
        if second % 5 == 4:
            writer.turn()
            storing_s += time.process_time() - between
    raw_bytes = _size(file)
    before = time.process_time()
    clock.now = START + HOUR_S + 300
    writer.turn()
    rolling_s = time.process_time() - before
    writer.turn(everything=True)
    writer._dispose()
    rolled_bytes = _size(file) - raw_bytes
    day = 24 / 1e6
    print(
        f"{STREAMS} streams × 40 series × 1 Hz: {raw_bytes * day:.0f} MB of samples a day, "
        f"{rolled_bytes * day:.0f} MB of roll-ups a day; dropped {store.health().dropped}"
    )
    percent = 100 / HOUR_S  # of a core, per second of CPU in this hour
    print(
        f"CPU of a core: taking {taking_s * percent:.2f} %, sorting and storing {storing_s * percent:.2f} %, "
        f"rolling up {rolling_s * percent:.2f} % ({rolling_s:.1f} s an hour)"
    )
    store._reader.close()
    store._engine.dispose()


def _size(file: Path) -> int:
    """Of the file, with all that lay in its WAL."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file.stat().st_size


async def measure_commits(folder: Path) -> None:
    database = await Database.open(folder / "ibe100.db")
    random = np.random.default_rng(2)
    samples: Samples = [second_of_a_stream(random) for _ in range(200)]
    clock = Clock(float(START))
    store = MetricsStore(folder / "beside.db", print, wall=clock)

    async def commits(what: str, rounds: int, *, beside: bool) -> None:
        seconds = []
        for turn in range(rounds):
            if beside:  # a second of all streams every 20 ms: fifty times as fast as on air
                clock.now += 1
                for stream in range(STREAMS):
                    store.record(f"stream-{stream}", clock.now, samples[(turn + stream) % len(samples)])
            before = time.perf_counter()
            await database.cues.create(DRAFT, EVENT_IDS, seal)
            seconds.append(time.perf_counter() - before)
            await asyncio.sleep(0.02)
        report(what, seconds)

    await commits("cue committed, no metrics", 300, beside=False)
    store.start()
    await commits("cue committed, metrics at 50 times the rate", 600, beside=True)
    await store.close()
    await database.close()


def month(file: Path) -> None:
    """30 days of 16 streams at both coarser resolutions, and the hour that is not rolled up yet."""
    engine = writing_engine(sqlite_url(file), durable=False)
    random = np.random.default_rng(3)
    numbers = np.array(sorted(series.number for series in (*NOISY, *QUIET)), np.int64)
    end = START + DAYS * DAY_S

    def chunk(tier: Tier) -> Chunk:
        shape = (len(numbers), tier.points)
        value = random.normal(50_000, 1500, shape).astype(np.int64)
        spread = random.integers(100, 3000, shape)
        return Chunk(numbers, np.full(shape, tier.step_s), value, value - spread, value + spread)

    with engine.begin() as connection:
        metrics_keeper.make_ready(connection)
        for tier in (MINUTES, QUARTERS, RAW):
            begins = end if tier is RAW else START
            until = end + HOUR_S - tier.span_s if tier is RAW else end
            made = [chunk(tier) for _ in range(20)]
            for number, start in enumerate(range(begins, until, tier.span_s)):
                for stream in range(SHOWN):
                    part = made[(number * 3 + stream) % len(made)]
                    metrics_keeper._put(connection, tier, f"stream-{stream}", start, part)
        metrics_keeper.hour_is_rolled_up(connection, end - HOUR_S)
    engine.dispose()


async def measure_reading(folder: Path) -> None:
    file = folder / "month.db"
    month(file)
    end = START + DAYS * DAY_S + HOUR_S - 60
    store = MetricsStore(file, print, wall=lambda: float(end))
    store._writer.ready.set()
    print(f"file of {DAYS} days × {SHOWN} streams: {_size(file) / 1e6:.0f} MB")
    streams = [f"stream-{stream}" for stream in range(SHOWN)]
    one = [Series(Kind.BITRATE)]
    six = [*NOISY[:6]]
    for what, ids, series, length_s in (
        ("30 days × 16 streams, one series", streams, one, DAYS * DAY_S),
        ("7 days × 16 streams, one series", streams, one, 7 * DAY_S),
        ("24 hours × 16 streams, one series", streams, one, DAY_S),
        ("6 hours × 16 streams, one series", streams, one, 6 * HOUR_S),
        ("1 hour × 16 streams, one series", streams, one, HOUR_S),
        ("30 days × 1 stream, six series", streams[:1], six, DAYS * DAY_S),
        ("1 hour × 1 stream, six series", streams[:1], six, HOUR_S),
    ):
        seconds, cpu_s, points = [], 0.0, 0
        for _ in range(5):
            before, cpu = time.perf_counter(), time.process_time()
            found = await store.curves(ids, series, end - length_s, end)
            seconds.append(time.perf_counter() - before)
            cpu_s += time.process_time() - cpu
            points = sum(len(curve.at) for curve in found)
        report(f"{what} ({points} points)", seconds)
        print(f"{'':<46} CPU {cpu_s / len(seconds) * 1000:.0f} ms")
    store._reader.close()
    store._engine.dispose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        measure_writing(Path(name))
        asyncio.run(measure_commits(Path(name)))
        asyncio.run(measure_reading(Path(name)))
