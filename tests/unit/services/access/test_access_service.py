"""Users, roles and tokens on a real database."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher, extract_parameters
from pydantic import SecretStr, ValidationError

from ibe100.database.database import Database
from ibe100.models.actor import Actor
from ibe100.models.errors import AccessRefused, NotFound, NotSignedIn, StorageError, TooManyLogins
from ibe100.models.rights import Role
from ibe100.models.users import WantedUser
from ibe100.services.access.access_service import AccessService
from ibe100.services.access.login_limits import LoginLimits
from ibe100.services.access.passwords import UNMATCHED
from ibe100.services.audit_trail import act_as

PASSWORD = SecretStr("correct horse battery")
WRONG = SecretStr("incorrect horse")
HOUR_S = 3600.0


class Clock:
    """Time that is told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "ibe100.db")
    yield database
    await database.close()


@pytest.fixture
async def access(database: Database, clock: Clock) -> AsyncIterator[AccessService]:
    access = await opened(database, clock)
    yield access
    await access.close()


async def opened(database: Database, clock: Clock) -> AccessService:
    access = AccessService(database, clock, LoginLimits(clock))
    await access.open()
    return access


async def test_a_user_logs_in_by_the_password_and_is_who_the_token_says(access: AccessService) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    made = await access.log_in("anna", PASSWORD, "10.0.0.1")
    identity = access.identify(made.token)
    assert (identity.name, identity.role, identity.token_id) == ("anna", Role.OPERATOR, made.token_id)


async def test_neither_password_nor_token_is_on_record(
    access: AccessService, database: Database, tmp_path: Path
) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    made = await access.log_in("anna", PASSWORD, "10.0.0.1")
    (user,) = await database.users.users()
    (token,) = await database.users.tokens()
    assert user.password_hash.startswith("$argon2id$")
    assert token.digest == hashlib.sha256(made.token.encode()).hexdigest()
    await database.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert PASSWORD.get_secret_value().encode() not in content
    assert made.token.encode() not in content


async def test_a_token_has_a_known_beginning_and_256_random_bits(access: AccessService) -> None:
    await access.add_user("bot", Role.OPERATOR, None)
    tokens = {(await access.add_token("bot", "x", None, HOUR_S)).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(token.startswith("ibe100_") and len(token) == 7 + 43 for token in tokens)


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(access: AccessService) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    await access.add_user("bot", Role.OPERATOR, None)
    told = set()
    for name in ("anna", "nobody", "bot"):
        with pytest.raises(NotSignedIn) as refused:
            await access.log_in(name, WRONG, "10.0.0.1")
        told.add(str(refused.value))
    assert len(told) == 1


def test_an_unknown_name_costs_as_much_as_a_wrong_password() -> None:
    from ibe100.services.access import passwords

    made = PasswordHasher(passwords.TIME_COST, passwords.MEMORY_KIB, passwords.LANES).hash("x")
    assert extract_parameters(UNMATCHED) == extract_parameters(made)


async def test_the_fourth_attempt_has_to_wait_and_a_right_password_does_not_help(
    access: AccessService, clock: Clock
) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    for _ in range(3):
        with pytest.raises(NotSignedIn):
            await access.log_in("anna", WRONG, "10.0.0.1")
    with pytest.raises(TooManyLogins) as slowed:
        await access.log_in("anna", PASSWORD, "10.0.0.1")
    assert slowed.value.retry_in_s == 1
    clock.now += 1
    assert (await access.log_in("anna", PASSWORD, "10.0.0.1")).user == "anna"


async def test_a_guesser_keeps_the_rightful_user_out_at_no_other_address(access: AccessService) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    for _ in range(3):
        with pytest.raises(NotSignedIn):
            await access.log_in("anna", WRONG, "10.6.6.6")
    with pytest.raises(TooManyLogins):
        await access.log_in("anna", WRONG, "10.6.6.6")
    assert (await access.log_in("anna", PASSWORD, "10.0.0.1")).user == "anna"


async def test_attempts_at_once_are_no_way_around_the_wait(access: AccessService) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    attempts = (access.log_in("anna", WRONG, "10.0.0.1") for _ in range(10))
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(outcome, NotSignedIn) for outcome in outcomes) == 3
    assert sum(isinstance(outcome, TooManyLogins) for outcome in outcomes) == 7


