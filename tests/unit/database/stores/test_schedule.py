from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ibe100.database.database import Database
from ibe100.models.cues.recurrence import Every
from ibe100.models.cues.schedule import After, At, BreakState, ReturnPolicy, ScheduledBreak, When
from ibe100.models.records.database import DatabaseAddress
from postgresql_rig import rows


@pytest.fixture
async def database(address: DatabaseAddress) -> AsyncIterator[Database]:
    database = await Database.open(address)
    yield database
    await database.close()


def planned(break_id: int, when: When, **values: object) -> ScheduledBreak:
    plan = {"break_id": break_id, "stream_id": "news", "when": when, "duration_s": 30.5}
    return ScheduledBreak.model_validate({**plan, **values})


async def test_every_field_of_a_break_comes_back_as_it_was_stored(database: Database) -> None:
    given = (
        planned(-1, At(at=1000.25), title="Evening — ünï", planned_at=1000.25, pre_roll_s=5.5),
        planned(-2, After(break_id=-1, offset_s=2), returns=ReturnPolicy.BACK_CUE, enabled=False),
        planned(-3, Every(start=1, minutes=7.5, until=10_000), planned_at=451.0),
        planned(-4, At(at=451), state=BreakState.MISSED, reason="no input", series_id=-3, planned_at=451.0),
    )
    stored = await database.schedule.add(given)
    assert [one.break_id for one in stored] == [1, 2, 3, 4]
    assert stored[1].when == After(break_id=1, offset_s=2)
    assert stored[3].series_id == 3
    assert await database.schedule.load(0) == stored


async def test_what_is_over_is_loaded_only_if_it_was_due_since(database: Database) -> None:
    old = planned(-1, At(at=1000), planned_at=1000.0, state=BreakState.DONE)
    recent = planned(-2, At(at=3000), planned_at=3000.0, state=BreakState.DONE)
    late = planned(-3, At(at=1000), planned_at=1000.0)
    stored = await database.schedule.add((old, recent, late))
    assert await database.schedule.load(2000) == stored[1:]


async def test_saving_replaces_and_removing_takes_any_number(database: Database) -> None:
    stored = await database.schedule.add([planned(-n, At(at=n), planned_at=float(n)) for n in range(1, 2001)])
    changed = stored[0].model_copy(update={"title": "Changed", "enabled": False})
    await database.schedule.save([changed])
    await database.schedule.remove([one.break_id for one in stored[1:]])
    await database.schedule.remove([])
    assert await database.schedule.load(0) == (changed,)


async def test_a_row_that_cannot_be_read_is_named_and_does_not_hide_the_others(
    database: Database, address: DatabaseAddress, caplog: pytest.LogCaptureFixture
) -> None:
    stored = await database.schedule.add([planned(-1, At(at=1)), planned(-2, At(at=2))])
    rows(address, 'UPDATE schedule SET timing = \'{"kind": "never"}\' WHERE break_id = 1')
    assert await database.schedule.load(0) == stored[1:]
    assert "planned break 1 cannot be read" in caplog.text
