"""The client for programs on asyncio: the same calls, each on a thread of its own pool."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any, Self, TypeVar

from ibe100_client.calls import Call
from ibe100_client.client import PATIENCE_S, TIMEOUT_S, Client
from ibe100_client.pace import LONGEST_PAUSE_S, PING_S
from ibe100_client.transport import Answer
from ibe100_client.values import Event

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""Calls under way at once; further ones wait."""


class AsyncClient:
    """Client for asyncio, as `Client`. A call that is waited for no longer is done all the same."""

    def __init__(
        self,
        place: str | Path,
        token: str = "",
        *,
        fingerprint: str = "",
        note: str = "",
        timeout_s: float | None = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._client = Client(
            place, token, fingerprint=fingerprint, note=note, timeout_s=timeout_s, patience_s=patience_s
        )
        self._threads = ThreadPoolExecutor(AT_ONCE, "ibe100-client")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the connections, and wait for calls under way."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._client.close()

    def cut_off(self) -> None:
        """End every connection of calls now: answers that are waited for are lost. Safe from any thread."""
        self._client.cut_off()

    async def do(self, call: Call[T]) -> T:
        """The answer of a call. Raises Refused, NotReachable, AnswerLost."""
        return await self._on_thread(lambda: self._client.do(call))

    async def json(self, call: Call[Any]) -> Any:
        """The answer of a call as the JSON that came."""
        return await self._on_thread(lambda: self._client.json(call))

    async def answer(self, call: Call[Any]) -> Answer:
        """The whole answer of a call, with its headers."""
        return await self._on_thread(lambda: self._client.answer(call))

    async def events(
        self,
        *,
        streams: Sequence[str] = (),
        types: Sequence[str] = (),
        after: str = "",
        reconnects: bool = True,
        whole: bool = False,
        ping_s: float = PING_S,
        longest_pause_s: float = LONGEST_PAUSE_S,
    ) -> AsyncGenerator[Event, None]:
        """Events as they come, see `events.follow_async`."""
        from ibe100_client.events import follow_async

        found = follow_async(
            self._client,
            streams=streams,
            types=types,
            after=after,
            reconnects=reconnects,
            whole=whole,
            ping_s=ping_s,
            longest_pause_s=longest_pause_s,
        )
        async with aclosing(found):
            async for event in found:
                yield event

    async def _on_thread(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