async def test_a_token_ends_when_its_time_is_over(access: AccessService, clock: Clock) -> None:
    await access.add_user("bot", Role.VIEWER, None)
    made = await access.add_token("bot", "x", None, HOUR_S)
    clock.now += HOUR_S - 1
    access.identify(made.token)
    clock.now += 1
    with pytest.raises(NotSignedIn):
        access.identify(made.token)
    assert access.tokens() == ()


async def test_a_token_without_an_end_is_valid_for_years(access: AccessService, clock: Clock) -> None:
    await access.add_user("bot", Role.VIEWER, None)
    made = await access.add_token("bot", "x", None, None)
    clock.now += 100 * 365 * 24 * HOUR_S
    assert access.identify(made.token).name == "bot"


async def test_a_token_may_less_than_its_user_and_never_more(access: AccessService) -> None:
    await access.add_user("anna", Role.OPERATOR, None)
    less = await access.add_token("anna", "dashboard", Role.VIEWER, HOUR_S)
    assert access.identify(less.token).role is Role.VIEWER
    with pytest.raises(AccessRefused, match="anna is operator: a token cannot be engineer"):
        await access.add_token("anna", "more", Role.ENGINEER, HOUR_S)


async def test_another_role_holds_at_once_for_tokens_too(access: AccessService) -> None:
    await access.add_user("anna", Role.ADMIN, None)
    made = await access.add_token("anna", "x", None, HOUR_S)
    await access.set_role("anna", Role.VIEWER)
    assert access.identify(made.token).role is Role.VIEWER
    assert access.tokens()[0].role is Role.VIEWER


async def test_another_password_ends_what_came_in_by_the_old_one_and_leaves_automation_alone(
    access: AccessService,
) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    by_login = await access.log_in("anna", PASSWORD, "10.0.0.1")
    automation = await access.add_token("anna", "playout", None, HOUR_S)
    await access.set_password("anna", SecretStr("another password"))
    with pytest.raises(NotSignedIn):
        access.identify(by_login.token)
    assert access.identify(automation.token).name == "anna"
    with pytest.raises(NotSignedIn):
        await access.log_in("anna", PASSWORD, "10.0.0.1")


async def test_a_user_who_is_switched_off_gets_in_by_nothing_and_keeps_the_rights(
    access: AccessService, database: Database, clock: Clock
) -> None:
    await access.add_user("anna", Role.ENGINEER, PASSWORD)
    by_password = await access.log_in("anna", PASSWORD, "here")
    robot = await access.add_token("anna", "robot", None, None)
    stored = await access.check("anna", PASSWORD, "window")
    assert (await access.set_disabled("anna", True)).is_disabled
    for secret in (by_password.token, robot.token):
        with pytest.raises(NotSignedIn):
            access.identify(secret)
    assert access.as_now(stored) is None, "the window is locked as well"
    with pytest.raises(NotSignedIn):
        await access.log_in("anna", PASSWORD, "here")
    with pytest.raises(AccessRefused, match="switched off"):
        await access.add_token("anna", "robot", None, None)
    again = await opened(database, clock)
    assert [(user.role, user.is_disabled) for user in again.users()] == [(Role.ENGINEER, True)]
    await access.set_disabled("anna", False)
    assert (await access.log_in("anna", PASSWORD, "there")).role is Role.ENGINEER


@pytest.mark.parametrize("end", ["revoked", "user removed", "expired"])
async def test_whoever_waits_for_a_tokens_end_is_told(access: AccessService, clock: Clock, end: str) -> None:
    await access.add_user("bot", Role.VIEWER, None)
    await access.add_user("other", Role.VIEWER, None)
    made = await access.add_token("bot", "x", None, 0.05 if end == "expired" else HOUR_S)
    over = asyncio.create_task(access.until_over(access.identify(made.token)))
    await access.remove_user("other")
    assert not over.done()
    match end:
        case "revoked":
            await access.revoke_token(made.token_id)
        case "user removed":
            await access.remove_user("bot")
        case _:
            clock.now += 1
    await over


