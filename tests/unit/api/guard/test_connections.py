"""Which connection gives way to a new one."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from ibe100.api.guard import connections
from ibe100.api.guard.connections import Connection, address_of, make_room


class Transport:
    """Says whether it was cut off."""

    is_cut = False

    def abort(self) -> None:
        self.is_cut = True

    def is_closing(self) -> bool:
        return self.is_cut


def connection(
    address: str = "10.0.0.1", user: str = "", at_s: float = 0.0, *, served: bool = False
) -> Connection:
    one = Connection()
    one.transport = cast(asyncio.Transport, Transport())
    one.address, one.user, one.active_at_s, one.is_served = address, user, at_s, served
    return one


def cut(known: list[Connection]) -> list[int]:
    return [number for number, one in enumerate(known) if one.transport.is_closing()]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_STRANGERS", 3)
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 6)


def test_the_oldest_idle_one_of_the_address_that_has_the_most_gives_way() -> None:
    known = [
        connection("10.0.0.2", at_s=1),
        connection(at_s=2, served=True),
        connection(at_s=3),
        connection(at_s=4),
    ]
    make_room(known, known[-1])
    assert cut(known) == [2]


def test_strangers_take_no_place_of_those_who_are_signed_in() -> None:
    known = [connection(user="anna", at_s=1) for _ in range(2)] + [connection(at_s=5) for _ in range(4)]
    make_room(known, known[-1])
    assert cut(known) == [2]


def test_where_nobody_is_a_stranger_the_oldest_idle_one_of_the_user_with_the_most_gives_way() -> None:
    known = [connection(user="anna", at_s=1)]
    known += [connection(user="vera", at_s=at_s) for at_s in (3, 2, 4, 5, 6)]
    known.append(connection(at_s=7))
    make_room(known, known[-1])
    assert cut(known) == [2]


def test_where_all_are_being_answered_the_new_one_gives_way() -> None:
    known = [connection(user="anna", served=True) for _ in range(6)] + [connection()]
    make_room(known, known[-1])
    assert cut(known) == [6]


def test_while_there_is_room_nobody_gives_way() -> None:
    known = [connection(user="anna") for _ in range(3)] + [connection() for _ in range(3)]
    make_room(known, known[-1])
    assert cut(known) == []


def test_a_client_has_one_address_however_many_of_ipv6_it_uses() -> None:
    assert address_of("2001:db8::1") == address_of("2001:db8::ffff:1") != address_of("2001:db8:0:1::1")
    assert address_of("::ffff:10.0.0.1") == address_of("10.0.0.1") == "10.0.0.1"
    assert address_of("") == ""
