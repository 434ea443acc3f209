"""How long it takes to move 10,000 cues to a server: `python tests/benchmarks/database/migrate.py [CUES]`.

Prints seconds for the copy with its proof, for a backup of the server, and for the check of the chain there.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ibe100.database.backup.backups import make_backup
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.backup.store_copy import digests_of, migrate, reading
from ibe100.database.chain.check import check_records
from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.records.keys import RecordKeys, key_id_of
from ibe100.models.scte35_marker import Cue, CueAction, CueState

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "rigs"))
from postgresql_rig import TEMPLATE, free_port, postgres_server

KEY = b"k" * 32
KEYS = RecordKeys({key_id_of(KEY): KEY}, key_id_of(KEY))
IDS = EventIdRange(first=0x60000001, last=0x6FFFFFFF)
SECTION = "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAA=="
TOGETHER = 100
T = TypeVar("T")


async def fill(path: Path, cues: int) -> None:
    """Cues that were sent, seen and spliced, as a day makes them."""
    database = await Database.open(path, keys=KEYS)

    async def one(number: int) -> None:
        draft = Cue(
            cue_id=0,
            stream_id=f"stream-{number % 12}",
            session_id=None,
            action=CueAction.TO_BREAK,
            state=CueState.REQUESTED,
            requested_by="benchmark",
            requested_at=number * 1.1,
        )
        cue = await database.cues.create(
            draft, IDS, lambda made: made.moved_to(CueState.ARMED, section_base64=SECTION)
        )
        cue = await database.cues.step(cue.moved_to(CueState.SENT, sent=1))
        cue = await database.cues.step(cue.moved_to(CueState.SEEN, seen=1, seen_base64=SECTION))
        await database.cues.step(cue.moved_to(CueState.SPLICED))

    for first in range(0, cues, TOGETHER):
        await asyncio.gather(*(one(number) for number in range(first, min(first + TOGETHER, cues))))
    await database.close()


def timed(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    print(f"{what:<48} {time.perf_counter() - began:6.1f} s")
    return result


def digests(address: DatabaseAddress) -> object:
    with reading(address) as connection:
        return digests_of(connection)


def main(folder: Path, cues: int) -> None:
    path = folder / "ibe100.db"
    timed(f"{cues} cues recorded in a file", lambda: asyncio.run(fill(path, cues)))
    with postgres_server(port=free_port()) as server:
        target = server.create(TEMPLATE)
        copied = timed("copied to the server and proved", lambda: migrate(path, target))
        print(f"{sum(one.rows for one in copied)} rows, {path.stat().st_size / 1e6:.0f} MB")
        assert timed("digests of the file", lambda: digests(path)) == copied
        assert timed("digests of the server", lambda: digests(target)) == copied
        assert timed("chain of the server checked", lambda: check_records(target, KEYS, ())).is_intact
        pace = Pace(folder, rest=0, least_free=0)
        timed("backup of the server", lambda: make_backup(folder, folder / "b.tar.gz", pace, server=target))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
