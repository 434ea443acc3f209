"""The WebSocket of events: what comes, what does not, and how it ends."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import websockets

from api_rig import closing, event, served
from ibe100.api import listeners
from ibe100.models.alarms.confidence import Picture
from ibe100.models.messages import NoticePosted, PictureTaken, StreamLogged
from ibe100.models.rights import Role
from ibe100.models.stream_config import StreamConfig
from services_rig import until

LINE = "x" * 1000


def logged(text: str, stream_id: str = "ch-1") -> StreamLogged:
    return StreamLogged(stream_id=stream_id, at=1.0, level="info", text=text)


async def test_the_snapshot_is_followed_by_every_change_of_it(tmp_path: Path) -> None:
    """Streams that are added while a listener comes are in the snapshot or told after it, never neither."""
    async with served(tmp_path) as api:
        engineer = await api.client(Role.ENGINEER)

        async def add(number: int) -> None:
            await engineer.post("/api/v1/streams", json={"name": f"Channel {number}"})

        await add(0)
        adding = asyncio.create_task(asyncio.wait([asyncio.create_task(add(n)) for n in range(1, 9)]))
        async with api.listener(query="?type=StreamStateChanged") as listener:
            first = json.loads(await listener.recv())
            assert (first["type"], first["alarms"]) == ("Snapshot", [])
            known = {stream["config"]["name"] for stream in first["streams"]}
            while len(known) < 9:
                known.add(json.loads(await listener.recv())["stream"]["config"]["name"])
        await adding


async def test_the_token_may_come_as_the_first_message_with_what_is_wanted(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        for name in ("A", "B"):
            await api.application.streams.add(StreamConfig(name=name))
        a, b = (view.stream_id for view in api.application.streams.streams())
        async with api.listener(None) as listener:
            asked = {"token": api.tokens[Role.VIEWER].token, "streams": ["B"], "types": ["StreamLogged"]}
            await listener.send(json.dumps(asked))
            snapshot = json.loads(await listener.recv())
            assert [stream["stream_id"] for stream in snapshot["streams"]] == [b]
            for message in (
                logged("of A", a),
                NoticePosted(at=1.0, level="info", text="another type"),
                logged("of B", b),
            ):
                api.application._publish(message)
            told = json.loads(await listener.recv())
            assert told.pop("cursor")
            assert told == {
                "type": "StreamLogged",
                "stream_id": b,
                "at": 1.0,
                "level": "info",
                "text": "of B",
            }


async def test_what_is_of_no_single_stream_is_told_to_who_wants_one(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="A"))
        async with api.listener(query="?stream=1&type=NoticePosted") as listener:
            await event(listener, "Snapshot")
            api.application._publish(NoticePosted(at=1.0, level="error", text="of the house"))
            assert (await event(listener, "NoticePosted"))["text"] == "of the house"


@pytest.mark.parametrize(
    ("first", "code", "reason"),
    [
        ('{"token": "ibe100_wrong"}', listeners.NOT_SIGNED_IN, "a valid token is needed"),
        ("{}", listeners.NOT_SIGNED_IN, "a valid token is needed"),
        ("hello", listeners.NOT_UNDERSTOOD, "the first message is"),
        (b"\x00", listeners.NOT_UNDERSTOOD, "the first message is"),
    ],
)
async def test_who_says_no_valid_token_is_shown_the_door(
    tmp_path: Path, first: Any, code: int, reason: str
) -> None:
    async with served(tmp_path) as api, api.listener(None) as listener:
        await listener.send(first)
        closed, said = await closing(listener)
        assert closed == code
        assert said.startswith(reason)


async def test_what_is_wanted_must_be_there(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        for query, reason in (("?stream=9", "there is no stream '9'"), ("?type=Nothing", "there is no type")):
            async with api.listener(query=query) as listener:
                code, said = await closing(listener)
                assert (code, said[: len(reason)]) == (listeners.NOT_UNDERSTOOD, reason)


async def test_who_says_nothing_is_shown_the_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "TOKEN_TIMEOUT_S", 0.05)
    async with served(tmp_path) as api, api.listener(None) as listener:
        assert (await closing(listener))[0] == listeners.NOT_SIGNED_IN


async def test_a_wrong_token_in_the_header_and_a_web_page_are_refused_before_the_handshake(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as api:
        place = f"{api.url.replace('http', 'ws')}/api/v1/events"
        for headers, status in (
            ({"Authorization": "Bearer ibe100_wrong"}, 401),
            ({"Origin": "https://elsewhere.example"}, 403),
        ):
            with pytest.raises(websockets.InvalidStatus) as refused:
                async with websockets.connect(place, additional_headers=headers, open_timeout=60):
                    pass
            assert refused.value.response.status_code == status
            assert json.loads(refused.value.response.body)["error"]


@pytest.mark.parametrize("end", ["revoked", "user removed", "logged out"])
async def test_a_token_that_ends_closes_its_listeners_at_once_and_no_others(tmp_path: Path, end: str) -> None:
    async with served(tmp_path) as api:
        admin = await api.client(Role.ADMIN)
        async with api.listener() as ending, api.listener(Role.OPERATOR) as staying:
            await event(ending, "Snapshot")
            await event(staying, "Snapshot")
            match end:
                case "revoked":
                    await admin.delete(f"/api/v1/tokens/{api.tokens[Role.VIEWER].token_id}")
                case "user removed":
                    await admin.delete("/api/v1/users/vera")
                case _:
                    await (await api.client(Role.VIEWER)).post("/api/v1/logout")
            assert await closing(ending) == (listeners.NOT_SIGNED_IN, "the token is not valid any more")
            api.application._publish(logged("still here"))
            assert (await event(staying, "StreamLogged"))["text"] == "still here"


async def test_a_listener_that_falls_behind_is_closed_with_a_reason_and_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "MOST_BEHIND", 200)
    monkeypatch.setattr("ibe100.api.guard.protocols.PARTING_S", 60)
    async with (
        served(tmp_path) as api,
        api.listener() as quick,
        api.listener(query="?type=StreamLogged", max_queue=1) as slow,
    ):
        await event(quick, "Snapshot")

        async def read_all() -> None:
            while (await event(quick, "StreamLogged"))["text"] != "last":
                pass

        reading = asyncio.create_task(read_all())
        bus = api.application._bus
        everybody = len(bus._subscriptions)
        sent = 0
        while len(bus._subscriptions) == everybody:  # until the slow one's subscription is closed
            for _ in range(100):
                api.application._publish(logged(f"{sent}{LINE}"))
                sent += 1
            # The quick one has to have read what is sent before more is.
            await until(lambda: bus.facts_behind() == 0 or _behind(bus) < 2, "the quick one")
        api.application._publish(logged("last"))
        await reading
        code, reason = await closing(slow)
        assert (code, reason) == (listeners.FELL_BEHIND, "fell behind: connect again for a snapshot")


def _behind(bus: Any) -> int:
    """How many subscribers have facts to read."""
    return sum(subscription.facts_behind > 0 for subscription in bus._subscriptions)


async def test_a_burst_of_facts_is_told_in_pieces_so_that_others_get_their_turn(tmp_path: Path) -> None:
    async with served(tmp_path) as api, api.listener(query="?type=StreamLogged") as listener:
        await event(listener, "Snapshot")
        bus = api.application._bus
        for number in range(1000):
            api.application._publish(logged(f"fact {number}"))
        left = [1000]
        while left[-1]:
            await asyncio.sleep(0)
            left.append(bus.facts_behind())
        steps = [before - after for before, after in itertools.pairwise(left)]
        assert max(steps) <= 2 * listeners.STRETCH
        for number in range(1000):
            assert json.loads(await listener.recv())["text"] == f"fact {number}"


async def test_a_listener_that_takes_nothing_at_all_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "SEND_TIMEOUT_S", 0.1)
    monkeypatch.setattr("ibe100.api.guard.protocols.PARTING_S", 0.1)
    async with served(tmp_path) as api:
        stuck = _shake_hands(api.url, api.tokens[Role.VIEWER].token)
        await until(lambda: len(api.listeners) == 1, "the listener")
        while len(api.listeners) == 1:
            api.application._publish(logged(LINE * 20))
            await asyncio.sleep(0)
        server = next(task for task in asyncio.all_tasks() if task.get_name() == "API")
        assert not server.done()
        stuck.close()


async def test_a_bug_ends_one_listener_and_shows_nothing_of_the_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as api, api.listener(query="?type=StreamLogged") as listener:
        await event(listener, "Snapshot")

        def broken(_encoder: object, _message: object) -> str:
            raise RuntimeError("the inside")

        with monkeypatch.context() as patch:
            patch.setattr(listeners.Encoder, "text", broken)
            api.application._publish(logged("anything"))
            assert await closing(listener) == (1011, "an error of the console; see errors.log")
        async with api.listener(query="?type=StreamLogged") as another:
            await event(another, "Snapshot")
            api.application._publish(logged("all is well"))
            assert (await event(another, "StreamLogged"))["text"] == "all is well"


async def test_there_are_only_so_many_listeners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "MOST_LISTENERS", 1)
    async with served(tmp_path) as api:
        async with api.listener() as first:
            await event(first, "Snapshot")
            async with api.listener() as second:
                assert await closing(second) == (listeners.TOO_MANY, "1 listen already")
        await until(lambda: len(api.listeners) == 0, "the end of the first")
        async with api.listener() as third:
            await event(third, "Snapshot")


async def test_pictures_come_only_to_who_asks_for_them(tmp_path: Path) -> None:
    picture = Picture(stream_id="ch-1", taken_at=1, monotonic_s=1, width=1, height=1, pixels=b"\xff\x00\x80")
    async with (
        served(tmp_path) as api,
        api.listener() as all_else,
        api.listener(query="?type=PictureTaken") as pictures,
    ):
        await event(all_else, "Snapshot")
        await event(pictures, "Snapshot")
        api.application._publish(PictureTaken(picture=picture))
        api.application._publish(logged("after it"))
        assert (await event(pictures, "PictureTaken"))["picture"]["pixels"] == "/wCA"
        while (told := json.loads(await all_else.recv()))["type"] != "StreamLogged":
            assert told["type"] != "PictureTaken"


async def test_the_end_is_told_to_who_listens_and_waits_for_no_client(tmp_path: Path) -> None:
    """One listens, one takes nothing, one never finishes its request, one never begins it."""
    async with served(tmp_path) as api:
        listening = api.listener()
        listener = await listening.__aenter__()
        await event(listener, "Snapshot")
        host, port = api.url.removeprefix("http://").split(":")
        stuck = _shake_hands(api.url, api.tokens[Role.VIEWER].token)
        half = socket.create_connection((host, int(port)))
        half.sendall(f"POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\n{{".encode())
        silent = socket.create_connection((host, int(port)))
        for _ in range(200):
            api.application._publish(logged(LINE * 20))
        reading = asyncio.create_task(closing(listener))
    # The server has ended: nothing of it listens, and nothing of it runs.
    code, _ = await reading
    assert code in (listeners.GOING_AWAY, 1006, 1012)
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), timeout=1)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "API"] == []
    for one in (stuck, half, silent):
        one.close()
    await listening.__aexit__(None, None, None)


async def test_a_listener_is_told_that_the_console_ends(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        listening = api.listener()
        listener = await listening.__aenter__()
        await event(listener, "Snapshot")
        reading = asyncio.create_task(closing(listener))
    assert await reading == (listeners.GOING_AWAY, "the console ends")
    await listening.__aexit__(None, None, None)


def _shake_hands(url: str, token: str) -> socket.socket:
    """A listener that reads nothing any more."""
    host, port = url.removeprefix("http://").split(":")
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    connection.sendall(
        f"GET /api/v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    return connection
