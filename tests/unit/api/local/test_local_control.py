"""The command line's socket: there for as long as somebody serves, whatever is done to its file."""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ibe100.api.local import local_control as control
from ibe100.models.errors import OperatorError
from ibe100.runner.launch import short_socket_path

NOBODY = cast(Any, SimpleNamespace(streams=None))
NO_STREAMS = cast(
    Any, SimpleNamespace(streams=SimpleNamespace(streams=tuple), cues=SimpleNamespace(fire=None))
)


async def answers(data_dir: Path) -> bool:
    try:
        await control.ask(data_dir, {"cmd": "no such command"})
    except control.NotRunning:
        return False
    except OperatorError as error:
        return "is not known" in str(error)
    return False


async def until_answering(data_dir: Path) -> None:
    end = time.monotonic() + 30.0
    while not await answers(data_dir):
        assert time.monotonic() < end, "nobody answers"
        await asyncio.sleep(0.01)


async def test_a_socket_that_is_deleted_or_replaced_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "LOOK_S", 0.02)
    path = control.socket_path(tmp_path)
    async with control.local_control(NOBODY, tmp_path):
        await until_answering(tmp_path)
        path.unlink()
        await until_answering(tmp_path)
        path.unlink()
        path.write_text("in the way")
        await until_answering(tmp_path)
    assert not path.exists()


async def connected(data_dir: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    with short_socket_path(control.socket_path(data_dir)) as name:
        return await asyncio.open_unix_connection(name)


@pytest.mark.parametrize(
    "line",
    [b"[" * 60_000, b"{" + b'"a":' * 60_000, b"\xff\xfe{", b"1" * 9000, b'"x"', b'{"cmd": "fire", "cue": 3}'],
)
async def test_nonsense_is_refused_in_words_and_the_next_request_is_answered(
    tmp_path: Path, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with control.local_control(NO_STREAMS, tmp_path):
        reader, writer = await connected(tmp_path)
        for sent in (line, b'{"cmd": "no such command"}'):
            writer.write(sent + b"\n")
            reply = json.loads(await reader.readline())
            assert (reply["ok"], "see errors.log" in reply["error"]) == (False, False)
        writer.close()
    assert caplog.records == []


async def test_commands_that_ask_for_nothing_give_way_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "MOST_CLIENTS", 3)
    async with control.local_control(NOBODY, tmp_path):
        silent = [await connected(tmp_path) for _ in range(6)]
        for _, writer in silent:
            writer.write(b'{"cmd": ')
        await until_answering(tmp_path)
        for reader, _ in silent[:3]:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        for _, writer in silent:
            writer.close()


async def test_a_request_that_does_not_come_to_its_end_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ASK_TIMEOUT_S", 0.05)
    async with control.local_control(NOBODY, tmp_path):
        reader, writer = await connected(tmp_path)
        writer.write(b'{"cmd": ')
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
