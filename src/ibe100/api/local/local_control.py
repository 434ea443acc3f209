"""The command line's way into a running console or server: JSON lines over a Unix socket of this user."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import stat
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ibe100.api.accepting import take_connections
from ibe100.api.local.schedule_commands import schedule_command
from ibe100.api.local.user_commands import access_command
from ibe100.models.actor import Actor, person_of
from ibe100.models.backup import BackupRequest, SupportRequest
from ibe100.models.base import build
from ibe100.models.errors import ConfigurationError, OperatorError, StorageError
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueRequest
from ibe100.models.stream_config import StreamConfig
from ibe100.runner.launch import short_socket_path
from ibe100.services.audit_trail import act_as
from ibe100.services.ports import Services
from ibe100.services.streams.which_stream import which_stream
from ibe100.utils.bounded_json import read_json
from ibe100.utils.tasks import keep_running

LONGEST_LINE = 1 << 20
MOST_VALUES = 60_000
"""Members of objects and lists in one request: as many planned breaks can be removed at once."""
MOST_CLIENTS = 64
"""Commands that are connected at once; the oldest that has asked for nothing gives way."""
ASK_TIMEOUT_S = 30.0
"""From the connection, or the last answer, to the end of a request."""
TAKE_TIMEOUT_S = 30.0
MOST_WAITING = 100
PRIVATE_FOLDER = 0o700
LOOK_S = 1.0
CREDENTIALS = struct.Struct("3i")
"""pid, uid and gid of the peer: struct ucred of unix(7)."""

_log = logging.getLogger(__name__)


class NotRunning(OperatorError):
    """No console or server answers on this data folder."""


def socket_path(data_dir: Path) -> Path:
    """Path of the socket on which the console or server of `data_dir` listens."""
    return data_dir / "console" / "control.sock"


@asynccontextmanager
async def local_control(services: Services, data_dir: Path) -> AsyncIterator[None]:
    """Answer the command line for as long as the context lasts. Raises StorageError.

    A socket that is deleted or replaced is made again; who is connected stays so.
    """
    path = socket_path(data_dir)
    made = [_listen(path)]
    answering = keep_running(lambda: _answer(services, path, made), "the command line's socket")
    try:
        yield
    finally:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        path.unlink(missing_ok=True)


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
        raise StorageError(f"the command line's socket {path} cannot be made: {error.strerror}") from error
    except StorageError:
        listening.close()
        raise
    return listening


async def _answer(services: Services, path: Path, made: list[socket.socket]) -> None:
    clients = _Clients(services)

    def protocol() -> asyncio.Protocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(LONGEST_LINE), clients.serve)

    while True:
        with made.pop() if made else _listen(path) as listening:
            identity = _identity(path)
            taking = asyncio.create_task(take_connections(listening, protocol))
            try:
                while _identity(path) == identity and not taking.done():
                    await asyncio.sleep(LOOK_S)
            finally:
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)


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


class _Clients:
    """Connected commands, of a bounded number: a broken one keeps no other out."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._asking: dict[asyncio.StreamWriter, None] = {}
        """Clients whose request is yet to come, the oldest first."""
        self._count = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one command until it goes away."""
        self._count += 1
        try:
            if self._count > MOST_CLIENTS:
                oldest = next(iter(self._asking), writer)
                self._asking.pop(oldest, None)
                oldest.transport.abort()
            peer = _peer(writer)
            while line := await self._ask(reader, writer):
                writer.write(json.dumps(await _reply(self._services, line, peer)).encode() + b"\n")
                async with asyncio.timeout(TAKE_TIMEOUT_S):
                    await writer.drain()
        except (ConnectionError, ValueError, TimeoutError):
            _log.debug("a command line went away")
            writer.transport.abort()
        finally:
            self._count -= 1
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        self._asking[writer] = None
        try:
            async with asyncio.timeout(ASK_TIMEOUT_S):
                return await reader.readline()
        finally:
            self._asking.pop(writer, None)


def _peer(writer: asyncio.StreamWriter) -> Actor:
    """The user at the other end, by the kernel's word; where it has none, ours: nobody else gets in."""
    if not hasattr(socket, "SO_PEERCRED"):
        return person_of()
    connection: socket.socket = writer.get_extra_info("socket")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    _, uid, _ = CREDENTIALS.unpack(credentials)
    return person_of(uid)


async def _reply(services: Services, line: bytes, peer: Actor) -> dict[str, Any]:
    try:
        request = _request(line)
        return {"ok": True, "result": await _do(services, request, peer)}
    except OperatorError as error:
        return {"ok": False, "error": str(error)}
    except Exception:  # noqa: BLE001 - a bug in one request must not end the socket
        _log.exception("a request of the command line failed")
        return {"ok": False, "error": "an error of the console; see errors.log"}


