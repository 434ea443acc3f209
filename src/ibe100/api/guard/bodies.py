"""Bodies of requests: read whole, within bounds of size, time and JSON, before anything is done with them."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from ibe100.utils.bounded_json import BeyondBounds, check_json

MOST_VALUES = 1000
"""Members of objects and lists in one body."""
DROPPED = 4 << 20
DROP_S = 2.0
"""So much of a body that is not wanted is taken, so that its sender reads the answer."""


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


class Body:
    """The body of one request."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self._length = headers.get("content-length", "0")
        self._waits_to_send = "expect" in headers
        self.is_whole = False

    async def read(self, most: int, within_s: float) -> bytes:
        """All of it. Raises HTTPException (408, 413), ClientGone."""
        if self._length.isdigit() and int(self._length[:20]) > most:
            raise self._too_large(most)
        content = bytearray()
        try:
            async with asyncio.timeout(within_s):
                while not self.is_whole:
                    content += await self._next()
                    if len(content) > most:
                        raise self._too_large(most)
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {within_s:.0f} s") from None
        return bytes(content)

    async def drop(self) -> None:
        """Take and forget what is still to come, for a moment. Raises ClientGone."""
        dropped = 0
        try:
            async with asyncio.timeout(DROP_S):
                while not self.is_whole and not self._waits_to_send and dropped < DROPPED:
                    dropped += len(await self._next())
        except TimeoutError:
            return

    def again(self, content: bytes) -> Receive:
        """The body that was read, for the application; behind it comes what else the client does."""
        is_told = False

        async def receive() -> Message:
            nonlocal is_told
            if is_told:
                return await self._receive()
            is_told = True
            return {"type": "http.request", "body": content, "more_body": False}

        return receive

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        self.is_whole = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        return piece

    def _too_large(self, most: int) -> HTTPException:
        size = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most >> 10} KiB"
        return HTTPException(413, f"the body is larger than {size}")


def check_body(content: bytes, most_values: int = MOST_VALUES) -> None:
    """Raises HTTPException (400, 413) for what must not come before a parser."""
    try:
        if content:
            check_json(content, most_values)
    except BeyondBounds as error:
        raise HTTPException(413, f"the body holds {error}") from error
    except ValueError as error:
        raise HTTPException(400, f"the body is no JSON: {error}") from error
