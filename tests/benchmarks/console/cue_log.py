"""How fast the cue log opens: run it by hand.

    QT_QPA_PLATFORM=offscreen .venv/bin/python tests/benchmarks/console/cue_log.py

Fills a database with 10,000 cues (or --cues N), then asks for all of them and for a word in their sections,
as the page does, and shows them in a real table. Printed: the read, which nobody waits for, and how long the
window itself is busy.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from PyQt6.QtWidgets import QApplication

from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.models.cues.log import CueLog, CueLogQuery
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.scte35 import encode, splice_insert, to_base64
from ibe100.ui.qt_models.cue_log_table import cue_columns
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.records.cue_log_page import WIDTHS
from ibe100.ui.widgets.tables import fit_columns, quiet_table

ROUNDS = 5
IDS = EventIdRange(first=0x60000001, last=0x6FFFFFFF)


def draft(number: int) -> Cue:
    return Cue(
        cue_id=0,
        stream_id=f"stream-{number % 8}",
        session_id=None,
        action=CueAction.TO_BREAK,
        state=CueState.REQUESTED,
        requested_by="benchmark",
        requested_at=time.time(),
        duration_s=60.0,
    )


def sealed(cue: Cue) -> Cue:
    assert cue.splice_event_id is not None
    section = encode(splice_insert(cue.splice_event_id, True, duration_pts=5_400_000))
    return cue.moved_to(CueState.ARMED, section_base64=to_base64(section))


async def read(folder: Path, count: int) -> tuple[dict[str, list[float]], CueLog]:
    database = await Database.open(folder / "ibe100.db")
    for first in range(0, count, 100):
        await asyncio.gather(
            *(database.cues.create(draft(n), IDS, sealed) for n in range(first, first + 100))
        )
    took: dict[str, list[float]] = {}
    log = await database.cues.log(CueLogQuery())
    word = log.cues[-1].section_base64[12:24]
    for name, query in (("all", CueLogQuery()), ("one by its bytes", CueLogQuery(text=word))):
        for _ in range(ROUNDS):
            began = time.perf_counter()
            found = await database.cues.log(query)
            took.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        print(f"{name}: {len(found.cues)} found")
    await database.close()
    return took, log


def shown_ms(log: CueLog) -> list[float]:
    application = QApplication([])
    model: KeyedTableModel[Cue] = KeyedTableModel(
        cue_columns(Column("Stream", lambda cue: cue.stream_id)), lambda cue: cue.cue_id
    )
    table = quiet_table(model, "Cue log")
    fit_columns(table, WIDTHS, len(WIDTHS) - 1)
    table.resize(1100, 600)
    table.show()
    application.processEvents()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        model.replace(log.cues)
        application.processEvents()
        took.append((time.perf_counter() - began) * 1000)
    return took


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cues", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        took, log = asyncio.run(read(Path(folder), options.cues))
    took["shown in the table"] = shown_ms(log)
    print(f"{options.cues} cues on record, median of {ROUNDS}:")
    for name, each in took.items():
        print(f"  {name:20s} {statistics.median(each):7.1f} ms")


if __name__ == "__main__":
    main()
