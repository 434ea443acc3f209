"""The regulator spaces packets by the bitrate, never adds up delays, and starts anew after a stand-still."""

import numpy as np
import pytest

from ibe100.minitsp import plugins
from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel
from ibe100.minitsp.plugins import regulate
from ibe100.minitsp.plugins.regulate import Regulate
from ibe100.mpegts.constants import PACKET_BITS
from ibe100.mpegts.packet import as_block, null_packet
from ibe100.mpegts.timestamps import PCR_MODULO
from packet_fields import set_pids

BITRATE_BPS = 1_504_000  # 1000 packets a second


class Lines:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        self.lines.append(f"{level.name} {text}")


class Clock:
    """A monotonic clock that only waiting, or the test, moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def wait_until(self, monotonic_s: float) -> bool:
        self.now_s = max(self.now_s, monotonic_s)
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(regulate, "time", clock)
    return clock


def regulator(clock: Clock, *options: str, bitrate_bps: int = BITRATE_BPS) -> tuple[Regulate, Lines]:
    log = Lines()
    context = Context(GlobalOptions(bitrate_bps=bitrate_bps), log)
    context.wait_until = clock.wait_until
    plugin = Regulate(Regulate.options.parse(options), context)
    plugin.start()
    return plugin, log


def block(count: int) -> Block:
    return Block(np.zeros((count, 188), np.uint8), 0)


def test_blocks_are_due_at_the_bitrate_however_late_some_were(clock: Clock) -> None:
    plugin, _ = regulator(clock)
    due = []
    for number in range(100):
        plugin.process(block(10))
        due.append(round(clock.now_s - 1000, 6))
        clock.now_s += 0.004 if number % 10 else 0.05
    assert due[0] == 0
    assert due[-1] == pytest.approx(99 * 10 / 1000)
    assert all(when >= number * 10 / 1000 - 1e-6 for number, when in enumerate(due))


def test_after_a_stand_still_nothing_is_caught_up(clock: Clock) -> None:
    plugin, _ = regulator(clock)
    plugin.process(block(10))
    clock.now_s += 30
    plugin.process(block(10))
    plugin.process(block(10))
    assert clock.now_s == pytest.approx(1030.01)


def test_a_burst_lasts_ten_milliseconds_at_most(clock: Clock) -> None:
    plugin, log = regulator(clock, "--bitrate=10,000,000")
    assert plugin.context.max_block_packets == 1
    plugin.process(block(1))
    assert plugin.context.max_block_packets == int(10_000_000 * 0.01 / PACKET_BITS)
    assert log.lines == [
        "VERBOSE minimum packet burst duration is 10000000 nanoseconds",
        "VERBOSE regulated at bitrate 10,000,000 b/s",
    ]


def test_a_changed_bitrate_counts_from_the_present_due_time(clock: Clock) -> None:
    plugin, _ = regulator(clock)
    for _ in range(3):
        plugin.process(block(10))
    plugin.context.bitrate_bps = BITRATE_BPS // 2
    plugin.process(block(10))
    assert clock.now_s == pytest.approx(1000.03)
    plugin.process(block(10))
    assert clock.now_s == pytest.approx(1000.05)


@pytest.mark.parametrize("options", [(), ("--pcr-synchronous",), ("--pcr-synchronous", "--pid-pcr=300")])
def test_an_unknown_bitrate_is_said_once_and_nothing_passes_at_full_speed(
    clock: Clock, options: tuple[str, ...]
) -> None:
    plugin, log = regulator(clock, *options, bitrate_bps=0)
    for _ in range(101):
        plugin.process(block(10))
    assert clock.now_s == pytest.approx(1000 + 1000 * PACKET_BITS / 10_000_000)
    assert [line for line in log.lines if "WARNING" in line] == [
        "WARNING bitrate unknown, regulated at 10,000,000 b/s until it is known"
    ]


def test_a_bitrate_that_becomes_known_holds_from_then_on(clock: Clock) -> None:
    plugin, _ = regulator(clock, bitrate_bps=0)
    plugin.process(block(10))
    plugin.context.bitrate_bps = BITRATE_BPS
    before_s = clock.now_s
    for _ in range(101):
        plugin.process(block(10))
    assert clock.now_s - before_s == pytest.approx(1.0, abs=0.01)


def clocked(*rates: int, wrap: bool = False) -> np.ndarray:
    """A second at each rate in packets, a PCR on every tenth packet of PID 256."""
    pcr = PCR_MODULO - 27_000_000 if wrap else 0
    parts = []
    for rate in rates:
        part = as_block(null_packet() * rate).copy()
        set_pids(part, 256)
        for row in range(0, rate, 10):
            base, extension = divmod((pcr + row * 27_000_000 // rate) % PCR_MODULO, 300)
            field = (base << 15 | 0x7E00 | extension).to_bytes(6, "big")
            part[row, 3:12] = np.frombuffer(b"\x30\x07\x10" + field, np.uint8)
        pcr += 27_000_000
        parts.append(part)
    return np.concatenate(parts)


def pace(plugin: Regulate, clock: Clock, packets: np.ndarray) -> list[float]:
    """When each packet left, in seconds since the start, in blocks as large as the plugin wants them."""
    left: list[float] = []
    while len(left) < len(packets):
        size = plugin.context.max_block_packets
        part = packets[len(left) : len(left) + size].copy()
        plugin.process(Block(part, len(left)))
        left += [clock.now_s - 1000] * len(part)
    return left


def test_packets_leave_when_their_pcrs_say_whatever_the_bitrate(clock: Clock) -> None:
    plugin, log = regulator(clock, "--pcr-synchronous")
    left = np.array(pace(plugin, clock, clocked(500, 2000, 500, wrap=True)))
    due = np.concatenate([second + np.arange(rate) / rate for second, rate in enumerate((500, 2000, 500))])
    assert np.abs(left - due)[::10].max() <= 0.021  # one interval of 20 ms where the rate changes
    assert np.abs(left - due)[100:400].max() <= 0.011  # a burst of 10 ms
    assert log.lines == ["VERBOSE using PID 0x0100 (256) for PCR reference"]


def test_a_loop_restarts_the_clock_with_a_warning(clock: Clock) -> None:
    plugin, log = regulator(clock, "--pcr-synchronous", "--pid-pcr=256")
    left = pace(plugin, clock, np.concatenate([clocked(500), clocked(500)]))
    assert left[-1] == pytest.approx(2, abs=0.05)
    assert log.lines == [
        "WARNING out of sequence PCR, maybe source was cycling, restarting regulation",
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--pcr-synchronous", "--bitrate=5"], "--bitrate cannot be used with --pcr-synchronous"),
        (["--pid-pcr=5"], "--pid-pcr cannot be used without --pcr-synchronous"),
    ],
)
def test_options_that_exclude_each_other_are_refused(clock: Clock, options: list[str], reason: str) -> None:
    with pytest.raises(OptionError, match=reason):
        regulator(clock, *options)


def test_every_built_in_plugin_can_be_loaded() -> None:
    for name in plugins.PROCESSORS:
        assert plugins.load(name).name == name


def test_how_exactly_bursts_were_sent_is_told_at_the_end(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin, log = regulator(clock)

    def wake_late(monotonic_s: float) -> bool:
        clock.now_s = monotonic_s + 0.002
        return True

    plugin.process(block(10))
    plugin.context.wait_until = wake_late
    for _ in range(4):
        plugin.process(block(10))
    plugin.stop()
    assert log.lines[-1] == "DEBUG pacing jitter: 2,000 us mean, 2,000 us worst of 4 bursts"


def test_nothing_is_told_where_nothing_was_held_back(clock: Clock) -> None:
    plugin, log = regulator(clock, bitrate_bps=0)
    plugin.process(block(10))
    plugin.stop()
    assert not [line for line in log.lines if "jitter" in line]
