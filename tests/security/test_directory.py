"""Users of an LDAP directory, proved on OpenLDAP's slapd: roles by group, TLS, what must not let in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from directory_rig import BASE, PASSWORD, SLAPADD, SLAPD, WHY_NOT, Slapd, slapd
from ibe100.database.database import Database
from ibe100.models.directory import DirectoryPlan
from ibe100.models.errors import AccessRefused, NotSignedIn
from ibe100.models.rights import Role
from ibe100.services.access.access_service import AccessService
from ibe100.services.access.directory import Directory, DirectoryDown
from ibe100.services.access.login_limits import LoginLimits

PEOPLE_DN = f"uid={{name}},ou=people,{BASE}"
GROUPS = {"group_base": f"ou=groups,{BASE}"}
ROLES = {"mcr": "operator", f"cn=everybody,ou=groups,{BASE}": "viewer"}
needs_slapd = pytest.mark.skipif(SLAPD is None or SLAPADD is None, reason=WHY_NOT)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("ldap") / "slapd") as running:
        yield running


def plan(house: Slapd, **changes: Any) -> DirectoryPlan:
    values = {
        "url": f"ldap://127.0.0.1:{house.port}",
        "ca_file": house.ca_file,
        "bind_dn": PEOPLE_DN,
        "roles": ROLES,
        **GROUPS,
        **changes,
    }
    return DirectoryPlan.model_validate(values)


@needs_slapd
@pytest.mark.parametrize("way", ["start_tls", "ldaps", "memberOf", "search", "search as"])
async def test_the_role_is_that_of_the_highest_group(house: Slapd, way: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("searching\n")
    searching = {"bind_dn": "", "search_base": f"ou=people,{BASE}"}
    changes: dict[str, dict[str, Any]] = {
        "start_tls": {},
        "ldaps": {"url": f"ldaps://127.0.0.1:{house.tls_port}"},
        "memberOf": {"group_base": ""},
        "search": searching,
        "search as": {**searching, "search_as": f"cn=searcher,{BASE}", "search_password_file": secret},
    }
    directory = Directory(plan(house, **changes[way]))
    assert await directory.role_of("dora", PASSWORD) is Role.OPERATOR
    if way != "memberOf":  # slapadd asks no overlay: only one entry is told its group
        assert await directory.role_of("emil", PASSWORD) is Role.VIEWER
    assert await directory.role_of("dora", "incorrect horse") is None
    assert await directory.role_of("nobody-such", PASSWORD) is None
    directory.close()


@needs_slapd
@pytest.mark.parametrize("password", ["", "\0", f"{PASSWORD}\0"])
async def test_an_empty_password_lets_nobody_in(house: Slapd, password: str) -> None:
    """A bind with a name and no password succeeds as nobody's (RFC 4513 5.1.2)."""
    assert await Directory(plan(house)).role_of("dora", password) is None


@needs_slapd
@pytest.mark.parametrize(
    "name", ["*", "dora)(uid=*", "dora,ou=people", "d*", "dora\\2a", "(", "dora,uid=emil"]
)
@pytest.mark.parametrize("way", [{}, {"bind_dn": "", "search_base": BASE}])
async def test_a_name_is_never_a_pattern_or_a_path(house: Slapd, name: str, way: dict[str, str]) -> None:
    assert await Directory(plan(house, **way)).role_of(name, PASSWORD) is None


@needs_slapd
async def test_without_a_group_that_has_a_role_nobody_is_let_in(house: Slapd) -> None:
    assert await Directory(plan(house, roles={"engineers": "engineer"})).role_of("dora", PASSWORD) is None


@needs_slapd
@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
async def test_a_certificate_that_nobody_vouches_for_is_no_directory(house: Slapd, scheme: str) -> None:
    port = house.port if scheme == "ldap" else house.tls_port
    with pytest.raises(DirectoryDown):
        await Directory(plan(house, url=f"{scheme}://127.0.0.1:{port}", ca_file=None)).role_of(
            "dora", PASSWORD
        )


@needs_slapd
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # ldap3 drops the socket it refuses
async def test_a_certificate_of_another_name_is_no_directory(house: Slapd) -> None:
    with pytest.raises(DirectoryDown):
        await Directory(plan(house, url=f"ldaps://localhost:{house.tls_port}")).role_of("dora", PASSWORD)


@pytest.mark.parametrize(
    "values",
    [
        {"url": "ldap://directory.example", "start_tls": False, "bind_dn": PEOPLE_DN},
        {"url": "http://directory.example", "bind_dn": PEOPLE_DN},
        {"url": "ldaps://directory.example"},
        {"url": "ldaps://directory.example", "bind_dn": "uid=x"},
        {"url": "ldaps://directory.example", "bind_dn": PEOPLE_DN, "search_base": BASE},
        {"url": "ldaps://directory.example", "search_base": BASE, "search_filter": "(uid=*)"},
        {"url": "ldaps://directory.example", "search_base": BASE, "search_as": "cn=x"},
    ],
)
def test_settings_that_are_not_safe_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DirectoryPlan.model_validate(values)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "ibe100.db")
    yield database
    await database.close()


def secret(text: str = PASSWORD) -> SecretStr:
    return SecretStr(text)


@needs_slapd
async def test_a_user_of_the_directory_signs_in_and_one_of_ours_is_never_asked_for_there(
    house: Slapd, database: Database
) -> None:
    access = AccessService(database, limits=LoginLimits(lambda: 0.0), plan=plan(house))
    await access.open()
    await access.add_user("anna", Role.VIEWER, secret("another horse battery"))
    await access.add_user("bot", Role.ADMIN, None)
    user = await access.check("dora", secret(), "10.0.0.1")
    assert (user.role, user.of_directory, user.password_hash) == (Role.OPERATOR, True, "")
    assert access.identify((await access.log_in("dora", secret(), "10.0.0.1")).token).role is Role.OPERATOR
    with pytest.raises(NotSignedIn):
        await access.check("anna", secret(), "10.0.0.2")
    assert (await access.check("anna", secret("another horse battery"), "10.0.0.2")).role is Role.VIEWER
    with pytest.raises(AccessRefused, match="of the directory"):
        await access.set_password("dora", secret("another horse battery"))
    access.directory.set_plan(plan(house, roles={"mcr": "engineer"}))
    await access.check("dora", secret(), "10.0.0.1")
    assert [one.role for one in access.users() if one.name == "dora"] == [Role.ENGINEER]
    await access.close()


async def test_without_the_directory_our_own_users_sign_in_and_others_are_told(database: Database) -> None:
    nobody_listens = {"url": "ldap://127.0.0.1:9", "bind_dn": PEOPLE_DN, "timeout_s": 1}
    access = AccessService(
        database, limits=LoginLimits(lambda: 0.0), plan=DirectoryPlan.model_validate(nobody_listens)
    )
    await access.open()
    await access.add_user("anna", Role.VIEWER, secret("another horse battery"))
    with pytest.raises(NotSignedIn, match="the directory does not answer"):
        await access.check("dora", secret(), "10.0.0.1")
    assert (await access.check("anna", secret("another horse battery"), "10.0.0.2")).name == "anna"
    with pytest.raises(NotSignedIn):
        await access.check("dora", secret(""), "10.0.0.3")
    await access.close()
