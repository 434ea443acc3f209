"""Tags of what is edited: a change that was made from an older state than the present is refused."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, Response

from ibe100.models.errors import OperatorError

IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "ETag of the state that was edited: 412 when it has changed since.",
}
"""For `openapi_extra` of routes that change what has a tag."""


class StaleChange(OperatorError):
    """Somebody else has changed it since it was read."""


class Edits:
    """One edit at a time: between the look at the tag and the change nobody else changes it."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def of(
        self, request: Request, response: Response, content: Callable[[], Awaitable[str]]
    ) -> AsyncIterator[None]:
        """Change within the context; `content` is the state that the tag is of. Raises StaleChange.

        The answer carries the new tag.
        """
        wanted = request.headers.get("if-match", "*")
        async with self._lock:
            if wanted != "*" and tag_of(await content()) not in map(str.strip, wanted.split(",")):
                raise StaleChange("somebody has changed this since it was read: read it again")
            yield
            response.headers["ETag"] = tag_of(await content())


def tag_of(content: str) -> str:
    """ETag of a state as text."""
    return f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'


def tagged(request: Request, content: bytes, media_type: str, tag: str = "") -> Response:
    """Content with its tag, which is made of it where none is given; 304 to who has it already."""
    tag = tag or tag_of(content.decode())
    if tag in map(str.strip, request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(content, media_type=media_type, headers={"ETag": tag})


def edits(request: Request) -> Edits:
    """The edits of this application."""
    found: Edits = request.app.state.edits
    return found
