"""The bus in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ibe100.models.errors import SubscriberFellBehind
from ibe100.models.messages import Message


class FakeBus:
    """Hands every message to every subscriber."""

    def __init__(self) -> None:
        self._queues: list[asyncio.Queue[Message | SubscriberFellBehind | None]] = []

    def publish(self, message: Message) -> None:
        for queue in self._queues:
            queue.put_nowait(message)

    async def messages(self) -> AsyncIterator[Message]:
        queue: asyncio.Queue[Message | SubscriberFellBehind | None] = asyncio.Queue(10_000)
        self._queues.append(queue)
        try:
            while (message := await queue.get()) is not None:
                if isinstance(message, SubscriberFellBehind):
                    raise message
                yield message
        finally:
            self._queues.remove(queue)

    def cut_off(self, why: SubscriberFellBehind | None = None) -> None:
        """End every subscription."""
        for queue in self._queues:
            queue.put_nowait(why)
