"""Files of planned breaks that are made to be heavy: bounded, linear, and over when their sender is gone."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from api_rig import Served, served, words
from ibe100.models.stream_config import StreamConfig
from ibe100.models.users import Role
from ibe100.services.schedule import plan_check
from ibe100.utils.long_work import Turns, WorkStopped
from services_rig import until

PREVIEW = "/api/v1/schedule/import/preview"
START = "2036-01-01T00:00:00Z"


async def previewed(api: Served, name: str, content: str) -> httpx.Response:
    """The answer to a file that an operator sends."""
    await api.application.streams.add(StreamConfig(name="Ch 1"))
    operator = await api.client(Role.OPERATOR)
    return await operator.post(PREVIEW, params={"name": name}, content=content.encode())


async def test_thousands_of_breaks_that_follow_each_other_take_each_a_moment(tmp_path: Path) -> None:
    """By the square of their number it would be a minute."""
    rows = ["ref,stream,title,start,after,duration", f"0,1,First,{START},,30"]
    rows += [f"{number},1,Next,,{number - 1},30" for number in range(1, 10_000)]
    async with served(tmp_path) as api:
        answer = await previewed(api, "plan.csv", "\n".join(rows))
        assert (answer.status_code, answer.json()["good"]) == (200, 10_000)


async def test_thousands_of_series_are_compared_up_to_a_bound(tmp_path: Path) -> None:
    rows = ["stream,title,start,every_minutes,duration"]
    rows += [f"1,Series,2020-01-01T00:00:{number % 60:02d}Z,1,1" for number in range(2000)]
    async with served(tmp_path) as api:
        answer = await previewed(api, "plan.csv", "\n".join(rows))
        assert answer.json()["good"] == 2000
        assert any("not all of them are compared" in found["text"] for found in answer.json()["findings"])


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("plan.json", json.dumps([{}] * 200_000), "more than 20000 rows"),
        ("plan.json", "[" + "[]," * 700_000 + "[]]", "more than 600000 values"),
        ("plan.json", "[" + "[" * 50_000 + "]" * 50_000 + "]", "is no JSON"),
        ("plan.csv", "stream\n" + "1\n" * 200_000, "more than 20000 rows"),
        ("plan.csv", "stream\n" + "," * 1_000_000, "longer than 100000 characters"),
        ("plan.xml", f"<tv><programme>{'<ad-break/>' * 200_000}</programme></tv>", "more than 20000 rows"),
        ("plan.xml", "<tv>" + "<ad-break/>" * 200_000 + "</tv>", "more than 20000 rows"),
    ],
)
async def test_files_beyond_the_bounds_are_refused_as_a_whole(
    tmp_path: Path, name: str, content: str, refusal: str
) -> None:
    async with served(tmp_path) as api:
        assert refusal in words(await previewed(api, name, content), 422)


async def test_a_cell_beyond_the_bounds_is_refused_alone(tmp_path: Path) -> None:
    rows = [
        {"stream": "1", "after": "#" + "9" * 900, "duration": "1"},
        {"stream": "1", "after": "#" + "9" * 90_000, "duration": "1"},
        {"stream": "1", "start": START, "duration": "30"},
    ]
    async with served(tmp_path) as api:
        answer = (await previewed(api, "plan.json", json.dumps(rows))).json()
        assert (answer["good"], answer["bad"]) == (1, 2)
        assert "longer than 1000 characters" in answer["rows"][1]["error"]


async def test_a_file_is_read_no_further_when_its_sender_is_gone_and_one_of_a_user_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, ended = threading.Event(), threading.Event()

    def endless(_path: Path, _time_zone: str, _streams: Any, turns: Turns) -> Any:
        entered.set()
        try:
            while True:
                turns.step()
        except WorkStopped:
            ended.set()
            raise

    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Ch 1"))
        operator, admin = await api.client(Role.OPERATOR), await api.client(Role.ADMIN)
        with monkeypatch.context() as patch:
            patch.setattr(plan_check, "read_rows", endless)
            sending = asyncio.create_task(operator.post(f"{PREVIEW}?name=plan.csv", content=b"stream\n"))
            await until(entered.is_set, "the reading")
            second = await operator.post(f"{PREVIEW}?name=plan.csv", content=b"stream\n")
            assert "too many requests" in words(second, 503)
            sending.cancel()
            await until(ended.is_set, "the end of the reading")
        assert (await admin.post(f"{PREVIEW}?name=plan.csv", content=b"stream\n")).status_code == 200
        assert (await operator.post(f"{PREVIEW}?name=plan.csv", content=b"stream\n")).status_code == 200
