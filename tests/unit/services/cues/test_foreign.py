"""Sections on our cue PID: what nobody here sent is told and on record; ours and the source's are not."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.models.messages import CueChanged, Message, NoticePosted
from ibe100.models.profile import StreamEntry
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueState, Direction
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35 import encode, splice_insert, splice_null, to_base64
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.foreign import MOST_PER_MINUTE, REASON, ForeignCues
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import RunRecord
from ibe100.services.streams.runner_facts import CueOnInput, CueOnOutput
from ibe100.services.streams.runner_link import RunnerLink
from tsduck_cases import PLAN, PORTS

OUT = to_base64(encode(splice_insert(7, True, duration_pts=600 * PTS_HZ, auto_return=True)))
NOW = time.time()


class Bench:
    """A stream on air with cue PID 500, and what becomes of the sections on its output."""

    def __init__(self, storage: Database) -> None:
        config = StreamConfig(name="One")
        entry = StreamEntry(stream_id="one", number=1, config=config)
        self.run = StreamRun(entry, RunnerLink(Path("nowhere")), lambda _view: None)
        self.run.begin(
            RunRecord(
                config=config, number=1, plan=PLAN, ports=PORTS, engine="x", command="x", session_id=None
            )
        )
        self.storage, self.cache, self.said = storage, CueCache(), list[Message]()
        self.watched = list[Cue]()
        ledger = CueLedger(storage, self, self.cache, self.said.append)
        self.foreign = ForeignCues(storage, self.cache, ledger, self.said.append, self.watched.append)

    def streams(self) -> tuple[()]:
        return ()

    def run_of(self, _stream_id: str) -> StreamRun:
        return self.run

    async def sees(self, section: str, at: float = NOW, pid: int = PLAN.splice_pid) -> list[Cue]:
        """All that is on record as of another sender, the newest first."""
        await self.foreign.take(self.run, CueOnOutput(1, at, 0.0, section, pid))
        return [cue for cue in await self.storage.cues.recent("one", 100) if cue.is_foreign]

    async def sent(self, section: str, *, in_memory: bool = True) -> None:
        """A cue of ours with these bytes, over and done."""
        cue = Cue(
            cue_id=0,
            stream_id="one",
            session_id=None,
            action=CueAction.TO_BREAK,
            state=CueState.SPLICED,
            requested_by="anna",
            requested_at=NOW - 1,
            seen_at=NOW,
            section_base64=section,
        )
        cue = await self.storage.cues.create(cue)
        if in_memory:
            self.cache.put(cue)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    storage = await Database.open(tmp_path / "ibe100.db")
    try:
        yield Bench(storage)
    finally:
        await storage.close()


async def test_a_break_that_nobody_here_began_is_told_and_on_record(bench: Bench) -> None:
    (cue,) = await bench.sees(OUT)
    assert (cue.state, cue.action, cue.requested_by) == (
        CueState.SEEN,
        CueAction.SEND_SECTION,
        "another sender",
    )
    assert (cue.splice_event_id, cue.direction, cue.duration_s) == (7, Direction.OUT, 600.0)
    assert (cue.seen_base64, cue.seen, cue.sent, cue.reason) == (OUT, 1, 0, REASON)
    assert cue.returns is BreakEnd.AUTO
    assert bench.watched == [cue], "it is seen to its splice, which moves the tally"
    notices = [one for one in bench.said if isinstance(one, NoticePosted)]
    assert [one.level for one in notices] == ["error"]
    assert "a break began, event 0x00000007" in notices[0].text
    assert [one.cue for one in bench.said if isinstance(one, CueChanged)] == [cue]


async def test_what_is_not_on_our_pid_or_splices_nothing_is_left_alone(bench: Bench) -> None:
    assert await bench.sees(OUT, pid=PLAN.splice_pid + 1) == []
    assert await bench.sees(to_base64(encode(splice_null(tier=5)))) == []


async def test_a_cue_of_the_source_is_the_sources(bench: Bench) -> None:
    bench.foreign.note_input(bench.run, CueOnInput(1, NOW, 0.0, OUT, 501))
    assert await bench.sees(OUT) == []


@pytest.mark.parametrize("in_memory", [True, False])
async def test_our_own_bytes_are_ours_for_as_long_as_they_can_be_on_their_way(
    bench: Bench, in_memory: bool
) -> None:
    await bench.sent(OUT, in_memory=in_memory)
    assert await bench.sees(OUT, at=NOW + 5) == [], "one repeat more"
    (replayed,) = await bench.sees(OUT, at=NOW + 60)
    assert replayed.section_base64 == OUT


async def test_a_flood_is_on_record_by_its_first_ones(bench: Bench) -> None:
    for number in range(MOST_PER_MINUTE + 5):
        found = await bench.sees(to_base64(encode(splice_insert(number, True))))
    assert len(found) == MOST_PER_MINUTE
    assert len(await bench.sees(OUT, at=NOW + 61)) == MOST_PER_MINUTE + 1
