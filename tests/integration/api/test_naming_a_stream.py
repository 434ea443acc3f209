"""One answer to "which stream", whoever asks: command line, HTTP, WebSocket, files of planned breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import httpx
import pytest
import websockets

from api_rig import Served, at_socket, key, served
from demo_rig import cli
from ibe100.database.database import Database
from ibe100.database.records import StoredStream
from ibe100.models.cues.schedule import At, BreakPlan
from ibe100.models.rights import Role
from ibe100.models.stream_config import StreamConfig
from services_rig import console

AT, DURATION_S = "2040-01-01T20:00:00Z", 30
STREAMS = (
    (1, "sport", "2"),
    (2, "news", "News"),
    (3, "7", "7"),
    (4, "twin", "Twin"),
    (5, "twin-2", "Twin"),
    (6, "0x1f", "0x1F"),
    (8, "1", "Eight"),
)
"""As an older version may have left them: names and ids of digits alone among them."""
MEANT = {
    "2": "news",
    "news": "news",
    "News": "news",
    "sport": "sport",
    "7": "7",
    "3": "7",
    "5": "twin-2",
    "twin": "twin",
    "0x1F": "0x1f",
    "6": "0x1f",
    "8": "1",
    "1": "'1' could mean 1 2 (id sport) or 8 Eight (id 1)",
    "Twin": "'Twin' could mean 4 Twin (id twin) or 5 Twin (id twin-2)",
    "31": "there is no stream '31' (digits alone are its number); there are: 1 2, 2 News, 3 7, 4 Twin,",
    "NEWS": "there is no stream 'NEWS'; there are: 1 2, 2 News, 3 7, 4 Twin,",
}
"""By what is typed: the stream_id, or how the refusal begins."""
AMBIGUOUS = 409


@dataclass(frozen=True)
class House:
    """A console with that list, its API and its command line."""

    api: Served
    operator: httpx.AsyncClient
    data_dir: Path

    def cues(self) -> list[tuple[int, str]]:
        cues = self.api.application.cues
        return [(cue.cue_id, cue.stream_id) for _, stream_id, _ in STREAMS for cue in cues.recent(stream_id)]

    async def typed(self, *arguments: str | Path) -> tuple[int, str]:
        ended = await asyncio.to_thread(cli, *arguments, "--data-dir", self.data_dir)
        return ended.code, ended.out if ended.code == 0 else ended.err.removeprefix("ibe100: ")


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    (tmp_path / "run").mkdir(mode=0o700)
    data_dir = tmp_path / "data"
    async with console(data_dir) as application:
        file = application.folders.database_file
    database = await Database.open(file)
    for number, stream_id, name in STREAMS:
        config = StreamConfig(name=name)
        await database.streams.save(StoredStream(stream_id=stream_id, number=number, config=config))
    await database.close()
    async with served(data_dir) as api, at_socket(api.application, data_dir):
        yield House(api, await api.client(Role.OPERATOR), data_dir)


async def cue_typed(house: House, wanted: str) -> str:
    """The streams are off: each cue is refused, and on record with the stream it was meant for."""
    before = set(house.cues())
    code, words = await house.typed("cue", "to-break", wanted)
    assert code == 3
    return next((stream_id for _, stream_id in set(house.cues()) - before), words)


async def cue_posted(house: House, wanted: str) -> str:
    before = set(house.cues())
    place = f"/api/v1/streams/{quote(wanted)}/cues"
    answer = await house.operator.post(place, json={"action": "TO BREAK"}, headers=key())
    return next((stream_id for _, stream_id in set(house.cues()) - before), _refusal(answer))


async def break_typed(house: House, wanted: str) -> str:
    place = ("schedule", "add", wanted, "--start", AT, "--duration", str(DURATION_S))
    code, words = await house.typed(*place)
    return await _planned(house) if code == 0 else words


async def break_posted(house: House, wanted: str) -> str:
    plan = {"stream_id": wanted, "when": {"kind": "at", "at": 2_208_988_800}, "duration_s": DURATION_S}
    answer = await house.operator.post("/api/v1/schedule", json=plan)
    return await _planned(house) if answer.status_code == 201 else _refusal(answer)


async def row_of_csv(house: House, wanted: str) -> str:
    return await _imported(house, "day.csv", f"stream,start,duration\n{wanted},{AT},{DURATION_S}\n")


async def row_of_json(house: House, wanted: str) -> str:
    stream = int(wanted) if wanted.isdecimal() else wanted
    rows = [{"stream": stream, "start": AT, "duration": DURATION_S}]
    return await _imported(house, "day.json", json.dumps(rows))


async def channel_of_xmltv(house: House, wanted: str) -> str:
    programme = f'<programme start="20400101200000 +0000" channel={quoteattr(wanted)}>'
    body = f'{programme}<ad-break offset="0" duration="{DURATION_S}"/></programme>'
    return await _imported(house, "day.xml", f"<tv>{body}</tv>")


async def query_of_http(house: House, wanted: str) -> str:
    answer = await house.operator.get("/api/v1/history/cues", params={"stream": wanted})
    return str(answer.json()["query"]["stream_id"]) if answer.status_code == 200 else _refusal(answer)


async def as_run_of_http(house: House, wanted: str) -> str:
    answer = await house.operator.get("/api/v1/as-run", params={"day": "2026-11-22", "stream": wanted})
    return str(answer.json()["stream_id"]) if answer.status_code == 200 else _refusal(answer)


async def as_run_typed(house: House, wanted: str) -> str:
    file = house.data_dir / "day.json"
    code, words = await house.typed("asrun", "--stream", wanted, "--day", "2026-11-22", "--output", file)
    return str(json.loads(file.read_bytes())["stream_id"]) if code == 0 else words


async def websocket(house: House, wanted: str) -> str:
    async with house.api.listener(query=f"?stream={quote(wanted)}") as connection:
        try:
            told = json.loads(await connection.recv())
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.reason
    return str(told["streams"][0]["stream_id"])


ASKED = (
    cue_typed,
    cue_posted,
    break_typed,
    break_posted,
    row_of_csv,
    row_of_json,
    channel_of_xmltv,
    query_of_http,
    as_run_of_http,
    as_run_typed,
    websocket,
)


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__)
async def test_every_way_in_means_the_same_stream(
    house: House, ask: Callable[[House, str], Awaitable[str]]
) -> None:
    ids = {stream_id for _, stream_id, _ in STREAMS}
    for wanted, meant in MEANT.items():
        found = await ask(house, wanted)
        assert found == meant if meant in ids else found.startswith(meant), f"{wanted}: {found}"


async def _planned(house: House) -> str:
    (one,) = house.api.application.schedule.list()
    await house.api.application.schedule.remove([one.break_id])
    return one.stream_id


async def _imported(house: House, name: str, text: str) -> str:
    answer = await house.operator.post("/api/v1/schedule/import/preview", params={"name": name}, content=text)
    (row,) = answer.json()["rows"]
    return str(row["plan"]["stream_id"] if row["plan"] else row["error"])


def _refusal(answer: httpx.Response) -> str:
    words = str(answer.json()["error"])
    assert answer.status_code == (404 if words.startswith("there is no stream") else AMBIGUOUS), words
    return words


async def test_the_list_says_which_name_reaches_no_stream_and_a_new_name_mends_it(house: House) -> None:
    _, listed = await house.typed("stream", "list")
    assert listed.splitlines()[-2:] == [
        f"Stream {number}: its name {name} reads as a number, and does not reach it."
        for number, name in ((1, "2"), (3, "7"))
    ]
    code, words = await house.typed("stream", "add", "101")
    assert (code, words) == (3, "name '101': digits alone are the number of a stream; add a letter\n")
    engineer = await house.api.client(Role.ENGINEER)
    refused = await engineer.put("/api/v1/streams/8", json={"name": "8"})
    assert (refused.status_code, refused.json()["kind"]) == (422, "invalid")
    assert (await engineer.post("/api/v1/streams", json={"name": "٨"})).status_code == 422
    refused = await engineer.put("/api/v1/profiles/evening")
    assert (refused.status_code, refused.json()["error"].partition(":")[0]) == (422, "stream 1")
    assert (await engineer.put("/api/v1/streams/sport", json={"name": "Sport"})).status_code == 200
    assert await cue_typed(house, "Sport") == await cue_posted(house, "Sport") == "sport"


async def test_an_export_names_each_stream_so_that_it_is_found_again(house: House, tmp_path: Path) -> None:
    schedule = house.api.application.schedule
    for at, (_, stream_id, _) in enumerate(STREAMS):
        plan = BreakPlan(stream_id=stream_id, when=At(at=2_208_988_800 + 60 * at), duration_s=DURATION_S)
        await schedule.add(plan)
    _, exported = await house.typed("schedule", "export")
    (tmp_path / "day.csv").write_text(exported)
    preview = await schedule.preview_import(tmp_path / "day.csv")
    found = [row.plan.stream_id if row.plan else row.error for row in preview.rows]
    assert found == [stream_id for _, stream_id, _ in STREAMS]
