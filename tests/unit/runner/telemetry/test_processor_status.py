"""Status lines of the built-in processor: its life, the silence of its input, the trouble of its output."""

import json

from ibe100.runner.telemetry.processor_status import BLOCKED, BUSY_S, LIFE_S, NO_RECEIVER, StatusWatch


class Bench:
    """A watch with a clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[str] = []
        self.watch = StatusWatch(self.told.append, lambda: self.now)

    def line(
        self, received: int, blocked_s: float = 0.0, receiver: bool | None = None, after_s: float = 0.5
    ) -> None:
        self.now += after_s
        status = {"received": received, "blocked_s": blocked_s, "receiver": receiver}
        assert self.watch.takes(b"* tsp: status:" + json.dumps(status).encode())


def test_a_processor_without_status_lines_is_neither_held_nor_hung() -> None:
    bench = Bench()
    assert not bench.watch.takes(b"* tsp: started")
    assert not bench.watch.takes(b'* tsp: status:{"received": "many"}')
    bench.now += 100
    assert not (bench.watch.waits or bench.watch.hangs or bench.watch.has_received)


def test_an_input_is_silent_while_the_processor_lives_and_its_count_stands() -> None:
    bench = Bench()
    bench.line(7)
    assert not bench.watch.has_silent_input, "they may just have come"
    bench.line(7)
    assert bench.watch.has_silent_input
    assert bench.watch.waits
    bench.line(8)
    assert not bench.watch.has_silent_input
    bench.line(8)
    bench.now += LIFE_S
    assert bench.watch.hangs
    assert not (bench.watch.has_silent_input or bench.watch.waits)


def test_an_output_that_holds_everything_up_is_no_silent_input() -> None:
    bench = Bench()
    bench.line(7)
    bench.line(7, blocked_s=BUSY_S)
    assert not bench.watch.has_silent_input
    assert bench.watch.waits


def test_trouble_of_the_output_is_told_when_it_begins_and_when_it_is_over() -> None:
    bench = Bench()
    bench.line(1, receiver=True)
    bench.line(2, blocked_s=BUSY_S / 2)
    bench.line(2, blocked_s=BUSY_S)
    bench.line(2, blocked_s=2 * BUSY_S)
    bench.line(3)
    bench.line(4, blocked_s=BUSY_S, receiver=False)
    bench.watch.begin()
    assert bench.told == [BLOCKED, "", NO_RECEIVER, ""]
