"""Event bus: every fact reaches every subscriber, of the samples only the latest."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from ibe100.models.errors import SubscriberFellBehind
from ibe100.models.messages import LevelsMeasured, MachineMeasured, Message, PictureTaken, TelemetryMeasured

MAX_FACTS_BEHIND = 20_000
KEPT = 1_000
"""Facts that a subscriber who was away can still be given."""

_SampleKey = tuple[type[Message], str]


def _sample_key(message: Message) -> _SampleKey | None:
    match message:
        case (
            TelemetryMeasured(telemetry=sample)
            | PictureTaken(picture=sample)
            | LevelsMeasured(levels=sample)
            | MachineMeasured(health=sample)
        ):
            return type(message), sample.stream_id
    return None


class Subscription(AsyncIterator[Message]):
    """Messages for one subscriber in the order of publication; for one reader.

    A sample that has not been taken yet is replaced in its place by a newer one of the same stream.
    Iteration ends after `close`, and raises SubscriberFellBehind once facts would have had to be dropped.
    """

    def __init__(self, bus: EventBus, max_facts_behind: int, position: int) -> None:
        self._bus = bus
        self._position = position
        """Number of the last fact that was taken."""
        self._max_facts_behind = max_facts_behind
        self._waiting: deque[Message | _SampleKey] = deque()
        self._samples: dict[_SampleKey, Message] = {}
        self._wake = asyncio.Event()
        self._closed = False
        self._fell_behind = False
        self.replaced = 0
        """Samples that were replaced by newer ones before they were taken."""
        self.is_resumed = False
        """True where it goes on after the cursor that was given."""

    @property
    def cursor(self) -> str:
        """Place of the last fact that was taken, after which a later subscription can go on."""
        return f"{self._bus.epoch}-{self._position}"

    @property
    def facts_behind(self) -> int:
        """Facts that have not been taken yet."""
        return len(self._waiting) - len(self._samples)

    def offer(self, message: Message) -> None:
        """Take a message; called by the bus."""
        key = _sample_key(message)
        if key is not None:
            if key not in self._samples:
                self._waiting.append(key)
            else:
                self.replaced += 1
            self._samples[key] = message
        elif self.facts_behind >= self._max_facts_behind:
            self._fell_behind = True
            self.close()
        else:
            self._waiting.append(message)
        self._wake.set()

    def close(self) -> None:
        """Take no more messages; a waiting reader is woken and ends."""
        self._closed = True
        self._waiting.clear()
        self._samples.clear()
        self._bus.drop(self)
        self._wake.set()

    async def __anext__(self) -> Message:
        while not self._waiting:
            if self._fell_behind:
                raise SubscriberFellBehind(f"more than {self._max_facts_behind} facts were not taken in time")
            if self._closed:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        first = self._waiting.popleft()
        if isinstance(first, tuple):
            return self._samples.pop(first)
        self._position += 1
        return first

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class EventBus:
    """Publish and subscribe on one asyncio loop: the one that uses the bus first."""

    def __init__(self, max_facts_behind: int = MAX_FACTS_BEHIND, kept: int = KEPT) -> None:
        self._max_facts_behind = max_facts_behind
        self.epoch = secrets.token_hex(4)
        """Another one for each bus: places in its order of facts mean nothing to any other."""
        self._published = 0
        """Facts so far; the number of the last one."""
        self._kept: deque[Message] = deque(maxlen=kept)
        self._subscriptions: dict[Subscription, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def _assert_own_loop(self) -> None:
        running = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = running
        assert self._loop is running, "the bus belongs to another loop's thread"

    def publish(self, message: Message) -> None:
        """Hand `message` to every subscriber; never blocks, only from the bus's own loop."""
        self._assert_own_loop()
        if _sample_key(message) is None:
            self._published += 1
            self._kept.append(message)
        for subscription in tuple(self._subscriptions):
            subscription.offer(message)

    def subscribe(self, max_facts_behind: int | None = None, after: str = "") -> Subscription:
        """Everything published from now on. Close it, or use it as a context manager.

        Facts after the cursor `after` come first where they are still kept: then it `is_resumed`.
        """
        self._assert_own_loop()
        most = max_facts_behind or self._max_facts_behind
        missed = self._missed(after, most)
        subscription = Subscription(self, most, self._published - len(missed or ()))
        subscription.is_resumed = missed is not None
        for fact in missed or ():
            subscription.offer(fact)
        self._subscriptions[subscription] = None
        return subscription

    def _missed(self, after: str, most: int) -> list[Message] | None:
        """Facts after a cursor; None where that is not known any more, or they are too many."""
        epoch, _, number = after.partition("-")
        if epoch != self.epoch or not number.isascii() or not number.isdecimal():
            return None
        count = self._published - int(number[:20])
        if not 0 <= count <= min(len(self._kept), most):
            return None
        return list(self._kept)[len(self._kept) - count :]

    def facts_behind(self) -> int:
        """Facts that the slowest subscriber has not taken yet."""
        return max((subscription.facts_behind for subscription in self._subscriptions), default=0)

    def replaced(self) -> int:
        """Samples that newer ones replaced before a subscriber took them, of all who are subscribed now."""
        return sum(subscription.replaced for subscription in self._subscriptions)

    def drop(self, subscription: Subscription) -> None:
        """Forget `subscription`; called by its `close`."""
        self._subscriptions.pop(subscription, None)

    def close(self) -> None:
        """End every subscription."""
        for subscription in tuple(self._subscriptions):
            subscription.close()
