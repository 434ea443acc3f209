"""Events by the client: a lost connection goes on where it ended, on asyncio and without."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from api_rig import Served, served
from ibe100.models.messages import NoticePosted
from ibe100.models.rights import Role
from ibe100_client import AnswerLost, Client, Refused
from ibe100_client.asynchronous import AsyncClient
from ibe100_client.values import Event


def post(api: Served, text: str) -> None:
    api.application._publish(NoticePosted(at=1.0, level="info", text=text))


def cut(api: Served) -> None:
    """End the connection of every listener, as a network does."""
    for connection in list(api.listeners._listening):
        connection.abort()


async def until_listening(api: Served) -> None:
    async with asyncio.timeout(60):
        while not len(api.listeners):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def followed(api: Served) -> AsyncIterator[queue.Queue[Event]]:
    """Events of the client that waits for each, on a thread."""
    found: queue.Queue[Event] = queue.Queue()
    client = Client(api.url, api.tokens[Role.VIEWER].token)

    def follow() -> None:
        for event in client.events(types=["NoticePosted"]):
            found.put(event)
            if event.data.get("text") == "end":
                return

    following = asyncio.create_task(asyncio.to_thread(follow))
    yield found
    await following


async def test_what_happened_while_the_connection_was_away_comes_after_it(tmp_path: Path) -> None:
    async with (
        served(tmp_path) as api,
        AsyncClient(api.url, api.tokens[Role.VIEWER].token) as client,
        asyncio.timeout(100),
    ):
        events = client.events(types=["NoticePosted"])
        assert (await anext(events)).type == "Snapshot"
        post(api, "first")
        assert (await anext(events)).data["text"] == "first"
        cut(api)
        post(api, "missed")
        told = [await anext(events) for _ in range(3)]
        assert [one.type for one in told] == ["ConnectionLost", "Resumed", "NoticePosted"]
        assert told[2].data["text"] == "missed"
        await events.aclose()


async def test_a_program_that_waits_for_each_event_gets_the_same(tmp_path: Path) -> None:
    async with served(tmp_path) as api, asyncio.timeout(100), followed(api) as found:

        async def take() -> Event:
            return await asyncio.to_thread(found.get, timeout=60)

        assert (await take()).type == "Snapshot"
        post(api, "first")
        assert (await take()).data["text"] == "first"
        cut(api)
        post(api, "missed")
        assert [(await take()).type for _ in range(3)] == ["ConnectionLost", "Resumed", "NoticePosted"]
        await until_listening(api)
        post(api, "end")
        assert (await take()).data["text"] == "end"


async def test_a_cursor_of_another_server_begins_with_a_snapshot(tmp_path: Path) -> None:
    async with (
        served(tmp_path) as api,
        AsyncClient(api.url, api.tokens[Role.VIEWER].token) as client,
        asyncio.timeout(100),
    ):
        events = client.events(after="0badcafe-7", reconnects=False)
        assert (await anext(events)).type == "Snapshot"
        cut(api)
        with pytest.raises(AnswerLost, match="the connection of events ended"):
            while True:
                await anext(events)


async def test_who_may_not_listen_is_told_and_does_not_try_again(tmp_path: Path) -> None:
    async with served(tmp_path) as api, asyncio.timeout(100):
        async with AsyncClient(api.url, "ibe100_nobody") as stranger:
            with pytest.raises(Refused, match="a valid token is needed") as told:
                await anext(stranger.events())
            assert told.value.status == 401
        async with AsyncClient(api.url, api.tokens[Role.VIEWER].token) as client:
            with pytest.raises(Refused, match="there is no type 'Weather'"):
                await anext(client.events(types=["Weather"]))