def _request(line: bytes) -> dict[str, Any]:
    try:
        request = read_json(line, MOST_VALUES)
    except ValueError as error:
        raise ConfigurationError(f"a request that cannot be read: {error}") from error
    if not isinstance(request, dict):
        raise ConfigurationError("a request is one JSON object per line")
    return request


async def _do(services: Services, request: Mapping[str, Any], peer: Actor) -> Any:
    act_as(peer.noting(str(request.get("by") or "")))
    streams = services.streams
    match request.get("cmd"):
        case "streams":
            return [view.model_dump(mode="json") for view in streams.streams()]
        case "start":
            view = await streams.start(_stream_id(services, request))
        case "stop":
            view = await streams.stop(_stream_id(services, request))
        case "restart":
            view = await streams.restart(_stream_id(services, request))
        case "retry":
            view = await streams.retry(_stream_id(services, request))
        case "add":
            view = await _add(services, build(StreamConfig, request.get("config"), "stream"))
        case "remove":
            await streams.remove(_stream_id(services, request))
            return None
        case "fire":
            return _with_return(services, await services.cues.fire(_cue(services, request)))
        case "preview":
            return (await services.cues.preview(_cue(services, request))).model_dump(mode="json")
        case "cancel":
            return _with_return(services, await services.cues.cancel(_cue_id(request)))
        case "cues":
            recent = services.cues.recent(_stream_id(services, request))
            return [_with_return(services, cue) for cue in recent]
        case "backup":
            task = build(BackupRequest, {**request, "cmd": None}, "backup")
            made = await services.backups.make(task.file, with_key=task.with_key)
            return made.model_dump(mode="json")
        case "support":
            await services.support.save(build(SupportRequest, {**request, "cmd": None}, "support").file)
            return None
        case str(command) if command.startswith("schedule_"):
            return await schedule_command(services, command, request)
        case str(command) if command.startswith(("user_", "token_")):
            return await access_command(services.access, command, request)
        case other:
            raise ConfigurationError(f"command {other!r} is not known")
    return view.model_dump(mode="json")


async def _add(services: Services, config: StreamConfig) -> StreamView:
    """Add a stream. Its folders are allowed: whoever reaches this socket could write the settings as well."""
    if folders := await services.media.not_allowed(config):
        await services.media.allow(folders)
    return await services.streams.add(config)


def _with_return(services: Services, cue: Cue) -> dict[str, Any]:
    """The cue, and under `return_feed` what came back of it so far; None where nobody watches."""
    receipt = services.return_feeds.receipt(cue.cue_id)
    came_back = None
    if receipt is not None:
        delay_s, words = receipt.delay_s, receipt.words
        came_back = {**receipt.model_dump(mode="json"), "delay_s": delay_s, "words": words}
    return {**cue.model_dump(mode="json"), "return_feed": came_back}


def _cue(services: Services, request: Mapping[str, Any]) -> CueRequest:
    wanted = request.get("cue", {})
    if not isinstance(wanted, dict):
        raise ConfigurationError("cue: an object is expected")
    return build(CueRequest, {**wanted, "stream_id": _stream_id(services, request)}, "cue")


def _stream_id(services: Services, request: Mapping[str, Any]) -> str:
    return _stream(services, request).stream_id


def _stream(services: Services, request: Mapping[str, Any]) -> StreamView:
    """The stream that is named by number, id or name. Raises NotFound, AmbiguousName."""
    return which_stream(services.streams.streams(), str(request.get("stream", "")))


def _cue_id(request: Mapping[str, Any]) -> int:
    wanted = request.get("cue_id")
    if type(wanted) is not int:
        raise ConfigurationError(f"cue_id {wanted!r} is no number of a cue")
    return wanted


async def ask(data_dir: Path, request: Mapping[str, Any]) -> Any:
    """The result of one request to whoever runs on `data_dir`. Raises OperatorError with its words."""
    path = socket_path(data_dir)
    try:
        with short_socket_path(path) as name:
            reader, writer = await asyncio.open_unix_connection(name, limit=LONGEST_LINE)
    except OSError:
        raise NotRunning(
            f"no console or server runs on {data_dir}; start one with ./run or ./run serve"
        ) from None
    try:
        writer.write(json.dumps(request).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.close()
    if not line:
        raise OperatorError("the console or server ended before it answered")
    reply = json.loads(line)
    if not reply["ok"]:
        raise OperatorError(reply["error"])
    return reply["result"]
