from __future__ import annotations

import asyncio
import threading

import pytest

from ibe100.core.event_bus import EventBus, Subscription
from ibe100.models.errors import SubscriberFellBehind
from ibe100.models.messages import Message, NoticePosted, TelemetryMeasured
from ibe100.models.stream_state import Telemetry


def fact(number: int) -> NoticePosted:
    return NoticePosted(at=float(number), level="info", text=f"fact {number}")


def sample(stream_id: str, bitrate_bps: int) -> TelemetryMeasured:
    return TelemetryMeasured(
        telemetry=Telemetry(stream_id=stream_id, monotonic_s=1.0, bitrate_bps=bitrate_bps)
    )


async def take(subscription: Subscription, count: int) -> list[Message]:
    return [await anext(subscription) for _ in range(count)]


async def test_facts_reach_every_subscriber_in_order() -> None:
    bus = EventBus()
    first, second = bus.subscribe(), bus.subscribe()
    facts = [fact(number) for number in range(100)]
    for message in facts:
        bus.publish(message)
    assert await take(first, 100) == facts
    assert await take(second, 100) == facts


async def test_only_the_latest_sample_of_each_stream_is_kept() -> None:
    bus = EventBus()
    subscription = bus.subscribe()
    for bitrate_bps in range(50_000):
        bus.publish(sample("one", bitrate_bps))
    bus.publish(fact(1))
    bus.publish(sample("two", 7))
    bus.publish(sample("one", 99))
    assert await take(subscription, 3) == [sample("one", 99), fact(1), sample("two", 7)]


async def test_a_sample_taken_makes_room_for_the_next() -> None:
    bus = EventBus()
    subscription = bus.subscribe()
    for bitrate_bps in (1, 2):
        bus.publish(sample("one", bitrate_bps))
        assert await take(subscription, 1) == [sample("one", bitrate_bps)]


async def test_a_reader_that_waits_is_woken() -> None:
    bus = EventBus()
    subscription = bus.subscribe()
    waiting = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)
    bus.publish(fact(3))
    assert await waiting == fact(3)


async def test_a_subscriber_that_falls_behind_is_closed_and_told_the_others_go_on() -> None:
    bus = EventBus(max_facts_behind=10)
    slow, quick = bus.subscribe(), bus.subscribe()
    for number in range(11):
        bus.publish(sample("one", number))
        bus.publish(fact(number))
        await take(quick, 2)
    with pytest.raises(SubscriberFellBehind, match="10 facts"):
        await anext(slow)
    bus.publish(fact(12))
    assert await take(quick, 1) == [fact(12)]


async def test_closing_ends_the_reader() -> None:
    bus = EventBus()
    with bus.subscribe() as subscription:
        bus.publish(fact(1))
    assert [message async for message in subscription] == []
    other = bus.subscribe()
    waiting = asyncio.ensure_future(anext(other, None))
    await asyncio.sleep(0)
    bus.close()
    assert await waiting is None


async def test_publishing_from_a_foreign_thread_is_a_bug_that_shows() -> None:
    bus = EventBus()
    subscription = bus.subscribe()
    errors: list[BaseException] = []

    async def publish() -> None:
        bus.publish(fact(1))

    def foreign() -> None:
        for attempt in (lambda: bus.publish(fact(1)), lambda: asyncio.run(publish())):
            try:
                attempt()
            except (AssertionError, RuntimeError) as error:
                errors.append(error)

    thread = threading.Thread(target=foreign)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert len(errors) == 2
    bus.publish(fact(2))
    assert await take(subscription, 1) == [fact(2)]
