"""The command line's socket: there for as long as somebody serves, whatever is done to its file."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ibe100.api.local import local_control as control
from ibe100.models.errors import OperatorError

NOBODY = cast(Any, SimpleNamespace(streams=None))


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
