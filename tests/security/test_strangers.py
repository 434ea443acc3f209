"""Strangers at the API's port, and holders of little, keep no cue of a signed-in operator from its way."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest
import websockets
from pydantic import SecretStr

from api_rig import PASSWORD, Served, event, key, served, words
from ibe100.api import listeners
from ibe100.api.guard import connections, middleware, protocols
from ibe100.models.stream_config import StreamConfig
from ibe100.models.users import Role
from services_rig import until

CUE = "/api/v1/streams/1/cues"
LONGEST_LOG = 20_000
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def place(api: Served) -> tuple[str, int]:
    """Host and port of the API."""
    host, port = api.url.removeprefix("http://").split(":")
    return host, int(port)


def head(path: str, length: int, token: str = "") -> bytes:
    """A head that announces a body."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{bearer}Content-Type: application/json\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


async def said(api: Served, what: bytes, count: int = 1) -> list[Streams]:
    """Connections on which something was said, and nothing more comes."""
    opened = [await asyncio.open_connection(*place(api)) for _ in range(count)]
    for _, writer in opened:
        writer.write(what)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
    return opened


def end(opened: Iterable[Streams]) -> None:
    """Close them."""
    for _, writer in opened:
        writer.close()


async def status_of(reader: asyncio.StreamReader) -> int:
    """Status of the next answer; 0 where the connection ended without one."""
    with contextlib.suppress(ConnectionError):
        line = await reader.readline()
        return int(line.split()[1]) if line else 0
    return 0


async def assert_a_cue_is_heard(api: Served) -> None:
    """Over a new connection: the stream is off, and 409 says that it was asked."""
    operator = await api.client(Role.OPERATOR)
    answer = await operator.post(CUE, json={"action": "CRASH OUT"}, headers=key())
    assert words(answer, 409)


def longest_line(logs: Path) -> int:
    """Length of the longest line in any log."""
    lines = [line for file in logs.glob("*.log") for line in file.read_text().splitlines()]
    return max(map(len, lines), default=0)


async def test_bodies_of_strangers_are_small_and_no_parser_sees_what_is_large_or_deep(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        client, engineer = await api.client(None), await api.client(Role.ENGINEER)
        kind = {"Content-Type": "application/json"}
        keys = json.dumps({f"key {number}": number for number in range(110_000)}).encode()
        answer = await client.post("/api/v1/login", content=keys, headers=kind)
        assert words(answer, 413) == "the body is larger than 4 KiB"
        some = b"{" + b",".join(b'"%d":0' % number for number in range(400)) + b"}"
        assert "and 382 more" in words(await client.post("/api/v1/login", content=some, headers=kind), 422)
        many = b"{" + b",".join(b'"%d":0' % number for number in range(2000)) + b"}"
        answer = await engineer.post("/api/v1/streams", content=many, headers=kind)
        assert words(answer, 413) == "the body holds more than 1000 values"
        answer = await engineer.post("/api/v1/streams", content=b'{"name":' * 40, headers=kind)
        assert words(answer, 413) == "the body holds values more than 32 deep"
        answer = await engineer.post(
            "/api/v1/streams", content='{"name": "x"}'.encode("utf-16"), headers=kind
        )
        assert "no JSON" in words(answer, 400)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "ada", "passwort": "hunter2hunter2"},
        {"name": "hunter2hunter2" * 4, "password": "x"},
        {"name": "ada", "password": {"hunter2": "hunter2hunter2"}},
        {"name": 7, "password": "hunter2hunter2"},
        "hunter2hunter2",
        ["hunter2hunter2"],
    ],
)
async def test_no_fault_repeats_what_may_be_a_password(tmp_path: Path, body: object) -> None:
    async with served(tmp_path) as api:
        stranger, admin = await api.client(None), await api.client(Role.ADMIN)
        for client, path in (
            (stranger, "/api/v1/login"),
            (admin, "/api/v1/users"),
            (admin, "/api/v1/streams"),
        ):
            answer = await client.post(path, json=body)
            assert answer.status_code == 422
            if not path.endswith("streams") or isinstance(body, str | list) or "passwort" in body:
                assert "hunter2hunter2" not in answer.text
    logs = "".join(file.read_text() for file in (tmp_path / "logs").glob("*.log"))
    assert "hunter2hunter2" not in logs


