"""A subscriber who was away goes on where it was, as long as the facts are kept."""

from __future__ import annotations

from ibe100.core.event_bus import EventBus, Subscription
from ibe100.models.alarms.confidence import SoundLevels
from ibe100.models.messages import LevelsMeasured, Message, NoticePosted


def fact(text: str) -> Message:
    return NoticePosted(at=1.0, level="info", text=text)


def sample() -> Message:
    return LevelsMeasured(levels=SoundLevels.model_construct(stream_id="s"))


async def taken(subscription: Subscription) -> list[str]:
    subscription._bus.publish(fact("end"))
    found = []
    async for message in subscription:
        if isinstance(message, NoticePosted):
            if message.text == "end":
                return found
            found.append(message.text)
    return found


async def test_facts_since_a_cursor_come_first_and_samples_move_no_cursor() -> None:
    bus = EventBus(kept=3)
    first = bus.subscribe()
    for message in (fact("a"), sample(), fact("b")):
        bus.publish(message)
    assert await anext(first) == fact("a")
    cursor = first.cursor
    await anext(first)
    assert first.cursor == cursor
    bus.publish(fact("c"))
    second = bus.subscribe(after=cursor)
    assert second.is_resumed
    assert second.cursor == cursor
    assert await taken(second) == ["b", "c"]
    here = bus.subscribe(after=second.cursor)
    assert here.is_resumed
    assert await taken(here) == []


async def test_what_is_not_kept_or_not_of_this_bus_begins_anew() -> None:
    bus = EventBus(kept=2)
    cursor = bus.subscribe().cursor
    for text in "abc":
        bus.publish(fact(text))
    epoch = cursor.partition("-")[0]
    for after in (
        cursor,
        "",
        "0-0",
        f"{epoch}-4",
        f"{epoch}--1",
        f"{epoch}-x",
        EventBus().subscribe().cursor,
    ):
        anew = bus.subscribe(after=after)
        assert not anew.is_resumed
        assert anew.cursor == f"{epoch}-3"
    assert bus.subscribe(1, after=f"{epoch}-1").is_resumed is False, "more than it may be behind"
