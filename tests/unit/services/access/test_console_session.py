"""Person at the window, on a real database: sign-in, lock, hand-over, emergency key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from ibe100.database.database import Database
from ibe100.models.actor import Actor
from ibe100.models.console import ConsolePlan
from ibe100.models.errors import NotAllowed, NotSignedIn
from ibe100.models.rights import Act, Role
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState
from ibe100.services.access.access_service import AccessService
from ibe100.services.access.console_session import ConsoleSession
from ibe100.services.audit_trail import AuditTrail, acting

PASSWORD = SecretStr("correct horse battery")
OLGA = Actor("olga", Role.ADMIN)


class Cues:
    """Takes cues, and notes in whose name."""

    def __init__(self) -> None:
        self.fired: list[tuple[str, CueRequest]] = []

    async def fire(self, request: CueRequest) -> Cue:
        actor = acting()
        assert actor.refusal(Act.FIRE_CUE, request.stream_id) == ""
        assert actor.refusal(Act.FIRE_CUE, "another") != ""
        self.fired.append((actor.on_record, request))
        return Cue(
            cue_id=1,
            stream_id=request.stream_id,
            session_id=1,
            action=request.action,
            state=CueState.SENT,
            requested_by=actor.on_record,
            requested_at=1.0,
            pre_roll_s=0.0,
        )


class House:
    """A session with its users and what it tells."""

    def __init__(self, database: Database, access: AccessService, plan: ConsolePlan) -> None:
        self.database, self.access = database, access
        self.cues = Cues()
        self.alarms: list[tuple[str, CueAction]] = []
        self.session = ConsoleSession(
            access,
            AuditTrail(database),
            plan,
            self.cues,  # type: ignore[arg-type]
            self._sound,
            lambda: OLGA,
        )

    async def _sound(self, stream_id: str, action: CueAction) -> None:
        assert not self.cues.fired, "the alarm comes first"
        self.alarms.append((stream_id, action))

    async def who(self) -> str:
        """The name that a task of the window acts under."""

        async def work() -> str:
            return acting().name

        return await self.session.do(work())

    async def audit(self) -> list[tuple[str, str, str]]:
        records = reversed(await self.database.audit.list())
        return [(one.who, one.action, one.detail) for one in records if one.subject == "the window"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    database = await Database.open(tmp_path / "ibe100.db")
    access = AccessService(database)
    await access.open()
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    await access.add_user("vera", Role.VIEWER, PASSWORD)
    yield House(database, access, ConsolePlan(sign_in=True, lock_after_min=5))
    await access.close()
    await database.close()


async def test_without_sign_in_the_user_of_the_machine_acts_and_may_do_all(house: House) -> None:
    house.session.set_plan(ConsolePlan())
    assert await house.who() == "olga"
    seat = house.session.seat()
    assert (seat.person, seat.asks_sign_in, seat.lock_after_min) == ("olga", False, 0)
    assert house.session.refusal(Act.SET_USERS, "") == ""


async def test_until_somebody_signs_in_the_window_only_reads(house: House) -> None:
    assert await house.who() == "nobody"
    assert house.session.seat().person == ""
    assert "nobody is signed in" in house.session.refusal(Act.FIRE_CUE, "news")
    assert house.session.refusal(Act.READ) == ""


async def test_whoever_signed_in_acts_with_their_role(house: House) -> None:
    seat = await house.session.sign_in("vera", PASSWORD)
    assert (seat.person, seat.role, seat.lock_after_min) == ("vera", Role.VIEWER, 5)
    assert await house.who() == "vera"
    assert house.session.refusal(Act.FIRE_CUE, "news") == "vera is viewer: to fire cues needs operator"
    assert await house.audit() == [("vera", "signed in", "")]


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "incorrect horse"), ("nobody-such", "x"), ("anna", "")]
)
async def test_a_refused_sign_in_changes_nothing(house: House, name: str, password: str) -> None:
    await house.session.sign_in("vera", PASSWORD)
    with pytest.raises(NotSignedIn):
        await house.session.sign_in(name, SecretStr(password))
    assert await house.who() == "vera"


async def test_locked_nobody_acts_and_whoever_signs_in_takes_over(house: House) -> None:
    await house.session.sign_in("anna", PASSWORD)
    seat = await house.session.lock()
    assert (seat.person, seat.locked_by) == ("", "anna")
    assert await house.who() == "nobody"
    await house.session.sign_in("vera", PASSWORD, "stream 4 is on its backup")
    seat = house.session.seat()
    assert (seat.person, seat.locked_by, seat.note, seat.note_by) == (
        "vera",
        "",
        "stream 4 is on its backup",
        "anna",
    )
    assert ("vera", "console taken", "from anna") in await house.audit()


async def test_signed_out_nobody_is_remembered(house: House) -> None:
    await house.session.sign_in("anna", PASSWORD)
    seat = await house.session.sign_out()
    assert (seat.person, seat.locked_by) == ("", "")


async def test_a_role_that_is_changed_holds_at_once_and_a_user_that_is_removed_is_out(house: House) -> None:
    await house.session.sign_in("anna", PASSWORD)
    await house.access.set_role("anna", Role.VIEWER)
    assert "needs operator" in house.session.refusal(Act.FIRE_CUE, "news")
    await house.access.remove_user("anna")
    assert await house.who() == "nobody"
    await house.access.add_user("anna", Role.ADMIN, PASSWORD)
    assert await house.who() == "nobody", "another person of the same name"


async def test_another_password_ends_the_session(house: House) -> None:
    await house.session.sign_in("anna", PASSWORD)
    await house.access.set_password("anna", SecretStr("another horse battery"))
    assert await house.who() == "nobody"


async def test_sign_in_that_is_switched_on_is_asked_of_who_sits_there(house: House) -> None:
    house.session.set_plan(ConsolePlan())
    assert await house.who() == "olga"
    house.session.set_plan(ConsolePlan(sign_in=True))
    assert await house.who() == "nobody"


async def test_the_emergency_key_sounds_an_alarm_is_on_record_and_acts_on_one_stream(house: House) -> None:
    await house.session.do(house.session.emergency("news", CueAction.TO_BREAK))
    assert house.alarms == [("news", CueAction.TO_BREAK)]
    assert [(who, request.action) for who, request in house.cues.fired] == [
        ("emergency key", CueAction.TO_BREAK)
    ]
    newest = (await house.database.audit.list())[0]
    assert (newest.who, newest.action, newest.subject) == ("emergency key", "emergency key", "news")


@pytest.mark.parametrize("action", [one for one in CueAction if one not in ("TO BREAK", "BACK TO PROGRAMME")])
async def test_the_emergency_key_does_nothing_else(house: House, action: CueAction) -> None:
    with pytest.raises(NotAllowed):
        await house.session.do(house.session.emergency("news", action))
    assert not house.alarms
    assert not house.cues.fired


@pytest.mark.parametrize("plan", [ConsolePlan(), ConsolePlan(sign_in=True, emergency_key=False)])
async def test_where_it_is_switched_off_or_not_needed_there_is_no_emergency_key(
    house: House, plan: ConsolePlan
) -> None:
    house.session.set_plan(plan)
    assert not house.session.seat().has_emergency_key
    with pytest.raises(NotAllowed):
        await house.session.do(house.session.emergency("news", CueAction.TO_BREAK))
