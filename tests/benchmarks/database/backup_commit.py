"""How long a cue waits for its commit while a backup is made. Run it by hand:

    .venv/bin/python tests/benchmarks/database/backup_commit.py [--mb 500] [--folder FOLDER] [--rest 1.0]

Fills a database of so many MB, commits a cue every 50 ms without and with a backup running, and prints both,
with the time and size of the backup.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from commit import DRAFT, EVENT_IDS, seal

from ibe100.database.backup.process import BackupTask
from ibe100.database.database import Database
from ibe100.services.backup.backup_service import run_backup

INTERVAL_S = 0.05
QUIET_ROUNDS = 300


def fill(path: Path, megabytes: int) -> None:
    """Audit lines: half of each can be packed, as in a record of cues."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for _ in range(megabytes):
            rows = [(0.0, os.urandom(250).hex()) for _ in range(1900)]
            connection.executemany(
                "INSERT INTO audit (at, who, action, subject, detail) VALUES (?, 'w', 'a', 's', ?)", rows
            )
            connection.commit()
    os.sync()


def tell(what: str, seconds: list[float]) -> None:
    ordered = sorted(value * 1000 for value in seconds)
    p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.95, 0.99))
    print(
        f"{what:<28} {len(ordered):5d} cues  median {statistics.median(ordered):6.2f}  95 % {p95:6.2f}  "
        f"99 % {p99:6.2f}  worst {ordered[-1]:6.2f} ms",
        flush=True,
    )


async def commits(database: Database, until: asyncio.Task[object] | None) -> list[float]:
    seconds: list[float] = []
    while not until.done() if until is not None else len(seconds) < QUIET_ROUNDS:
        before = time.perf_counter()
        await database.cues.create(DRAFT, EVENT_IDS, seal)
        seconds.append(time.perf_counter() - before)
        await asyncio.sleep(INTERVAL_S)
    return seconds


async def main(folder: Path, megabytes: int, rest: float) -> None:
    path = folder / "ibe100.db"
    await (await Database.open(path)).close()
    fill(path, megabytes)
    database = await Database.open(path)
    tell("quiet", await commits(database, None))
    began = time.perf_counter()
    file = folder / "backups" / "one.tar.gz"
    job = asyncio.create_task(run_backup(BackupTask(data_dir=folder, file=file, rest=rest)))
    tell("while a backup is made", await commits(database, job))
    manifest = await job
    sizes = f"{manifest.members[0].size / 1e6:.0f} MB in {file.stat().st_size / 1e6:.0f} MB"
    print(f"backup: {time.perf_counter() - began:.1f} s, {sizes}")
    tell("quiet", await commits(database, None))
    await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=500)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rest", type=float, default=1.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        asyncio.run(main(Path(name), options.mb, options.rest))
