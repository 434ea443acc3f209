from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.database.records import EventIdRange
from ibe100.models.errors import CueRefused, StorageError
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueState, Direction
from postgresql_rig import rows

RETENTION_S = 1000.0


@dataclass
class ManualClock:
    """Stands still until it is moved."""

    wall_s: float = 1_800_000_000.0

    def wall(self) -> float:
        return self.wall_s

    def advance(self, seconds: float) -> None:
        self.wall_s += seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def database(address: DatabaseAddress, clock: ManualClock) -> AsyncIterator[Database]:
    database = await Database.open(address, wall=clock.wall, event_id_retention_s=RETENTION_S)
    yield database
    await database.close()


def draft(stream_id: str = "one", **changes: object) -> Cue:
    cue = Cue(
        cue_id=0,
        stream_id=stream_id,
        session_id=None,
        action=CueAction.TO_BREAK,
        state=CueState.REQUESTED,
        requested_by="anna",
        requested_at=5.0,
    )
    return cue.model_copy(update=changes)


def ids(first: int, last: int) -> EventIdRange:
    return EventIdRange(first=first, last=last)


async def finish(database: Database, cue: Cue) -> None:
    await database.cues.step(cue.moved_to(CueState.REFUSED, reason="test"))


async def test_every_field_of_a_cue_comes_back_as_it_was_stored(database: Database) -> None:
    session = await database.sessions.start(
        stream_id="one", stream_name="One", engine="e", command="c", started_at=1.0
    )
    cue = await database.cues.create(draft(session_id=session.session_id), ids(0x60000001, 0x6FFFFFFF))
    full = cue.moved_to(
        CueState.ARMED,
        duration_s=12.5,
        pre_roll_s=6.0,
        pts_time=2**33 - 1,
        splice_at=1_800_000_000.123456,
        section_base64="/DAA",
        sent=1,
        sent_expected=3,
        sent_at=2.0,
        seen=1,
        seen_base64="/DAA",
        seen_at=3.0,
        latency_ms=71.5,
        pre_roll_ms=5934.25,
        reason="no reason",
        scheduled_at=1_800_000_000.0,
        seen_pts=2**33 - 540_000,
        frame_pts=1501.5,
        returns=BreakEnd.CUE,
    )
    assert await database.cues.step(full) == full
    assert await database.cues.get(cue.cue_id) == full
    assert full.splice_event_id == 0x60000001
    assert await database.cues.get(cue.cue_id + 1) is None


async def test_a_sealed_cue_is_armed_and_numbered_in_one_commit(database: Database) -> None:
    def seal(cue: Cue) -> Cue:
        return cue.moved_to(CueState.ARMED, section_base64=f"of {cue.splice_event_id}")

    cue = await database.cues.create(draft(), ids(7, 9), seal)
    assert (cue.state, cue.section_base64) == (CueState.ARMED, "of 7")
    assert await database.cues.get(cue.cue_id) == cue
    steps = await database.cues.steps(cue.cue_id)
    assert [step.state for step in steps] == [CueState.REQUESTED, CueState.ARMED]


async def test_a_cue_that_cannot_be_sealed_leaves_nothing_behind(database: Database) -> None:
    def seal(cue: Cue) -> Cue:
        raise CueRefused("the splice lies beyond the wrap")

    with pytest.raises(CueRefused, match="beyond the wrap"):
        await database.cues.create(draft(), ids(7, 9), seal)
    assert await database.cues.recent("one") == ()
    assert (await database.cues.create(draft(), ids(7, 9))).splice_event_id == 7


async def test_each_step_is_on_record_with_its_time_and_reason(
    database: Database, clock: ManualClock
) -> None:
    cue = await database.cues.create(draft(), ids(1, 9))
    life = [
        (CueState.ARMED, {}),
        (CueState.SENT, {"sent": 1}),
        (CueState.SEEN, {"seen": 1}),
        (CueState.SEEN, {"seen": 2}),
        (CueState.SPLICED, {}),
    ]
    for state, changes in life:
        clock.advance(1.0)
        cue = await database.cues.step(cue.moved_to(state, **changes))
    steps = await database.cues.steps(cue.cue_id)
    assert [step.state for step in steps] == [CueState.REQUESTED, *(state for state, _ in life)]
    assert [step.at - steps[0].at for step in steps] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]


