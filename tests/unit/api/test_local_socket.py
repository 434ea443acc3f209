"""The API's Unix socket: there for as long as somebody serves, whatever is done to its file."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ibe100.api import local_socket
from ibe100.api.local_socket import LocalListening, peer_of, socket_path
from ibe100.models.actor import person_of
from ibe100.models.errors import StorageError


class _Greets(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")
        transport.close()


@asynccontextmanager
async def listening(data_dir: Path) -> AsyncIterator[Path]:
    one = LocalListening(socket_path(data_dir))
    taking = asyncio.create_task(one.take(_Greets))
    try:
        yield one.path
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        one.close()


async def answers(path: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    try:
        return await reader.read() == b"hello"
    except ConnectionError:
        return False
    finally:
        writer.close()


async def until_answering(path: Path) -> None:
    async with asyncio.timeout(30):
        while not await answers(path):
            await asyncio.sleep(0.01)


async def test_a_socket_that_is_deleted_or_replaced_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_socket, "LOOK_S", 0.02)
    async with listening(tmp_path) as path:
        await until_answering(path)
        path.unlink()
        await until_answering(path)
        path.unlink()
        path.write_text("in the way")
        await until_answering(path)
    assert not path.exists()


async def test_only_this_user_can_come_near_it(tmp_path: Path) -> None:
    async with listening(tmp_path) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.parent.chmod(0o755)
    with pytest.raises(StorageError, match="must be a folder that only this user can enter"):
        LocalListening(path)


def test_the_kernel_names_who_is_at_the_other_end_and_strangers_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert peer_of(ours) == person_of()
        monkeypatch.setattr(local_socket.os, "getuid", lambda: os.geteuid() + 4711)
        monkeypatch.setattr(local_socket, "ROOT", -1)
        with pytest.raises(PermissionError, match="is at the API's Unix socket"):
            peer_of(ours)
    with socket.create_server(("127.0.0.1", 0)) as over_tcp:
        assert peer_of(over_tcp) is None
    assert peer_of(None) is None
