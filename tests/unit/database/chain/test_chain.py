"""Every change of what is on record is found and named, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibe100.database.chain.check import check_records
from ibe100.database.chain.covered import COVERED, CUE
from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.database.sql.schema import Base
from ibe100.models.clips.clip import Clip, ClipSide
from ibe100.models.cues.return_receipt import ReturnReceipt, ReturnState
from ibe100.models.records.check import RecordAnchor, RecordCheck
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.records.keys import RecordKeys, key_id_of
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AuditRecord
from postgresql_rig import rows

KEY, OTHER = b"k" * 32, b"o" * 32
KEYS = RecordKeys({key_id_of(KEY): KEY}, key_id_of(KEY))
IDS = EventIdRange(first=100, last=199)
OF_A_FILE = pytest.mark.parametrize("address", ["SQLite"], indirect=True)
"""A server keeps each column to its type."""


def seal(cue: Cue) -> Cue:
    return cue.moved_to(CueState.ARMED, section_base64="AAAA")


@pytest.fixture
async def path(address: DatabaseAddress) -> DatabaseAddress:
    """A database with a session, two cues, a receipt and four audit lines."""
    database = await Database.open(address, keys=KEYS)
    session = await database.sessions.start(
        stream_id="a", stream_name="A", engine="minitsp", command="tsp", started_at=1.5
    )
    draft = Cue(
        cue_id=0,
        stream_id="a",
        session_id=session.session_id,
        action=CueAction.TO_BREAK,
        state=CueState.REQUESTED,
        requested_by="anna",
        requested_at=5.0,
        duration_s=20.0,
    )
    for _ in range(2):
        cue = await database.cues.create(draft, IDS, seal)
        cue = await database.cues.step(cue.moved_to(CueState.SENT, sent=1))
    receipt = ReturnReceipt(
        cue_id=1, stream_id="a", state=ReturnState.WAITING, left_at=5.0, ends_at=9.0, expected=3
    )
    await database.return_receipts.save(receipt)
    await database.return_receipts.save(receipt.model_copy(update={"state": ReturnState.SEEN, "seen": 3}))
    for number in range(4):
        await database.audit.write(
            AuditRecord(at=number + 0.25, who="w", action=f"act {number}", subject="s")
        )
    await database.close()
    return address


def change(path: DatabaseAddress, *statements: str) -> None:
    rows(path, *statements)


def head(path: DatabaseAddress) -> RecordAnchor:
    (row,) = rows(path, "SELECT link_id, mac, at FROM record_links ORDER BY link_id DESC LIMIT 1")
    return RecordAnchor(link=row[0], mac=row[1].hex(), at=row[2], source="audit.log")


def found(path: DatabaseAddress, *anchors: RecordAnchor) -> RecordCheck:
    return check_records(path, KEYS, anchors)


async def test_a_record_that_nobody_touched_is_intact(path: DatabaseAddress) -> None:
    check = found(path, head(path))
    assert check.is_intact, check
    assert [words.partition(": ")[2] for words in check.seams] == ["the chain begins"]
    assert check.links == 14


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit SET who = 'x' WHERE audit_id = 2", "audit line 2, "),
        ("UPDATE audit SET at = at + 60 WHERE audit_id = 2", "audit line 2, "),
        ("UPDATE cues SET idr_offset_ms = 0 WHERE cue_id = 2", "cue 2, "),
        ("UPDATE cues SET duration_s = 60 WHERE cue_id = 1", "cue 1, "),
        ("UPDATE cues SET requested_by = 'bob' WHERE cue_id = 2", "cue 2, "),
        ("UPDATE cue_steps SET at = 0 WHERE cue_id = 2 AND step = 3", "step 3 of cue 2, "),
        ("UPDATE sessions SET stream_name = 'B'", "session 1, "),
        ("UPDATE return_receipts SET seen = 2", "receipt of cue 1, "),
    ],
)
async def test_an_edited_row_is_named(path: DatabaseAddress, statement: str, words: str) -> None:
    change(path, statement)
    (fault,) = found(path, head(path)).faults
    assert fault.startswith(words)
    assert fault.endswith("was changed")


@OF_A_FILE
async def test_bytes_in_the_place_of_text_are_named(path: DatabaseAddress) -> None:
    change(path, "UPDATE audit SET who = x'ff00' WHERE audit_id = 1")
    (fault,) = found(path, head(path)).faults
    assert fault.startswith("audit line 1, ")


async def test_a_cue_of_before_a_column_was_added_keeps_its_digest(path: DatabaseAddress) -> None:
    (row,) = rows(path, f"SELECT {CUE.selected} FROM cues t WHERE cue_id = 1")
    of_before = replace(CUE, added=())
    assert CUE.digest_of(row) == of_before.digest_of(row[: 1 + len(CUE.columns)])
    assert CUE.digest_of([*row[:-1], 1]) != CUE.digest_of(row)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM audit WHERE audit_id = 2", "audit line 2, "),
        ("DELETE FROM audit WHERE audit_id = 4", "audit line 4, "),
        ("DELETE FROM cue_steps WHERE cue_id = 2 AND step = 2", "step 2 of cue 2, "),
        ("DELETE FROM return_receipts", "receipt of cue 1, "),
    ],
)
async def test_a_removed_row_is_named(path: DatabaseAddress, statement: str, words: str) -> None:
    change(path, statement)
    (fault,) = found(path).faults
    assert fault.startswith(words)
    assert fault.endswith("was taken out")


async def test_a_clip_that_was_changed_or_taken_out_is_named(path: DatabaseAddress) -> None:
    clip = Clip(
        stream_id="a",
        stream_name="A",
        side=ClipSide.OUTPUT,
        cue_id=1,
        subject="TO BREAK",
        centre_at=6.0,
        made_at=17.0,
        file="a/clip.ts",
        sha256="ab",
    )
    database = await Database.open(path, keys=KEYS)
    for _ in range(2):
        kept = await database.clips.add(clip)
    await database.clips.removed(kept.clip_id, 99.0, "by quota")
    await database.close()
    assert found(path).is_intact

    change(path, "UPDATE clips SET sha256 = 'cd' WHERE clip_id = 1", "DELETE FROM clips WHERE clip_id = 2")

    assert [words.partition(",")[0] for words in found(path).faults] == ["clip 1", "clip 2"]


async def test_rows_that_were_put_in_are_named(path: DatabaseAddress) -> None:
    change(
        path,
        "INSERT INTO audit (at, who, action, subject, detail) VALUES (1, 'w', 'a', 's', '')",
        "INSERT INTO cues SELECT 77, stream_id, session_id, action, state, requested_by, requested_at, "
        "splice_event_id, duration_s, pre_roll_s, pts_time, splice_at, section_base64, sent, sent_expected, "
        "sent_at, seen, seen_base64, seen_at, latency_ms, pre_roll_ms, reason, scheduled_at, seen_pts, "
        "frame_pts, returns, direction, idr_offset_ms, idr_kind, break_update FROM cues WHERE cue_id = 1",
    )
    faults = found(path).faults
    assert faults == ("audit line 5 was put in: it has no link", "cue 77 was put in: it has no link")


async def test_rows_that_change_places_are_named(path: DatabaseAddress) -> None:
    change(
        path,
        "UPDATE audit SET audit_id = 99 WHERE audit_id = 1",
        "UPDATE audit SET audit_id = 1 WHERE audit_id = 2",
        "UPDATE audit SET audit_id = 2 WHERE audit_id = 99",
    )
    assert [words.partition(",")[0] for words in found(path).faults] == ["audit line 1", "audit line 2"]


async def test_a_row_removed_with_its_link_leaves_a_gap(path: DatabaseAddress) -> None:
    change(
        path,
        "DELETE FROM audit WHERE audit_id = 2",
        "DELETE FROM record_links WHERE kind = 'audit' AND row_id = 2",
    )
    (fault,) = found(path).faults
    assert fault.startswith("link 12 was taken out, before that of ")
    assert fault.endswith("(audit line 3)")


async def test_a_link_that_is_made_to_fit_the_edit_is_found(path: DatabaseAddress) -> None:
    digest = "(SELECT digest FROM record_links WHERE kind = 'audit' AND row_id = 1)"
    change(path, f"UPDATE record_links SET digest = {digest} WHERE kind = 'audit' AND row_id = 2")
    faults = found(path).faults
    assert any("(audit line 2) was changed or moved" in fault for fault in faults)


async def test_links_that_change_places_are_found(path: DatabaseAddress) -> None:
    change(
        path,
        "UPDATE record_links SET link_id = 99 WHERE link_id = 12",
        "UPDATE record_links SET link_id = 12 WHERE link_id = 13",
        "UPDATE record_links SET link_id = 13 WHERE link_id = 99",
    )
    assert any("link 12" in fault for fault in found(path).faults)


async def test_an_end_that_was_taken_out_is_told_by_an_anchor(path: DatabaseAddress) -> None:
    anchor = head(path)
    change(path, "DELETE FROM audit WHERE audit_id = 4", "DELETE FROM record_links WHERE link_id = 14")
    assert found(path).is_intact, "nothing within the database tells of it"
    (fault,) = found(path, anchor).faults
    assert fault.startswith("the end was taken out: the chain ends with link 13 of ")
    assert "audit.log tells of link 14" in fault
    database = await Database.open(path, keys=KEYS)
    await database.audit.write(AuditRecord(at=9.0, who="w", action="later", subject="s"))
    await database.close()
    (fault,) = found(path, anchor).faults
    assert fault.startswith("link 14 is not the one that audit.log tells of")


async def test_a_chain_that_is_begun_anew_does_not_hide_what_was_there(path: DatabaseAddress) -> None:
    anchor = head(path)
    change(path, "DELETE FROM record_links", "UPDATE cues SET duration_s = 60")
    await (await Database.open(path, keys=KEYS)).close()
    assert not found(path, anchor).is_intact


async def test_a_chain_cannot_be_made_without_the_key(path: DatabaseAddress) -> None:
    anchor = head(path)
    change(path, "DELETE FROM record_links", "UPDATE cues SET duration_s = 60")
    forger = RecordKeys({key_id_of(OTHER): OTHER}, key_id_of(OTHER))
    await (await Database.open(path, keys=forger)).close()
    check = found(path, anchor)
    assert check.faults
    assert check.unproved
    assert not found(path).is_intact


async def test_what_was_recorded_without_a_key_is_told_as_unproved(path: DatabaseAddress) -> None:
    database = await Database.open(path)
    await database.audit.write(AuditRecord(at=9.0, who="w", action="locked", subject="s"))
    await database.close()
    database = await Database.open(path, keys=KEYS)
    await database.audit.write(AuditRecord(at=10.0, who="w", action="unlocked", subject="s"))
    await database.close()
    check = found(path)
    assert check.faults == ()
    (words,) = check.unproved
    assert words.startswith("links 15 to 16, from ")
    assert len(check.seams) == 3


async def test_a_row_that_was_put_in_is_not_taken_up_when_the_key_changes(path: DatabaseAddress) -> None:
    change(path, "INSERT INTO audit (at, who, action, subject, detail) VALUES (1, 'w', 'a', 's', '')")
    keys = RecordKeys({key_id_of(KEY): KEY, key_id_of(OTHER): OTHER}, key_id_of(OTHER))
    await (await Database.open(path, keys=keys)).close()
    check = check_records(path, keys, ())
    assert check.faults == ("audit line 5 was put in: it has no link",)
    assert check.unproved == ()


@OF_A_FILE
async def test_columns_of_links_that_are_nonsense_are_a_finding(path: DatabaseAddress) -> None:
    change(path, "UPDATE record_links SET at = 'soon', mac = 5 WHERE link_id = 5")
    assert found(path).faults[0].startswith("link 5 cannot be read")
    change(path, "UPDATE record_links SET at = 1e300 WHERE link_id = 6")
    assert not found(path).is_intact


def test_every_column_of_what_is_covered_is_in_a_digest() -> None:
    """A column that a migration adds must be covered as well, in a layout of its own."""
    left_out = {"sessions": {"ended_at", "end_reason"}}
    for covered in (*COVERED, CUE):
        columns = {column.name for column in Base.metadata.tables[covered.table].columns}
        assert {covered.row, *covered.columns, *covered.added} == columns - left_out.get(covered.table, set())


def test_keys_do_not_stand_in_their_words() -> None:
    assert KEY.hex() not in repr(KEYS)
    assert repr(KEY) not in repr(KEYS)