async def test_a_count_within_a_state_is_a_step_but_a_way_back_is_a_bug(database: Database) -> None:
    cue = await database.cues.create(draft(), ids(1, 9))
    sent = await database.cues.step(cue.moved_to(CueState.ARMED))
    sent = await database.cues.step(sent.moved_to(CueState.SENT, sent=1))
    twice = await database.cues.step(sent.model_copy(update={"sent": 2}))
    with pytest.raises(AssertionError, match="SENT → REQUESTED"):
        await database.cues.step(twice.model_copy(update={"state": CueState.REQUESTED}))
    failed = await database.cues.step(twice.moved_to(CueState.FAILED, reason="not seen in 2 s"))
    with pytest.raises(AssertionError, match="FAILED → FAILED"):
        await database.cues.step(failed)
    assert await database.cues.get(cue.cue_id) == failed


async def test_a_step_after_some_the_disk_did_not_take_puts_the_record_right(database: Database) -> None:
    armed = await database.cues.step(
        (await database.cues.create(draft(), ids(1, 9))).moved_to(CueState.ARMED)
    )
    seen = armed.moved_to(CueState.SENT, sent=1).moved_to(CueState.SEEN, seen=1)
    await database.cues.step(seen)
    assert await database.cues.get(armed.cue_id) == seen
    steps = await database.cues.steps(armed.cue_id)
    assert [step.state for step in steps] == [CueState.REQUESTED, CueState.ARMED, CueState.SEEN]


async def test_recent_and_unfinished_are_by_stream(database: Database) -> None:
    first = await database.cues.create(draft(), ids(1, 9))
    other = await database.cues.create(draft("two"), ids(1, 9))
    last = await database.cues.create(draft(), ids(1, 9))
    assert await database.cues.recent("one") == (last, first)
    assert await database.cues.recent("one", limit=1) == (last,)
    assert await database.cues.recent() == (last, other, first)
    await finish(database, first)
    assert await database.cues.unfinished("one") == (last,)
    assert await database.cues.unfinished() == (other, last)


async def test_ids_are_unique_and_rising_when_many_ask_at_once(database: Database) -> None:
    cues = await asyncio.gather(*(database.cues.create(draft(), ids(100, 10_000)) for _ in range(300)))
    assert [cue.splice_event_id for cue in cues] == list(range(100, 400))
    assert len({cue.cue_id for cue in cues}) == 300


async def test_ids_chosen_elsewhere_are_never_given_out_and_change_nothing_of_the_order(
    database: Database,
) -> None:
    numbers = ids(10, 20)
    assert (await database.cues.create(draft(), numbers)).splice_event_id == 10
    await database.cues.create(draft(splice_event_id=12), foreign_ids=(12, 20, 99))
    assert (await database.cues.create(draft(), numbers)).splice_event_id == 11
    assert (await database.cues.create(draft(), numbers)).splice_event_id == 13, "12 is used"
    await database.cues.create(draft(splice_event_id=11), foreign_ids=(11,))
    after = [(await database.cues.create(draft(), numbers)).splice_event_id for _ in range(6)]
    assert after == [14, 15, 16, 17, 18, 19], "20 is used, too"


async def test_ids_go_on_where_they_stopped_before_the_restart(address: DatabaseAddress) -> None:
    for expected in (50, 51, 52):
        database = await Database.open(address)
        cue = await database.cues.create(draft(), ids(50, 99))
        await database.close()
        assert cue.splice_event_id == expected


async def test_each_stream_counts_for_itself_and_a_given_id_is_kept(database: Database) -> None:
    assert (await database.cues.create(draft("one"), ids(5, 9))).splice_event_id == 5
    assert (await database.cues.create(draft("two"), ids(5, 9))).splice_event_id == 5
    back = await database.cues.create(draft("one", splice_event_id=5), ids(5, 9))
    assert back.splice_event_id == 5
    assert (await database.cues.create(draft("one"), ids(5, 9))).splice_event_id == 6


