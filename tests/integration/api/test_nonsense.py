"""Whatever is sent, the API answers in its own form and never with a bug."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from api_rig import NAMES, PASSWORD, served
from ibe100.api.application import guarded_routes
from ibe100.api.guard import connections, protocols
from ibe100.models.rights import Role
from ibe100.models.stream_config import StreamConfig

NONSENSE: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**40,
    float("nan"),
    float("inf"),
    "",
    "\ud800",
    "a\x00b\n",
    "x" * 5000,
    [],
    [[]],
    {},
    {"kind": "\ud800"},
)
VALID: tuple[dict[str, Any], ...] = (
    {"name": "carl", "role": "viewer"},
    {"user": "vera", "label": "x"},
    {"action": "TO BREAK"},
    {"minutes": 5, "reason": "x"},
    {"stream_id": "1", "when": {"kind": "at", "at": 4e9}, "duration_s": 5},
    {"name": "Channel"},
    {"kind": "udp", "port": 5},
)
SHARE = 3
"""Each route is given one in so many of the bodies, another part than the route before it."""
TRIED_PER_FIELD = 2
HEAD = {"Content-Type": "application/json", "Idempotency-Key": "k"}


def bodies(turn: int) -> list[bytes]:
    """Half of what is no object, and valid ones with a field replaced by nonsense; others at each turn."""
    found = [json.dumps(nonsense).encode() for nonsense in NONSENSE]
    found += [b"", b"{", b"\xff\xfe", b"[" * 20_000, b'{"name": 1' + b"0" * 5000 + b"}"]
    found = found[turn % 2 :: 2]
    for valid in VALID:
        for place, field in enumerate(valid, start=turn):
            some = [NONSENSE[(place + 3 * step) % len(NONSENSE)] for step in range(TRIED_PER_FIELD)]
            found += [json.dumps({**valid, field: nonsense}).encode() for nonsense in some]
    return found


async def test_no_body_of_any_route_is_a_bug(tmp_path: Path) -> None:
    """Routes that begin or end something are asked for what is not there."""
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Channel 1"))
        client = await api.client(Role.ADMIN)
        for turn, route in enumerate(guarded_routes()):
            for method in route.methods - {"GET", "DELETE"}:
                path = re.sub(r"{\w+}", "1", route.path)
                if path.endswith(("/logout", "/probe", "/start", "/restart")):
                    continue
                for body in bodies(turn)[turn % SHARE :: SHARE]:
                    answer = await client.request(method, path, content=body, headers=HEAD)
                    assert answer.status_code != 500, (method, path, body[:100], answer.text)
                    if answer.status_code >= 400:
                        assert set(answer.json()) >= {"error", "kind"}, (method, path, body[:100])
        assert set(NAMES.values()) <= {user.name for user in api.application.access.users()}
    assert not (tmp_path / "logs" / "errors.log").exists() or (
        "error" not in (tmp_path / "logs" / "errors.log").read_text()
    )


async def test_no_path_and_no_query_of_any_route_is_a_bug(tmp_path: Path) -> None:
    values = ("", "-1", "nan", "1e400", "9" * 40, "%00", "%ED%A0%80", "%FF", "../x", "a" * 3000, "UTC", "1")
    span = "day=2026-11-27&begins_at=1&ends_at=9&series=bitrate"
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Channel 1"))
        client = await api.client(Role.ADMIN)
        described, turn = (await client.get("/api/v1/openapi.json")).json()["paths"], 0
        for path, methods in described.items():
            if "get" not in methods:
                continue
            for parameter in methods["get"].get("parameters", ()):
                turn += 1
                for value in values[turn % 2 :: 2]:
                    if parameter["in"] == "path":
                        place = f"{re.sub('{.*}', value or 'x', path)}?{span}"
                    else:
                        place = f"{re.sub('{.*}', '1', path)}?{span}&{parameter['name']}={value}"
                    answer = await client.get(place)
                    assert answer.status_code != 500, (place[:200], answer.text)


@pytest.mark.parametrize("password", ["\ud800" * 10, "\x00" * 10, "𝄞" * 200])
async def test_a_login_takes_any_password(tmp_path: Path, password: str) -> None:
    async with served(tmp_path) as api:
        await api.application.access.set_password("ada", SecretStr(PASSWORD))
        client = await api.client(None)
        body = json.dumps({"name": "ada", "password": password}).encode()
        answer = await client.post(
            "/api/v1/login", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (401, 422)


async def test_what_is_no_http_ends_its_connection_alone(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        host, port = api.url.removeprefix("http://").split(":")
        for garbage in (
            b"\x00" * 100,
            b"GET / HTTP/9.9\r\n\r\n",
            b"\r\n" * 1000,
            b"A" * 200_000,
            b"\x16\x03\x01\x02",
        ):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(garbage)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
                writer.write_eof()
                await reader.read()
            writer.close()
        assert (await (await api.client(None)).get("/healthz")).status_code == 200


async def test_where_all_connections_are_taken_the_oldest_idle_one_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 3)
    async with served(tmp_path) as api:
        host, port = api.url.removeprefix("http://").split(":")
        signed_in = await api.client(Role.VIEWER)
        assert (await signed_in.get("/api/v1/me")).status_code == 200
        held = [await asyncio.open_connection(host, int(port)) for _ in range(2)]
        async with api.listener() as newest:
            assert json.loads(await newest.recv())["type"] == "Snapshot"
            with contextlib.suppress(ConnectionError):
                assert await held[0][0].read() == b""
            held[1][1].write(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert b" 200 " in await held[1][0].readline()
        for _, other in held:
            other.close()


async def test_a_connection_on_which_nothing_is_asked_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocols, "HEAD_TIMEOUT_S", 0.05)
    async with served(tmp_path) as api:
        host, port = api.url.removeprefix("http://").split(":")
        for said in (b"", b"GET /heal"):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(said)
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()


async def test_a_client_that_takes_no_answer_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks again and again, and reads nothing."""
    monkeypatch.setattr("ibe100.api.guard.middleware.TAKE_TIMEOUT_S", 0.1)
    async with served(tmp_path) as api:
        host, port = api.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1)
        token = api.tokens[Role.VIEWER].token
        asked = f"GET /api/v1/openapi.json HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(asked.encode() * 200)
        while not reader.at_eof() and reader.exception() is None:
            await asyncio.sleep(0.05)
            with contextlib.suppress(ConnectionError):
                writer.write(b" ")
                await writer.drain()
        writer.close()
        assert (await (await api.client(Role.VIEWER)).get("/api/v1/me")).status_code == 200


async def test_who_reads_in_a_tight_loop_is_slowed_down_and_may_still_fire(tmp_path: Path) -> None:
    async with served(tmp_path, reads_per_s=1) as api:
        await api.application.streams.add(StreamConfig(name="Channel 1"))
        operator, other = await api.client(Role.OPERATOR), await api.client(Role.VIEWER)
        while (answer := await operator.get("/api/v1/streams")).status_code == 200:
            pass
        assert (answer.status_code, answer.json()["kind"]) == (429, "too_many")
        assert answer.headers["Retry-After"] == "1"
        fired = await operator.post("/api/v1/streams/1/cues", json={"action": "CRASH OUT"}, headers=HEAD)
        assert fired.status_code == 409  # it is off, and was asked
        assert (await other.get("/api/v1/me")).status_code == 200
