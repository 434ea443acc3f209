"""Between two posts: when it is said that nothing comes any more, and when that it comes again."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from ibe100.runner.loop import Loop
from ibe100.runner.telemetry.inlet import Inlet
from ibe100.runner.telemetry.pulse import (
    LEARNING_S,
    LEAST_PATIENCE_S,
    LOOK_S,
    PULSE_BUFFER,
    PulseHandlers,
    PulseJudge,
    PulseListener,
)
from ibe100.runner.telemetry.senders import UdpSenders

Told = list[tuple[float, bool]]


def played(
    judge: PulseJudge, until_s: float, has_pulse: Callable[[float], bool], begin_s: float = 0.0
) -> Told:
    """What is told of looks every `LOOK_S`, with when."""
    told = []
    for number in range(round(begin_s / LOOK_S), round(until_s / LOOK_S)):
        now = number * LOOK_S
        if news := judge.look(has_pulse(now), 100.0 + now):
            told.append((now, news[0]))
    return told


def test_a_stop_is_told_within_a_second_and_so_is_its_end() -> None:
    judge = PulseJudge()
    told = played(judge, 30.0, lambda now: not 10.0 <= now < 20.0)
    assert [flows for _, flows in told] == [True, False, True]
    assert 10.0 + LEAST_PATIENCE_S - LOOK_S <= told[1][0] <= 10.0 + LEAST_PATIENCE_S + 2 * LOOK_S
    assert told[2][0] == pytest.approx(20.0)


def test_bursts_are_learned_and_are_no_stop() -> None:
    judge = PulseJudge()
    told = played(judge, 60.0, lambda now: round(now / LOOK_S) % 10 == 0)
    assert told == [(0.0, True)]
    assert judge.patience_s > 1.0
    told = played(judge, 70.0, lambda _: False, begin_s=60.0)
    assert [flows for _, flows in told] == [False]


def test_nothing_is_said_of_what_was_not_seen_for_long_enough() -> None:
    assert played(PulseJudge(), 30.0, lambda _: False) == []
    assert played(PulseJudge(), 30.0, lambda now: now < LEARNING_S - 1.0) == [(0.0, True)]


def test_looks_that_come_late_themselves_prove_little() -> None:
    judge = PulseJudge()
    played(judge, 10.0, lambda _: True)
    assert judge.look(False, 111.0) is None
    assert judge.look(False, 112.0) is None
    told = [judge.look(False, 112.0 + number * LOOK_S) for number in range(1, 10)]
    assert [news for news in told if news is not None] == [
        (False, pytest.approx(2.1 + LEAST_PATIENCE_S - 0.3, abs=0.25))
    ]


def test_pulses_of_any_size_are_heard_and_forgotten_with_their_processor() -> None:
    loop, told, faults = Loop(), list[bool](), list[object]()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(first: int) -> None:
        for number in range(first, first + 50):
            # Counters that stand still: errors from the third packet on.
            packets = (b"\x47\x01\x00\x10" + bytes(184)) * 128
            sender.sendto(b"\x80\x21" + number.to_bytes(2, "big") + bytes(8) + packets, ("127.0.0.1", port))

    def tell(flows: bool, _: float) -> None:
        told.append(flows)
        loop.call_later(2 * LOOK_S, lambda: send(50))

    def tell_faults(facts: object) -> None:
        faults.append(facts)
        loop.stop()

    def tell_strays(count: int, over_s: float) -> None:
        raise AssertionError(f"{count} strays in {over_s} s")

    handlers = PulseHandlers(
        flows=tell,
        faults=tell_faults,
        strays=tell_strays,
        pcrs=lambda _: None,
        pictures=lambda _: None,
        wakeups=lambda: None,
        first=lambda _: None,
    )
    listener = PulseListener(loop, Inlet(port, PULSE_BUFFER, UdpSenders(), pytest.fail), handlers)
    give_up = loop.call_later(30.0, loop.stop)
    with sender:
        send(0)
        loop.run()
        sender.sendto(b"the last of an old processor", ("127.0.0.1", port))
        time.sleep(0.01)
        listener.begin()
        assert not listener.drain()
    give_up.cancel()
    listener.close()
    loop.close()
    assert told == [True]
    assert len(faults) == 1