async def test_ids_roll_over_and_skip_those_still_remembered(database: Database, clock: ManualClock) -> None:
    async def next_id(first: int, last: int) -> int | None:
        cue = await database.cues.create(draft(), ids(first, last))
        await finish(database, cue)
        clock.advance(1.0)
        return cue.splice_event_id

    assert [await next_id(11, 12) for _ in range(2)] == [11, 12]
    assert [await next_id(10, 14) for _ in range(3)] == [13, 14, 10]
    assert await next_id(10, 15) == 15, "11 to 14 are remembered, 15 is free"
    assert [await next_id(10, 15) for _ in range(3)] == [11, 12, 13], "all remembered: the oldest first"
    clock.advance(RETENTION_S)
    assert [await next_id(10, 15) for _ in range(3)] == [14, 15, 10]


async def test_an_id_of_a_cue_that_is_not_over_is_never_given_again(database: Database) -> None:
    open_cue = await database.cues.create(draft(), ids(1, 2))
    await finish(database, await database.cues.create(draft(), ids(1, 2)))
    again = await database.cues.create(draft(), ids(1, 2))
    assert (open_cue.splice_event_id, again.splice_event_id) == (1, 2)
    with pytest.raises(CueRefused, match="All 2 event ids from 1 to 2"):
        await database.cues.create(draft(), ids(1, 2))


async def test_the_newest_splice_is_neither_a_heartbeat_nor_a_cue_that_failed_nor_another_streams(
    database: Database,
) -> None:
    async def aired(stream_id: str, action: CueAction, state: CueState, **changes: object) -> Cue:
        cue = draft(stream_id, action=action, direction=action.traits.direction, **changes)
        return await database.cues.create(cue.model_copy(update={"state": state}))

    assert await database.cues.newest_splice("one") is None
    await aired("one", CueAction.TO_BREAK, CueState.SPLICED)
    section = await aired("one", CueAction.SEND_SECTION, CueState.SPLICED)
    back = await aired("one", CueAction.BACK_TO_PROGRAMME, CueState.SPLICED)
    await aired("one", CueAction.SPLICE_NULL, CueState.SPLICED)
    await aired("one", CueAction.TO_BREAK, CueState.FAILED)
    await aired("two", CueAction.TO_BREAK, CueState.SPLICED)
    assert await database.cues.newest_splice("one") == back
    last = await database.cues.create(section.model_copy(update={"direction": Direction.OUT}))
    assert await database.cues.newest_splice("one") == last
    late = await aired("one", CueAction.CRASH_IN, CueState.AIRED_LATE)
    assert await database.cues.newest_splice("one") == late


async def test_a_cue_that_only_a_newer_version_understands_hides_no_other(
    database: Database, address: DatabaseAddress, caplog: pytest.LogCaptureFixture
) -> None:
    newer, other = [await database.cues.create(draft()) for _ in range(2)]
    rows(address, f"UPDATE cues SET state = 'BEAMED' WHERE cue_id = {newer.cue_id}")
    assert await database.cues.recent("one") == (other,)
    assert await database.cues.unfinished() == (other,)
    assert await database.cues.get(newer.cue_id) is None
    assert "a row of cues is not understood and left out: state 'BEAMED'" in caplog.text


async def test_a_cue_is_refused_where_another_file_is_in_the_databases_place(tmp_path: Path) -> None:
    path = tmp_path / "ibe100.db"
    database = await Database.open(path)
    path.rename(tmp_path / "away.db")
    with pytest.raises(StorageError, match=r"the record of a cue cannot be kept: .*ibe100\.db was moved"):
        await database.cues.create(draft())
    assert not path.exists(), "no other is made in its place"
    path.touch()
    with pytest.raises(StorageError, match=r"ibe100\.db was replaced"):
        await database.cues.create(draft())
    (tmp_path / "away.db").replace(path)
    assert (await database.cues.create(draft())).cue_id == 1
    await database.close()
