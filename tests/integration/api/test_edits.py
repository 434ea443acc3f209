"""Edits from an older state are refused, and what the window's ports can do is done over HTTP."""

from __future__ import annotations

import asyncio
import struct
import zlib
from pathlib import Path

import httpx

from api_rig import served, words
from ibe100.api.routes.pictures import png
from ibe100.models.alarms.confidence import Picture
from ibe100.models.rights import Role

STREAM = {"name": "News", "input": {"kind": "test_pattern"}, "output": {"kind": "none"}}


async def edited(client: httpx.AsyncClient, path: str, *bodies: dict[str, object]) -> None:
    """Two changes from one state: the second is refused, and is taken with the tag of the first."""
    first = await client.get(path)
    tag = first.headers["etag"]
    assert (await client.get(path)).headers["etag"] == tag, "the same state has the same tag"
    done = await client.put(path, json=bodies[0], headers={"If-Match": tag})
    assert done.status_code == 200, done.text
    stale = await client.put(path, json=bodies[1], headers={"If-Match": tag})
    assert "somebody has changed this" in words(stale, 412)
    assert stale.json()["kind"] == "stale"
    again = await client.put(path, json=bodies[1], headers={"If-Match": done.headers["etag"]})
    assert again.status_code == 200, again.text
    assert (await client.put(path, json=bodies[0])).status_code == 200, "without a tag the last one wins"


async def test_two_changes_from_one_state_do_not_lose_one(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        client = await api.client(Role.ENGINEER)
        assert (await client.post("/api/v1/streams", json=STREAM)).status_code == 201
        await edited(client, "/api/v1/streams/1", STREAM | {"name": "A"}, STREAM | {"name": "B"})
        plan = {"stream_id": "1", "when": {"kind": "at", "at": 2_208_988_800}, "duration_s": 30}
        planned = (await client.post("/api/v1/schedule", json=plan)).json()
        path = f"/api/v1/schedule/{planned['break_id']}"
        await edited(client, path, plan | {"title": "A"}, plan | {"title": "B"})
        (shipped, *_) = (await client.get("/api/v1/contracts/templates")).json()
        own = shipped | {"name": "Ours"}
        assert (await client.post("/api/v1/contracts", json=own)).status_code == 201
        await edited(client, "/api/v1/contracts/own/Ours", own | {"description": "Edited"}, own)
        await edited(client, "/api/v1/alarm-rules/input_lost", {"on_delay_s": 7.0}, {"on_delay_s": 9.0})


async def test_of_changes_that_come_at_once_from_one_state_one_is_taken(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        client = await api.client(Role.ENGINEER)
        await client.post("/api/v1/streams", json=STREAM)
        tag = (await client.get("/api/v1/streams/1")).headers["etag"]
        came = await asyncio.gather(
            *(
                client.put("/api/v1/streams/1", json=STREAM | {"name": f"N{n}"}, headers={"If-Match": tag})
                for n in range(4)
            )
        )
        assert sorted(one.status_code for one in came) == [200, 412, 412, 412]


async def test_the_list_of_streams_is_changed_as_at_the_window(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        client = await api.client(Role.ENGINEER)
        await client.post("/api/v1/streams", json=STREAM)
        copy = (await client.post("/api/v1/streams/1/duplicate")).json()
        assert copy["number"] == 2
        refused = await client.post("/api/v1/streams/many", json={"act": "delete", "streams": ["1", "2"]})
        assert refused.json() == []
        gone = (await client.get("/api/v1/deleted-streams")).json()
        assert {one["number"] for one in gone} == {1, 2}
        back = await client.post(f"/api/v1/deleted-streams/{gone[0]['deleted_id']}/restore")
        assert back.status_code == 200, back.text
        assert [one["number"] for one in (await client.get("/api/v1/streams")).json()] == [
            back.json()["number"]
        ]


async def test_a_picture_is_asked_for_and_its_preview_ends_with_the_server(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        engineer, viewer = await api.client(Role.ENGINEER), await api.client(Role.VIEWER)
        await engineer.post("/api/v1/streams", json=STREAM)
        assert "there is no picture of News yet" in words(await viewer.get("/api/v1/streams/1/picture"), 409)
        sight = (await viewer.get("/api/v1/streams/1/preview")).json()
        assert (sight["preview"]["is_on"], sight["levels"]) == (False, None)
        stream_id = api.application.streams.streams()[0].stream_id
        assert stream_id in {one for wanted in api.application.preview._wanted.values() for one in wanted}
    assert not any(api.application.preview._wanted.values())


def test_a_picture_is_a_png_with_its_pixels() -> None:
    pixels = bytes(range(2 * 3 * 3))
    picture = Picture(stream_id="s", taken_at=1.0, monotonic_s=1.0, width=2, height=3, pixels=pixels)
    content = png(picture)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (2, 3)
    begin = content.index(b"IDAT") + 4
    rows = zlib.decompress(content[begin : content.index(b"IEND") - 8])
    assert b"".join(rows[start + 1 : start + 7] for start in range(0, len(rows), 7)) == pixels
