"""Datagrams without packets are noticed by what they wake up, and nothing else is taken for them."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from ibe100.runner.telemetry.stray_datagram_watch import STARTING_S, StrayDatagramWatch, Woken, input_wakeups

LOOK_S = 0.1
QUIET_AFTER_S = 0.8
IP = ("tsp", "-I", "ip", "5000", "-O", "drop")


class Bench:
    """A watch that is looked at ten times a second."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.woken: int | None = 0
        self.told: list[tuple[int, float]] = []
        self.told_at: list[float] = []
        self.others = 0
        self._watch = StrayDatagramWatch(self._look)
        self._pulse_at = self.now

    def _look(self) -> Woken | None:
        return None if self.woken is None else Woken(self.woken, {"7": self.others, "8": 5})

    def begin(self) -> None:
        self._watch.begin(self.now)

    def play(
        self,
        seconds: float,
        pulses: bool,
        per_look: int | None,
        is_quiet: bool | None = None,
        others: int = 0,
    ) -> None:
        for _ in range(round(seconds / LOOK_S)):
            self.now += LOOK_S
            self.woken = None if per_look is None or self.woken is None else self.woken + per_look
            self.others += others
            if pulses:
                self._pulse_at = self.now
            quiet = self.now - self._pulse_at >= QUIET_AFTER_S if is_quiet is None else is_quiet
            if told := self._watch.look(pulses, quiet, self.now):
                self.told.append(told)
                self.told_at.append(self.now)


def test_what_comes_while_nothing_goes_out_is_told_with_the_quiet_and_each_second() -> None:
    bench = Bench()
    bench.play(5.0, pulses=True, per_look=30)
    cut = bench.now
    bench.play(4.0, pulses=False, per_look=10)
    assert bench.told_at[0] - cut <= QUIET_AFTER_S + LOOK_S
    assert [count / over_s for count, over_s in bench.told] == pytest.approx([100.0] * len(bench.told))
    assert len(bench.told) == 4


def test_a_source_that_is_cut_is_no_stray() -> None:
    bench = Bench()
    bench.play(5.0, pulses=True, per_look=30)
    bench.play(10.0, pulses=False, per_look=0)
    assert bench.told == []


def test_a_plugin_that_hangs_while_those_before_it_work_on_is_no_stray() -> None:
    bench = Bench()
    bench.play(5.0, pulses=True, per_look=30, others=30)
    bench.play(10.0, pulses=False, per_look=10, others=8)
    assert bench.told == []


def test_noise_that_is_taken_for_a_packet_now_and_then_changes_nothing() -> None:
    bench = Bench()
    bench.play(5.0, pulses=True, per_look=30, others=30)
    bench.play(4.0, pulses=False, per_look=17, others=3)
    assert len(bench.told) == 4


def test_a_few_datagrams_an_hour_are_no_stream() -> None:
    bench = Bench()
    bench.play(5.0, pulses=True, per_look=30)
    for _ in range(20):
        bench.play(1.0, pulses=False, per_look=0)
        bench.play(0.2, pulses=False, per_look=1)
    assert bench.told == []


def test_a_stream_that_comes_in_bursts_is_not_told_of_between_two() -> None:
    bench = Bench()
    for _ in range(5):
        bench.play(0.1, pulses=True, per_look=30)
        bench.play(3.0, pulses=False, per_look=30, is_quiet=False)
    assert bench.told == []


def test_it_stands_over_a_restart_until_packets_flow() -> None:
    bench = Bench()
    bench.play(5.0, pulses=True, per_look=30)
    bench.play(2.0, pulses=False, per_look=10)
    bench.begin()
    bench.told.clear()
    bench.woken = 0
    bench.play(STARTING_S - LOOK_S, pulses=False, per_look=10, is_quiet=False)
    assert bench.told == [], "a start wakes up much"
    bench.play(3.0, pulses=False, per_look=10, is_quiet=False)
    assert len(bench.told) == 2
    bench.told.clear()
    bench.play(0.1, pulses=True, per_look=10)
    bench.play(2.0, pulses=False, per_look=10, is_quiet=False)
    assert bench.told == []


def test_a_processor_that_just_starts_is_not_told_of() -> None:
    bench = Bench()
    bench.begin()
    bench.play(5.0, pulses=False, per_look=30, is_quiet=False)
    assert bench.told == []


def test_where_nothing_is_known_nothing_is_said() -> None:
    bench = Bench()
    bench.play(5.0, pulses=True, per_look=30)
    bench.play(5.0, pulses=False, per_look=None)
    assert bench.told == []


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="Linux counts what wakes a thread")
def test_each_datagram_wakes_the_thread_that_waits_for_it() -> None:
    ready, went_on = threading.Barrier(2), threading.Semaphore(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))

        def receive() -> None:
            Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text("ip", "ascii")
            ready.wait()
            for _ in range(50):
                receiver.recv(100)
                went_on.release()

        thread = threading.Thread(target=receive)
        thread.start()
        ready.wait()
        before = input_wakeups(os.getpid(), IP)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(49):
                sender.sendto(b"no packet", receiver.getsockname())
                assert went_on.acquire(timeout=60)
                thread.join(0.005)
            after = input_wakeups(os.getpid(), IP)
            sender.sendto(b"the last", receiver.getsockname())
        thread.join(60)
    assert before is not None
    assert after is not None
    assert after.input - before.input >= 40


@pytest.mark.parametrize("argv", [("tsp", "-I", "srt", "--caller"), ("tsp", "-I"), ("tsp",)])
def test_only_datagrams_are_told_in_this_way(argv: tuple[str, ...]) -> None:
    assert input_wakeups(os.getpid(), argv) is None


def test_a_process_that_is_gone_tells_nothing(tmp_path: Path) -> None:
    assert input_wakeups(1, IP, tmp_path) is None
