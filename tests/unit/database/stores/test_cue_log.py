"""What the cue log finds: the same by SQL on the record as in memory for cues that take a step."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest

from ibe100.database.database import Database
from ibe100.models.cues.log import CueLogQuery
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.scte35_marker import Cue, CueAction, CueState

SECTION = bytes(range(0xE0, 0x100)) + b"%_"
OTHER = bytes(range(40))


def cue(number: int, **changes: object) -> Cue:
    return Cue(
        cue_id=0,
        stream_id=("one", "two")[number % 2],
        session_id=None,
        action=tuple(CueAction)[number % len(CueAction)],
        state=CueState.REQUESTED,
        requested_by=("anna", "schedule 7", "100%_sure")[number % 3],
        requested_at=1000.0 + number,
        splice_event_id=None if number % 5 == 0 else 100 + number,
        section_base64=base64.b64encode((SECTION, OTHER)[number % 2]).decode(),
        reason="No null packets" if number % 4 == 0 else "",
    ).model_copy(update=changes)


@pytest.fixture
async def database(address: DatabaseAddress) -> AsyncIterator[Database]:
    database = await Database.open(address)
    made = await asyncio.gather(*(database.cues.create(cue(number)) for number in range(60)))
    refused = (stored.moved_to(CueState.REFUSED, reason=stored.reason) for stored in made[::3])
    await asyncio.gather(*(database.cues.step(one) for one in refused))
    yield database
    await database.close()


@pytest.mark.parametrize(
    "query",
    [
        CueLogQuery(),
        CueLogQuery(stream_id="two"),
        CueLogQuery(actions=(CueAction.TO_BREAK, CueAction.SPLICE_NULL)),
        CueLogQuery(states=(CueState.REFUSED,), since=1020.0),
        CueLogQuery(text="ANNA"),
        CueLogQuery(text="  schedule 7 "),
        CueLogQuery(text="null PACKETS", stream_id="one"),
        CueLogQuery(text="107"),
        CueLogQuery(text="0x6B"),
        CueLogQuery(text="%_"),
        CueLogQuery(text="99999999999999999999999999"),
        CueLogQuery(text=base64.b64encode(SECTION[3:12]).decode()),
        CueLogQuery(text=SECTION.hex()),
        CueLogQuery(text=f"0x{SECTION[:7].hex().upper()}"),
        CueLogQuery(text=SECTION[:8].hex(" ")),
    ],
)
async def test_the_record_and_the_memory_agree_on_what_is_found(
    database: Database, query: CueLogQuery
) -> None:
    everything = await database.cues.recent(limit=1000)
    found = (await database.cues.log(query)).cues
    assert found == tuple(one for one in everything if query.admits(one))
    assert len(found) < len(everything) or query == CueLogQuery()
    if "9999" not in query.text:
        assert found


async def test_a_log_that_is_cut_says_so(database: Database) -> None:
    log = await database.cues.log(CueLogQuery(limit=59))
    assert (len(log.cues), log.is_cut) == (59, True)
    assert log.cues[0].cue_id == 60, "the newest are kept"
    assert not (await database.cues.log(CueLogQuery(limit=60))).is_cut
    steps = await database.cues.steps(1)
    assert [step.state for step in steps] == [CueState.REQUESTED, CueState.REFUSED]
