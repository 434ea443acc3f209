"""The API's Unix socket: whoever runs the console needs no token there, and is named by the kernel."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path

from ibe100.api.guard.accepting import take_connections
from ibe100.models.actor import Actor, person_of
from ibe100.models.errors import StorageError
from ibe100.runner.launch import short_socket_path

MOST_WAITING = 100
PRIVATE_FOLDER = 0o700
LOOK_S = 1.0
ROOT = 0
CREDENTIALS = struct.Struct("3i")
"""pid, uid and gid of the peer: struct ucred of unix(7)."""


def socket_path(data_dir: Path) -> Path:
    """Path of the socket on which the console or server of `data_dir` listens."""
    return data_dir / "console" / "api.sock"


class LocalListening:
    """Listens in a folder that only this user can enter. Raises StorageError where it cannot.

    A socket that is deleted or replaced is made again; who is connected stays so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listening: socket.socket | None = _listen(path)

    @property
    def url(self) -> str:
        """Place of the socket, for messages."""
        return f"unix:{self.path}"

    def waiting(self) -> socket.socket | None:
        """The socket on which the first connections wait."""
        return self._listening

    async def take(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Give each connection a protocol, for ever."""
        while True:
            listening = self._listening or _listen(self.path)
            self._listening = None
            with listening:
                identity = _identity(self.path)
                taking = asyncio.create_task(take_connections(listening, protocol))
                try:
                    while _identity(self.path) == identity and not taking.done():
                        await asyncio.sleep(LOOK_S)
                finally:
                    taking.cancel()
                    await asyncio.gather(taking, return_exceptions=True)

    def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.close()
        self.path.unlink(missing_ok=True)


def peer_of(connection: socket.socket | None) -> Actor | None:
    """The person at the other end of a Unix socket, by the kernel's word; None at any other socket.

    Where the kernel has no word it is our own user: nobody else enters the folder. Raises PermissionError for
    another user than ours and root.
    """
    if connection is None or connection.family != socket.AF_UNIX:
        return None
    if not hasattr(socket, "SO_PEERCRED"):
        return person_of()
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    _, uid, _ = CREDENTIALS.unpack(credentials)
    if uid not in (os.getuid(), ROOT):
        raise PermissionError(f"user {uid} is at the API's Unix socket")
    return person_of(uid)


def _listen(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _private_folder(path.parent)
        path.unlink(missing_ok=True)
        with short_socket_path(path) as name:
            listening.bind(name)
        path.chmod(0o600)
        listening.listen(MOST_WAITING)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise StorageError(f"the API's socket {path} cannot be made: {error.strerror}") from error
    except StorageError:
        listening.close()
        raise
    return listening


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _private_folder(folder: Path) -> None:
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise StorageError(f"{folder} must be a folder that only this user can enter; remove it")
