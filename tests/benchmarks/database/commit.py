"""How long a cue takes to be on disk. Run it by hand: `python tests/benchmarks/database/commit.py [FOLDER]`.

Prints milliseconds per commit (median, 95 %, 99 %, worst) beside a bare write and fsync on the same disk, for
SQLite and for PostgreSQL on loopback, where one is installed (target: 99 % within 15 ms).
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AuditRecord

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
from postgresql_rig import TEMPLATE, free_port, postgres_server, programs

ROUNDS = 300
TOGETHER = 50
DRAFT = Cue(
    cue_id=0,
    stream_id="one",
    session_id=None,
    action=CueAction.TO_BREAK,
    state=CueState.REQUESTED,
    requested_by="benchmark",
    requested_at=0.0,
)
EVENT_IDS = EventIdRange(first=0x60000001, last=0x6FFFFFFF)


def report(what: str, seconds: list[float]) -> None:
    ordered = sorted(value * 1000 for value in seconds)
    print(
        f"{what:<46} median {statistics.median(ordered):6.2f}  "
        f"95 % {ordered[int(len(ordered) * 0.95)]:6.2f}  99 % {ordered[int(len(ordered) * 0.99)]:6.2f}  "
        f"worst {ordered[-1]:6.2f} ms"
    )


async def measure(what: str, work: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> None:
    seconds = []
    for _ in range(rounds):
        before = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - before)
    report(what, seconds)


def bare_fsync(folder: Path) -> None:
    seconds = []
    with (folder / "bare").open("wb", buffering=0) as file:
        for _ in range(ROUNDS):
            before = time.perf_counter()
            file.write(bytes(8192))
            os.fsync(file.fileno())
            seconds.append(time.perf_counter() - before)
    report("bare write of 8 kB and fsync", seconds)


def seal(cue: Cue) -> Cue:
    return cue.moved_to(CueState.ARMED, section_base64="/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAA==")


async def main(folder: Path) -> None:
    bare_fsync(folder)
    print("SQLite")
    await measure_all(folder / "benchmark.db")
    if programs() is None:
        print("no PostgreSQL here (Debian: apt-get install postgresql)")
        return
    with postgres_server(port=free_port()) as server:
        print("PostgreSQL on 127.0.0.1")
        await measure_all(server.create(TEMPLATE))


async def measure_all(address: DatabaseAddress) -> None:
    database = await Database.open(address)
    armed = iter([await database.cues.create(DRAFT, EVENT_IDS, seal) for _ in range(ROUNDS)])

    async def audit() -> None:
        await database.audit.write(AuditRecord(at=0.0, who="w", action="a", subject="s"))

    async def create() -> None:
        await database.cues.create(DRAFT, EVENT_IDS, seal)

    async def step() -> None:
        await database.cues.step(next(armed).moved_to(CueState.SENT, sent=1))

    async def many() -> None:
        await asyncio.gather(*(create() for _ in range(TOGETHER)))

    async def read() -> None:
        await database.cues.recent("one")

    await measure("audit line", audit)
    await measure("cue created, numbered, sealed", create)
    await measure("step of a cue", step)
    await measure(f"{TOGETHER} cues at once, all of them", many, rounds=10)
    await measure("50 recent cues read", read)
    await database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        asyncio.run(main(Path(name)))
