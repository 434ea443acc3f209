"""The WebSocket of events: who listens, until when, and what becomes of who does not keep up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

from ibe100.api.events import TYPES, Encoder, Wanted, snapshot, whole_snapshot
from ibe100.api.guard.connections import Connection
from ibe100.api.roles import API, find_stream
from ibe100.models.errors import ConfigurationError, NotSignedIn, OperatorError, SubscriberFellBehind
from ibe100.models.users import Identity
from ibe100.services.api_ports import AllServices
from ibe100.services.ports import MessageStream
from ibe100.utils.bounded_json import read_json

MOST_LISTENERS = 50
MOST_VALUES = 500
"""Members of the first message."""
MOST_BEHIND = 2_000
"""Facts that wait for one listener."""
STRETCH = 10
"""So many messages at a stretch: neither the queue nor the socket lets others on the loop in between."""
SEND_TIMEOUT_S = 5.0
TOKEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0
"""Twice this long the end of the server waits for all of them."""
LONGEST_REASON = 123
"""Bytes of a close frame, RFC 6455 5.5."""
RESUMED = '{"type":"Resumed"}'
"""First event of a listener to whom everything since its cursor follows."""
GOING_AWAY = 1001
NOT_UNDERSTOOD = 1008
FELL_BEHIND = 4008
NOT_SIGNED_IN = 4401
TOO_MANY = 4429

T = TypeVar("T")
_log = logging.getLogger(__name__)


class _Closed(Exception):
    """The connection is to end, with a code and words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class Listeners:
    """Open WebSockets. Used on the loop only."""

    def __init__(self, services: AllServices) -> None:
        self._services = services
        self._encoder = Encoder()
        self._listening: dict[Connection, asyncio.Event] = {}
        """Listeners by age, each with the event that takes its place away."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ending = asyncio.Event()

    def __len__(self) -> int:
        return len(self._listening)

    def install(self, app: FastAPI) -> None:
        """Serve `/events`."""
        app.add_api_websocket_route(f"{API}/events", self.serve)

    async def close(self) -> None:
        """Tell everybody that this ends; returns when they are gone, or soon."""
        self._ending.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2 * CLOSE_TIMEOUT_S)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve a listener from its first message to its last."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(websocket)
        finally:
            self._tasks.discard(task)

    async def _serve(self, websocket: WebSocket) -> None:
        try:
            await websocket.accept()
            identity, wanted, after = await self._greet(websocket)
            connection: Connection = websocket.scope["state"]["connection"]
            connection.user = identity.name
            self._make_room(identity.name)
            ousted = self._listening[connection] = asyncio.Event()
            connection.is_served = True
            try:
                await self._listen(websocket, identity, wanted, after, ousted)
            finally:
                connection.is_served = False
                del self._listening[connection]
        except _Closed as closed:
            _end(websocket, closed.code, str(closed))
        except WebSocketDisconnect:
            _log.debug("a listener went away")
        except Exception:  # noqa: BLE001 - a bug ends this connection, and says nothing of the inside
            _log.exception("a listener's connection failed")
            _end(websocket, 1011, "an error of the console; see errors.log")

    def _make_room(self, user: str) -> None:
        """Close the oldest listener of the user who has the most of them, where all places are taken.

        Raises _Closed for one who would then have as many.
        """
        staying = {one: ousted for one, ousted in self._listening.items() if not ousted.is_set()}
        if len(staying) < MOST_LISTENERS:
            return
        counts = Counter(one.user for one in staying)
        most_user, most = counts.most_common(1)[0]
        if counts[user] + 1 >= most:
            raise _Closed(TOO_MANY, f"{MOST_LISTENERS} listen already")
        next(ousted for one, ousted in staying.items() if one.user == most_user).set()

    async def _greet(self, websocket: WebSocket) -> tuple[Identity, Wanted, str]:
        """Identity, wishes and cursor of a listener, from header and query, or from its first message."""
        query = websocket.query_params
        asked: dict[str, object] = {
            "streams": query.getlist("stream"),
            "types": query.getlist("type"),
            "after": query.get("after", ""),
            "whole": query.get("whole", "") == "true",
        }
        identity: Identity | None = websocket.scope["state"].get("identity")
        if identity is None:
            asked = {**asked, **await _until(_read_first(websocket), self._ending)}
            try:
                identity = self._services.access.identify(str(asked.get("token", "")))
            except NotSignedIn as error:
                raise _Closed(NOT_SIGNED_IN, str(error)) from error
        try:
            return identity, self._wanted(asked), str(asked.get("after", ""))
        except OperatorError as error:
            raise _Closed(NOT_UNDERSTOOD, str(error)) from error

    def _wanted(self, asked: dict[str, object]) -> Wanted:
        """Parse the wishes of a listener. Raises ConfigurationError, NotFound."""
        streams = {find_stream(self._services, name).stream_id for name in _names(asked, "streams")}
        types = _names(asked, "types")
        unknown = sorted(types - TYPES)
        if unknown:
            raise ConfigurationError(f"there is no type {unknown[0]!r}; see docs/api.md")
        return Wanted(frozenset(streams), types, asked.get("whole") is True)

    async def _listen(
        self, websocket: WebSocket, identity: Identity, wanted: Wanted, after: str, ousted: asyncio.Event
    ) -> None:
        """Serve until one of these is over: the sending, the connection, the token, the place, the server."""
        messages = self._services.messages(MOST_BEHIND, after)
        # Between the subscription and the snapshot nothing can happen: both are of one moment.
        first: Iterable[str]
        if messages.is_resumed:
            first = (RESUMED,)
        elif wanted.whole:
            first = whole_snapshot(self._services, time.time())
        else:
            first = (snapshot(self._services, wanted, time.time()),)
        begun = [
            asyncio.ensure_future(work)
            for work in (
                self._send(websocket, first, messages, wanted),
                _until_gone(websocket),
                self._services.access.until_over(identity),
                ousted.wait(),
                self._ending.wait(),
            )
        ]
        sending, gone, over, given, ending = begun
        try:
            await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
            if over.done():
                raise _Closed(NOT_SIGNED_IN, "the token is not valid any more")
            if given.done():
                raise _Closed(TOO_MANY, f"{identity.name} listens most often: a place went to another user")
            if ending.done():
                raise _Closed(GOING_AWAY, "the console ends")
            for work in (sending, gone):
                if work.done():
                    await work
            raise _Closed(GOING_AWAY, "the console ends")
        finally:
            messages.close()
            for work in begun:
                work.cancel()
            await asyncio.gather(*begun, return_exceptions=True)

    async def _send(
        self, websocket: WebSocket, first: Iterable[str], messages: MessageStream, wanted: Wanted
    ) -> None:
        """Send the events. Raises _Closed when the listener does not take them."""
        try:
            for text in first:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await websocket.send_text(_at(messages.cursor, text))
                await asyncio.sleep(0)
            turn = 0
            async for message in messages:
                turn += 1
                if turn % STRETCH == 0:
                    await asyncio.sleep(0)
                if not wanted.wants(message):
                    continue
                pieces = self._encoder.pieces(message)
                for number, piece in enumerate(pieces, start=1):
                    if number > 1:
                        await asyncio.sleep(0)
                    text = self._encoder.text(piece)
                    async with asyncio.timeout(SEND_TIMEOUT_S):
                        await websocket.send_text(
                            _at(messages.cursor, text) if number == len(pieces) else text
                        )
        except (TimeoutError, SubscriberFellBehind):
            raise _Closed(FELL_BEHIND, "fell behind: connect again for a snapshot") from None


async def _read_first(websocket: WebSocket) -> dict[str, object]:
    try:
        async with asyncio.timeout(TOKEN_TIMEOUT_S):
            text = await websocket.receive_text()
    except TimeoutError:
        raise _Closed(NOT_SIGNED_IN, f"no token came within {TOKEN_TIMEOUT_S:.0f} s") from None
    except KeyError:
        raise _Closed(NOT_UNDERSTOOD, "the first message is text") from None
    try:
        asked = read_json(text.encode(), MOST_VALUES)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise _Closed(NOT_UNDERSTOOD, 'the first message is {"token": "ibe100_…"}')
    return asked


async def _until(work: Coroutine[Any, Any, T], ending: asyncio.Event) -> T:
    """The result of `work`, unless the server ends before."""
    doing, end = asyncio.ensure_future(work), asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait((doing, end), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise _Closed(GOING_AWAY, "the console ends")
        return await doing
    finally:
        for one in (doing, end):
            one.cancel()
        await asyncio.gather(doing, end, return_exceptions=True)


async def _until_gone(websocket: WebSocket) -> None:
    """Read until the listener is gone, and ignore what it sends. Raises WebSocketDisconnect."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))


def _end(websocket: WebSocket, code: int, words: str) -> None:
    """Say goodbye behind what still waits to be taken; who does not take it is cut off."""
    connection: Connection = websocket.scope["state"]["connection"]
    connection.part(code, words.encode()[:LONGEST_REASON].decode(errors="ignore"))


def _at(cursor: str, event: str) -> str:
    """An event with its place in the order of facts."""
    return f'{{"cursor":"{cursor}",{event[1:]}'


def _names(asked: dict[str, object], field: str) -> frozenset[str]:
    names = asked.get(field, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(f"{field}: a list of names is expected")
    return frozenset(names)