async def test_what_was_made_is_there_after_a_restart_and_what_was_revoked_is_not(
    access: AccessService, database: Database, clock: Clock
) -> None:
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    kept = await access.add_token("anna", "kept", None, HOUR_S)
    gone = await access.add_token("anna", "gone", None, HOUR_S)
    await access.revoke_token(gone.token_id)
    again = await opened(database, clock)
    assert again.identify(kept.token).name == "anna"
    with pytest.raises(NotSignedIn):
        again.identify(gone.token)
    await again.close()


async def test_a_disk_that_cannot_be_written_keeps_nobody_in(
    access: AccessService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await access.add_user("anna", Role.OPERATOR, None)
    made = await access.add_token("anna", "x", None, HOUR_S)

    async def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(database.users, "remove_tokens", full)
    with pytest.raises(StorageError):
        await access.revoke_token(made.token_id)
    with pytest.raises(NotSignedIn):
        access.identify(made.token)


async def test_when_a_token_was_used_goes_on_record_within_a_minute(
    access: AccessService, database: Database, clock: Clock
) -> None:
    await access.add_user("bot", Role.VIEWER, None)
    made = await access.add_token("bot", "x", None, None)
    clock.now += 1000
    access.identify(made.token)
    clock.now += 30
    access.identify(made.token)
    assert access.tokens()[0].last_used_at == clock.now - 30
    await access.close()
    assert (await database.users.tokens())[0].last_used_at == clock.now - 30


async def test_everything_that_is_done_stands_in_the_audit_trail(
    access: AccessService, database: Database
) -> None:
    act_as(Actor("ada", Role.ADMIN))
    await access.add_user("anna", Role.OPERATOR, PASSWORD)
    await access.set_role("anna", Role.VIEWER)
    await access.set_password("anna", PASSWORD)
    made = await access.add_token("anna", "x", None, HOUR_S)
    await access.revoke_token(made.token_id)
    with pytest.raises(NotSignedIn):
        await access.log_in("anna", WRONG, "10.0.0.1")
    with pytest.raises(NotSignedIn):
        await access.log_in("perhaps-a-password", WRONG, "10.0.0.1")
    await access.log_in("anna", PASSWORD, "10.0.0.1")
    act_as(Actor("ada", Role.ADMIN))
    await access.remove_user("anna")
    told = [(one.who, one.action, one.subject) for one in reversed(await database.audit.list())]
    assert told == [
        ("ada", "user added", "anna"),
        ("ada", "role changed", "anna"),
        ("ada", "password changed", "anna"),
        ("ada", "token made", "anna"),
        ("ada", "token revoked", "anna"),
        ("anna", "login refused", "10.0.0.1"),
        ("a name that is no user's", "login refused", "10.0.0.1"),
        ("anna", "logged in", "10.0.0.1"),
        ("ada", "user removed", "anna"),
    ]
    assert PASSWORD.get_secret_value() not in repr(await database.audit.list())


async def test_what_is_not_there_is_said(access: AccessService) -> None:
    with pytest.raises(NotFound, match="there is no user nobody"):
        await access.set_role("nobody", Role.VIEWER)
    with pytest.raises(NotFound, match="there is no token 7"):
        await access.revoke_token(7)
    await access.add_user("anna", Role.VIEWER, None)
    with pytest.raises(AccessRefused, match="there is a user anna already"):
        await access.add_user("anna", Role.ADMIN, None)


@pytest.mark.parametrize("name", ["", "Anna", "1anna", "an na", "operator", "console", "a" * 41, "anna!"])
def test_a_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        WantedUser(name=name, role=Role.VIEWER)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_that_is_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        WantedUser(name="anna", role=Role.VIEWER, password=SecretStr(password))
