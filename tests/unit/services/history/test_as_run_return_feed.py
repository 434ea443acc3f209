"""What the return feed said is part of the as-run log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from as_run_rig import NOON, SPLICED, log, text_of
from ibe100.database.database import Database
from ibe100.models.cues.as_run import AsRunFormat, AsRunRow
from ibe100.models.cues.return_receipt import ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue
from ibe100.services.history.as_run_columns import COLUMNS, records_of
from ibe100.services.history.as_run_export import export, verify
from ibe100.services.history.as_run_log import AsRunService

BACK = ReturnReceipt(
    cue_id=1,
    stream_id="one",
    state=ReturnState.SEEN,
    left_at=NOON + 0.36,
    ends_at=NOON + 120.36,
    expected=3,
    seen=3,
    seen_at=NOON + 31.56,
    seen_base64="/DAA",
    splice_pid=0x321,
    pre_roll_ms=7938.0,
)
LOST = ReturnReceipt(
    cue_id=2,
    stream_id="one",
    state=ReturnState.MISSING,
    cause=ReturnCause.PID_GONE,
    reason="the cue PID is gone from the PMT",
    left_at=NOON + 60,
    ends_at=NOON + 180,
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "ibe100.db")
    yield database
    await database.close()


async def stored(database: Database, receipt: ReturnReceipt) -> Cue:
    cue = await database.cues.create(SPLICED.model_copy(update={"session_id": None}))
    await database.return_receipts.save(receipt.model_copy(update={"cue_id": cue.cue_id}))
    return cue


def test_a_row_says_when_and_on_which_pid_it_came_back_or_why_it_did_not() -> None:
    seen, lost, unwatched = records_of((AsRunRow(SPLICED, "One", one) for one in (BACK, LOST, None)), COLUMNS)
    assert [seen[name] for name in seen if name.startswith("return_")] == [
        *("SEEN", "2026-11-22T12:00:31.560Z", 31.2, 3, 3, 0x321, 7938.0, "", "/DAA")
    ]
    assert (lost["return_state"], lost["return_seen"]) == ("MISSING", 0)
    assert lost["return_reason"] == "the cue PID is gone from the PMT"
    assert {unwatched[name] for name in seen if name.startswith("return_")} == {"", None}


@pytest.mark.parametrize("kind", [AsRunFormat.CSV, AsRunFormat.JSON])
def test_it_is_exported_and_reads_back_intact(kind: AsRunFormat) -> None:
    content, digest = export(log(AsRunRow(SPLICED, "One", BACK), AsRunRow(SPLICED, "One", LOST)), kind)
    check = verify(content)
    assert (check.is_changed, check.computed, check.rows) == (False, digest, 2)
    assert b"the cue PID is gone from the PMT" in content


def test_the_pdf_says_it_below_the_cue() -> None:
    content, _ = export(log(AsRunRow(SPLICED, "One", BACK), AsRunRow(SPLICED, "One", LOST)), AsRunFormat.PDF)
    words = " ".join(text_of(content).split())
    assert "return feed: SEEN 3/3 +31.2 s" in words
    assert "return feed: MISSING 0/1: the cue PID is gone from the PMT" in words


async def test_receipts_are_on_record_and_come_with_the_days_cues(database: Database) -> None:
    first, second = await stored(database, BACK), await stored(database, LOST)
    unwatched = await database.cues.create(SPLICED.model_copy(update={"session_id": None}))
    day = datetime.fromtimestamp(NOON, UTC).date()
    rows = (await AsRunService(database.as_run).log(day)).rows
    came_back = {row.cue.cue_id: row.came_back for row in rows}
    assert came_back == {
        first.cue_id: BACK.model_copy(update={"cue_id": first.cue_id}),
        second.cue_id: LOST.model_copy(update={"cue_id": second.cue_id}),
        unwatched.cue_id: None,
    }


async def test_what_is_still_awaited_is_taken_up_by_the_next_console(database: Database) -> None:
    await stored(database, BACK)
    waiting = await stored(database, LOST.model_copy(update={"state": ReturnState.WAITING}))
    assert [one.cue_id for one in await database.return_receipts.open(NOON + 10_000)] == [waiting.cue_id]
    assert len(await database.return_receipts.open(NOON + 100)) == 2, "its repeats may still come"