async def test_bodies_that_never_come_take_the_place_of_no_cue(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Ch 1"))
        token = api.tokens[Role.VIEWER].token
        held = await said(api, head("/api/v1/login", 100) + b"{", 64)
        held += await said(api, head(CUE, 100, token) + b"{", 64)
        await assert_a_cue_is_heard(api)
        assert (await (await api.client(Role.VIEWER)).get("/api/v1/me")).status_code == 200
        end(held)


async def test_heads_that_never_come_give_way_to_new_connections(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Ch 1"))
        operator = await api.client(Role.OPERATOR)
        assert (await operator.get("/api/v1/me")).status_code == 200
        held = await said(api, b"GET /api/v1/me HTTP/1.1\r\nHost: 127", 300)
        await assert_a_cue_is_heard(api)
        ended = 0
        for reader, _ in held[: 300 - connections.MOST_STRANGERS]:
            ended += await status_of(reader) == 0
        assert ended == 300 - connections.MOST_STRANGERS
        assert (await operator.get("/api/v1/me")).status_code == 200
        end(held)


async def test_a_second_head_that_never_comes_to_its_end_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocols, "HEAD_TIMEOUT_S", 0.2)
    async with served(tmp_path) as api:
        ((reader, writer),) = await said(api, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert await status_of(reader) == 200
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()


async def test_a_body_in_countless_pieces_is_not_read_to_its_end(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        chunked = head("/api/v1/login", 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        ((reader, writer),) = await said(api, chunked + b"1\r\n \r\n" * 3000)
        assert await status_of(reader) == 400
        writer.close()
        few = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (b'{"name"', b': "x"}'))
        ((reader, writer),) = await said(api, chunked + few + b"0\r\n\r\n")
        assert await status_of(reader) == 422
        writer.close()


async def test_what_is_no_http_behind_an_answer_is_no_bug(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        chunked = head("/api/v1/me", 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        opened = await said(api, chunked + b"5\r\n", 3)
        for reader, writer in opened:
            assert await status_of(reader) == 401
            writer.write(b"zz\r\n" * 10)
            with contextlib.suppress(ConnectionError):
                await reader.read()
        end(opened)
        assert (await (await api.client(None)).get("/healthz")).status_code == 200
    assert not (tmp_path / "logs" / "errors.log").exists() or (
        (tmp_path / "logs" / "errors.log").read_text() == ""
    )


@pytest.mark.parametrize(
    ("first", "code"), [("[" * 60_000, 1006), ("[" * 5000, 1009), ("[" * 4000, 1008), ("1" * 4000, 1008)]
)
async def test_a_first_message_of_brackets_ends_its_connection_and_fills_no_log(
    tmp_path: Path, first: str, code: int
) -> None:
    async with served(tmp_path) as api, api.listener(None) as listener:
        await listener.send(first)
        with pytest.raises(websockets.ConnectionClosed):
            await listener.recv()
        assert listener.close_code == code
    assert longest_line(tmp_path / "logs") < LONGEST_LOG


async def test_who_says_more_than_a_listener_has_to_say_is_cut_off(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        async with api.listener() as listener:
            await event(listener, "Snapshot")
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await listener.ping()
                    await listener.send("x" * 200)
                    await asyncio.sleep(0)
        await until(lambda: len(api.listeners) == 0, "its end")


async def test_one_user_takes_every_place_of_a_listener_only_while_nobody_else_wants_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "MOST_LISTENERS", 4)
    async with served(tmp_path) as api, contextlib.AsyncExitStack() as stack:
        taken = [await stack.enter_async_context(api.listener()) for _ in range(4)]
        for listener in taken:
            await event(listener, "Snapshot")
        another = await stack.enter_async_context(api.listener())
        with pytest.raises(websockets.ConnectionClosed):
            await event(another, "Snapshot")
        assert another.close_code == listeners.TOO_MANY
        for _ in range(2):
            operator = await stack.enter_async_context(api.listener(Role.OPERATOR))
            await event(operator, "Snapshot")
        for listener in taken[:2]:
            with pytest.raises(websockets.ConnectionClosed):
                await event(listener, "CueChanged")
            assert listener.close_code == listeners.TOO_MANY
        third = await stack.enter_async_context(api.listener(Role.OPERATOR))
        with pytest.raises(websockets.ConnectionClosed):
            await event(third, "Snapshot")


async def test_strangers_who_open_websockets_and_say_nothing_keep_nobody_out(tmp_path: Path) -> None:
    async with served(tmp_path) as api, contextlib.AsyncExitStack() as stack:
        for _ in range(connections.MOST_STRANGERS + 10):
            await stack.enter_async_context(api.listener(None, close_timeout=0))
        async with api.listener(None) as listener:
            await listener.send(json.dumps({"token": api.tokens[Role.VIEWER].token}))
            await event(listener, "Snapshot")
        assert (await (await api.client(Role.VIEWER)).get("/api/v1/me")).status_code == 200


async def test_an_answer_held_back_is_forgotten_with_a_client_that_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answering() -> int:
        return sum(
            "RequestGuard" in repr(task.get_coro()) or "run_asgi" in repr(task)
            for task in asyncio.all_tasks()
        )

    monkeypatch.setattr(middleware, "HELD_S", {401: 3600.0})
    async with served(tmp_path) as api:
        before = answering()
        opened = await said(api, head("/api/v1/me", 0, "ibe100_no"), 20)
        await until(lambda: answering() == before + 20, "20 held")
        end(opened)
        await until(lambda: answering() == before, "none held")


async def test_who_guesses_keeps_the_rightful_user_out_at_no_other_address(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        await api.application.access.set_password("ada", SecretStr(PASSWORD))
        guesser = await api.client(None)
        wrong = {"name": "ada", "password": "wrong"}
        while (await guesser.post("/api/v1/login", json=wrong)).status_code != 429:
            pass
        elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with httpx.AsyncClient(base_url=api.url, transport=elsewhere, timeout=60) as rightful:
            made = await rightful.post("/api/v1/login", json={"name": "ada", "password": PASSWORD})
        assert made.json()["user"] == "ada"


async def test_one_user_has_only_some_of_the_places_and_cues_have_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(middleware.MOST_AT_ONCE, "changes", (2, 1))
    monkeypatch.setattr(middleware, "HELD_S", {})
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Ch 1"))
        entered, go_on = asyncio.Event(), asyncio.Event()

        async def slow(_name: str) -> Path:
            entered.set()
            await go_on.wait()
            return tmp_path

        monkeypatch.setattr(api.application.profiles, "save", slow)
        engineer, admin = await api.client(Role.ENGINEER), await api.client(Role.ADMIN)
        first = asyncio.create_task(engineer.put("/api/v1/profiles/house"))
        await entered.wait()
        assert "too many requests" in words(await engineer.put("/api/v1/alarm-rules/x", json={}), 503)
        assert (await admin.put("/api/v1/alarm-rules/x", json={})).status_code == 404
        for role in (Role.ENGINEER, Role.OPERATOR):
            client = await api.client(role)
            assert (await client.post(CUE, json={"action": "CRASH OUT"}, headers=key())).status_code == 409
        go_on.set()
        assert (await first).status_code == 200
