"""A request for a cue that is made again under the same key fires nothing again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.database.stores.users import KEPT_S
from ibe100.models.actor import Actor
from ibe100.models.errors import CueRefused, KeyReused, StorageError
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.services.audit_trail import act_as, acting
from ibe100.services.cues.idempotency import CueOnce

ASKED = CueRequest(stream_id="ch-1", action=CueAction.CRASH_OUT)


class Cues:
    """Fires at once, unless it is told otherwise."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.fired: list[CueRequest] = []
        self.refuses = False
        self.held: asyncio.Event | None = None
        self.entered = asyncio.Event()

    async def fire(self, request: CueRequest) -> Cue:
        self.fired.append(request)
        self.entered.set()
        if self.held is not None:
            await self.held.wait()
        if self.refuses:
            raise CueRefused("not now")
        draft = Cue(
            cue_id=0,
            stream_id=request.stream_id,
            session_id=None,
            action=request.action,
            state=CueState.REQUESTED,
            requested_by=acting().name,
            requested_at=1.0,
        )
        return await self._database.cues.create(draft, None, lambda cue: cue.moved_to(CueState.ARMED))

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        return ()


class Wall:
    """Time that is told."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def database(tmp_path: Path, wall: Wall) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "ibe100.db", wall=wall)
    yield database
    await database.close()


@pytest.fixture
def service(database: Database) -> Cues:
    return Cues(database)


def once(database: Database, service: Cues) -> CueOnce:
    return CueOnce(database.kept_requests, database.cues, service)


async def test_a_retry_gets_the_first_cue(database: Database, service: Cues) -> None:
    before = once(database, service)
    first, was_before = await before.fire(ASKED, "k")
    at_once, is_known = await before.fire(ASKED, "k")
    assert (at_once.cue_id, is_known) == (first.cue_id, True)
    await before.close()
    again, is_again = await once(database, service).fire(ASKED, "k")
    assert (was_before, is_again) == (False, True)
    assert again.cue_id == first.cue_id
    assert len(service.fired) == 1


async def test_retries_at_once_fire_one_cue(database: Database, service: Cues) -> None:
    service.held = asyncio.Event()
    idempotent = once(database, service)
    asking = [asyncio.create_task(idempotent.fire(ASKED, "k")) for _ in range(5)]
    await service.entered.wait()
    service.held.set()
    outcomes = await asyncio.gather(*asking)
    assert len({cue.cue_id for cue, _ in outcomes}) == 1
    assert sorted(is_replay for _, is_replay in outcomes) == [False, True, True, True, True]
    assert len(service.fired) == 1


async def test_another_key_and_another_user_fire_another_cue(database: Database, service: Cues) -> None:
    idempotent = once(database, service)
    cues = []
    for user, key in (("anna", "k"), ("anna", "l"), ("bert", "k")):
        act_as(Actor(user, Role.ADMIN))
        cues.append((await idempotent.fire(ASKED, key))[0])
    assert len({cue.cue_id for cue in cues}) == 3
    assert [cue.requested_by for cue in cues] == ["anna", "anna", "bert"]


async def test_a_key_that_stands_for_another_request_is_refused(database: Database, service: Cues) -> None:
    await once(database, service).fire(ASKED, "k")
    other = ASKED.model_copy(update={"action": CueAction.CRASH_IN})
    with pytest.raises(KeyReused, match="stands for another request"):
        await once(database, service).fire(other, "k")
    assert len(service.fired) == 1


async def test_a_request_that_was_refused_may_be_made_again(database: Database, service: Cues) -> None:
    service.refuses = True
    with pytest.raises(CueRefused):
        await once(database, service).fire(ASKED, "k")
    service.refuses = False
    _, is_replay = await once(database, service).fire(ASKED, "k")
    assert not is_replay


async def test_after_a_crash_between_key_and_cue_nothing_is_fired_in_doubt(
    database: Database, service: Cues
) -> None:
    """What a killed console leaves: the key, and no cue with it."""
    service.held = asyncio.Event()
    before = once(database, service)
    dying = asyncio.create_task(before.fire(ASKED, "k"))
    await service.entered.wait()
    with pytest.raises(KeyReused, match="is not known: the console ended meanwhile"):
        await once(database, service).fire(ASKED, "k")
    assert len(service.fired) == 1
    service.held.set()
    await dying
    await before.close()


async def test_a_caller_who_goes_away_does_not_stop_the_cue(database: Database, service: Cues) -> None:
    service.held = asyncio.Event()
    idempotent = once(database, service)
    asking = asyncio.create_task(idempotent.fire(ASKED, "k"))
    await service.entered.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    service.held.set()
    await idempotent.close()
    cue, is_replay = await idempotent.fire(ASKED, "k")
    assert is_replay
    assert cue.state is CueState.ARMED


async def test_without_a_disk_nothing_is_fired(
    database: Database, service: Cues, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(database.kept_requests, "reserve", full)
    with pytest.raises(StorageError):
        await once(database, service).fire(ASKED, "k")
    assert service.fired == []


async def test_a_key_is_kept_for_a_day(database: Database, service: Cues, wall: Wall) -> None:
    before = once(database, service)
    await before.fire(ASKED, "k")
    await before.close()
    wall.now += KEPT_S - 1
    assert (await once(database, service).fire(ASKED, "k"))[1]
    wall.now += 2
    assert not (await once(database, service).fire(ASKED, "k"))[1]
