"""How long the as-run log of a day of 10,000 cues takes: `python tests/benchmarks/cues/as_run.py [FOLDER]`.

Prints milliseconds to open the log (target: under 300; on a loaded machine see those it was busy), to export
it in each format and to open it from the command line; the record also holds 90,000 cues of other days.
"""

from __future__ import annotations

import asyncio
import base64
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import insert

from ibe100.database.database import Database
from ibe100.database.sql.handles import columns_of
from ibe100.database.sql.schema import CueRow, table_of
from ibe100.database.sql.sqlite import sqlite_url, writing_engine
from ibe100.models.cues.as_run import AsRunFormat
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueState
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from ibe100.services.history.as_run import day_range
from ibe100.services.history.as_run_log import AsRunService
from ibe100.utils.lasting_heap import lasting_heap

DAY = date(2026, 11, 22)
CUES_OF_DAY = 10_000
DAYS = 10
ROUNDS = 9
TARGET_MS = 300.0
BREAKS_MS = 1000.0


def cues(stream_id: str, session_id: int) -> Iterator[Cue]:
    """As they end on a stream at 25 frames/s, every 8.64 s."""
    first = day_range(DAY)[0] - (DAYS - 1) * 86_400
    for number in range(CUES_OF_DAY * DAYS):
        asked_at = first + number * 86_400 / CUES_OF_DAY
        out = number % 2 == 0
        pts = int(asked_at * 90_000) % 2**33
        section = encode(
            splice_insert(number + 1, out, pts_time=pts, duration_pts=2_700_000 if out else None)
        )
        text = base64.b64encode(section).decode()
        yield Cue(
            cue_id=0,
            stream_id=stream_id,
            session_id=session_id,
            action=CueAction.TO_BREAK if out else CueAction.BACK_TO_PROGRAMME,
            state=CueState.SPLICED,
            requested_by="benchmark",
            requested_at=asked_at,
            splice_event_id=number + 1,
            duration_s=30.0 if out else None,
            returns=BreakEnd.HAND if out else None,
            pre_roll_s=6.0,
            pts_time=pts,
            splice_at=asked_at + 6.32,
            section_base64=text,
            sent=3,
            sent_expected=3,
            sent_at=asked_at + 0.004,
            seen=3,
            seen_base64=text,
            seen_at=asked_at + 0.37,
            latency_ms=366.0,
            pre_roll_ms=5949.5,
            seen_pts=(pts - 535_455) % 2**33,
            frame_pts=3600.0,
        )


async def fill(path: Path) -> None:
    """Past the writer, which commits each cue: the log only reads."""
    database = await Database.open(path)
    session = await database.sessions.start(
        stream_id="one", stream_name="One", engine="e", command="c", started_at=0.0
    )
    await database.close()
    rows = [columns_of(cue, "cue_id") for cue in cues("one", session.session_id)]
    engine = writing_engine(sqlite_url(path))
    with engine.begin() as connection:
        connection.execute(insert(table_of(CueRow)), rows)
    engine.dispose()


async def main(folder: Path) -> None:
    await fill(folder / "ibe100.db")
    database = await Database.open(folder / "ibe100.db")
    as_run = AsRunService(database.as_run)
    opened, busy = [], []
    with lasting_heap():  # as in a console
        for _ in range(ROUNDS):
            before, busy_before = time.perf_counter(), time.process_time()
            log = await as_run.log(DAY)
            opened.append((time.perf_counter() - before) * 1000)
            busy.append((time.process_time() - busy_before) * 1000)
    assert len(log.rows) == CUES_OF_DAY
    verdict = "within" if max(opened) < TARGET_MS else "MISSED"
    print(f"{'a day of 10,000 cues opened':<34} median {statistics.median(opened):7.0f}", end="")
    print(f"  worst {max(opened):7.0f} ms ({verdict} {TARGET_MS:.0f} ms)", end="")
    print(f"  of which busy: median {statistics.median(busy):.0f} ms")
    taken = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        breaks = await as_run.breaks(DAY, 1, "UTC")
        taken.append((time.perf_counter() - before) * 1000)
    assert len(breaks.rows) == CUES_OF_DAY // 2
    print(f"{'the same day by break':<34} median {statistics.median(taken):7.0f}", end="")
    print(f"  worst {max(taken):7.0f} ms (target under {BREAKS_MS:.0f} ms)")
    for kind in AsRunFormat:
        path = folder / f"log.{kind}"
        before = time.perf_counter()
        digest = await as_run.export(log, kind, path)
        took_ms = (time.perf_counter() - before) * 1000
        print(f"{'exported as ' + kind:<34} {took_ms:14.0f} ms  {path.stat().st_size / 1e6:6.1f} MB")
    before = time.perf_counter()
    command = [sys.executable, "-m", "ibe100.cli.main", "asrun", "--day", str(DAY), "--format", "json"]
    out = await asyncio.to_thread(
        subprocess.run, [*command, "--data-dir", str(folder)], check=True, capture_output=True
    )
    print(f"{'./run asrun beside it, as JSON':<34} {(time.perf_counter() - before) * 1000:14.0f} ms")
    assert digest.encode() in out.stdout
    await database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        asyncio.run(main(Path(name)))
