"""Events of the API as they come: a lost connection is taken up again where it ended.

The first event is a `Snapshot` of streams and alarms, then come facts and samples. After a loss
`ConnectionLost` says so at once, and then `Resumed` that nothing was missed, or a `Snapshot` that the server
does not remember as far back.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from websockets.asyncio import client as asynchronous
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync import client as synchronous

from ibe100_client.calls import API
from ibe100_client.errors import AnswerLost, NotReachable, Refused, WrongCertificate
from ibe100_client.pace import LONGEST_PAUSE_S, PAUSE_S, PING_S
from ibe100_client.tls import check_certificate, context_for
from ibe100_client.transport import Address, short_path
from ibe100_client.values import Event

if TYPE_CHECKING:
    from ibe100_client.client import Client

LOST = "ConnectionLost"
OPEN_TIMEOUT_S = 15.0
CLOSE_S = 1.0
"""A connection on which nothing comes any more is not waited for."""
STATUSES = {1008: 422, 4401: 401}
"""Codes with which a server refuses, as the status that says the same."""
_LOSSES = (OSError, ConnectionClosed, InvalidHandshake, NotReachable)


def follow(
    client: Client, *, streams: Sequence[str], types: Sequence[str], after: str, reconnects: bool
) -> Generator[Event, None, None]:
    """Events for a program that waits for each. Raises Refused; without `reconnects` also AnswerLost."""
    tries = _Tries(streams, types, after, reconnects)
    while True:
        try:
            connection = synchronous.connect(
                **_arguments(client.address, tries.target, _opened(client.address))
            )
            with connection:
                certificate = getattr(connection.socket, "getpeercert", None)
                _check(client.address, certificate and certificate(binary_form=True))
                connection.send(_first(client))
                for text in connection:
                    yield tries.taken(text)
            lost: Exception = NotReachable("the server ended the connection")
        except _LOSSES as error:
            lost = error
        yield tries.lost(lost)
        time.sleep(tries.pause_s())


async def follow_async(
    client: Client,
    *,
    streams: Sequence[str],
    types: Sequence[str],
    after: str,
    reconnects: bool,
    whole: bool = False,
    ping_s: float = PING_S,
    longest_pause_s: float = LONGEST_PAUSE_S,
) -> AsyncGenerator[Event, None]:
    """Events for a program on asyncio. Raises Refused; without `reconnects` also AnswerLost.

    With `whole` the Snapshot comes in parts, with all that a window shows; `SnapshotDone` is the last.
    """
    tries = _Tries(streams, types, after, reconnects, whole, longest_pause_s)
    while True:
        try:
            opened = await asyncio.to_thread(_opened, client.address)
            arguments = _arguments(client.address, tries.target, opened, ping_s)
            async with asynchronous.connect(**arguments) as connection:
                tls = connection.transport.get_extra_info("ssl_object")
                _check(client.address, tls and tls.getpeercert(binary_form=True))
                await connection.send(_first(client))
                async for text in connection:
                    yield tries.taken(text)
            lost: Exception = NotReachable("the server ended the connection")
        except _LOSSES as error:
            lost = error
        yield tries.lost(lost)
        await asyncio.sleep(tries.pause_s())


class _Tries:
    """Position at which events go on after a loss, and the pauses between tries."""

    def __init__(
        self,
        streams: Sequence[str],
        types: Sequence[str],
        after: str,
        reconnects: bool,
        whole: bool = False,
        longest_pause_s: float = LONGEST_PAUSE_S,
    ) -> None:
        self._query = {"stream": list(streams), "type": list(types), "whole": ["true"] if whole else []}
        self._longest_pause_s = longest_pause_s
        self._is_partial = False
        """True within a snapshot in parts: what is lost then begins anew."""
        self._after = after
        self._reconnects = reconnects
        self._count = 0

    @property
    def target(self) -> str:
        """Path and query of the next connection."""
        query = {**self._query, "after": [self._after] if self._after else []}
        return f"{API}/events?{urlencode(query, doseq=True)}"

    def taken(self, text: str | bytes) -> Event:
        """An event that came."""
        data = json.loads(text)
        self._count = 0
        cursor = str(data.pop("cursor", ""))
        kind = str(data.pop("type"))
        self._is_partial = kind == "SnapshotPart" or (kind == "Snapshot" and bool(data.get("is_whole")))
        self._after = "" if self._is_partial else cursor or self._after
        return Event(kind, data, cursor)

    def lost(self, error: Exception) -> Event:
        """The event of a loss. Raises what trying again would not change."""
        if isinstance(error, WrongCertificate):
            raise error
        if isinstance(error, InvalidStatus) and error.response.status_code < 500:
            raise Refused(error.response.status_code, _words(error.response.body)) from error
        closed = error.rcvd if isinstance(error, ConnectionClosed) else None
        if closed is not None and closed.code in STATUSES:
            raise Refused(STATUSES[closed.code], closed.reason) from error
        if not self._reconnects:
            raise AnswerLost(f"the connection of events ended: {error}") from error
        is_silent = isinstance(error, ConnectionClosed) and closed is None
        return Event(LOST, {"reason": "nothing comes from the server" if is_silent else str(error)})

    def pause_s(self) -> float:
        """Seconds until the next try, longer each time, and not the same for all clients."""
        self._count += 1
        most = min(self._longest_pause_s, PAUSE_S * 2 ** min(self._count, 10))
        return random.uniform(PAUSE_S, most)


def _first(client: Client) -> str:
    """The first message. The token is not in the head: the certificate is compared before it is sent."""
    return json.dumps({"token": client.token} if client.token else {})


def _arguments(
    address: Address, target: str, opened: socket.socket | None, ping_s: float = PING_S
) -> dict[str, Any]:
    scheme, host = (
        "wss" if address.is_tls else "ws",
        f"[{address.host}]" if ":" in address.host else address.host,
    )
    place = "localhost" if address.socket is not None else f"{host}:{address.port}"
    return {
        "uri": f"{scheme}://{place}{target}",
        "sock": opened,
        "ssl": context_for(address.fingerprint) if address.is_tls else None,
        "max_size": None,
        "compression": None,
        "proxy": None,
        "open_timeout": OPEN_TIMEOUT_S,
        "ping_interval": ping_s,
        "ping_timeout": ping_s,
        "close_timeout": CLOSE_S,
    }


def _opened(address: Address) -> socket.socket | None:
    """The Unix socket, connected; None for TCP."""
    if address.socket is None:
        return None
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_path(address.socket) as name:
            opened.connect(name)
    except OSError:
        opened.close()
        raise
    return opened


def _check(address: Address, certificate: bytes | None) -> None:
    if address.is_tls:
        check_certificate(certificate, address.fingerprint, address.words)


def _words(body: bytes | bytearray | None) -> str:
    try:
        told = json.loads(body or b"")
        return str(told.get("detail") or told.get("error"))
    except (ValueError, AttributeError):
        return "refused"
