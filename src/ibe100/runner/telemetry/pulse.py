"""Flow of the processor's output, known within tenths of a second: its posts come once a second.

The processor sends a datagram every so many packets, all of which are in it. They are not read as they come:
ten times a second the kernel is asked for what it kept, which is all up to 15 or 30 Mb/s, and a part of more.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ibe100.runner.loop import Loop, Timer
from ibe100.runner.telemetry.false_packet_watch import FalsePacketWatch
from ibe100.runner.telemetry.first_packets import FirstPackets
from ibe100.runner.telemetry.inlet import Inlet
from ibe100.runner.telemetry.packet_watch import Facts, PacketWatch
from ibe100.runner.telemetry.pcr_watch import PcrFacts
from ibe100.runner.telemetry.stray_datagram_watch import StrayDatagramWatch, Wakeups

LOOK_S = 0.1
LEAST_PATIENCE_S = 0.8
"""An alarm is due within a second; a busy machine makes pauses of half a second."""
MARGIN_S = 0.2
"""Margin on top of the longest recent gap, so that a stream in bursts is not called interrupted."""
MOST_GAP_S = 1.5
"""Longest gap of a stream in bursts; a longer one is an interruption."""
REMEMBERED_S = 60.0
LEARNING_S = 5.0
"""Time that has to be seen before anything is said."""
MOST_PER_LOOK_S = 1.5 * LOOK_S
"""Most of the time since the last look that counts: a later look only proves that the machine is busy."""
PULSE_BUFFER = 1 << 18
"""Asked of the system, which may grant less; it bounds what a look costs."""
_MOST_DATAGRAMS = 500
"""Datagrams read at a look: the buffer holds many small ones."""

Tell = Callable[[bool, float], None]
"""Callback: True if packets flow, and the seconds in which none did."""
TellFaults = Callable[[Facts], None]
"""Callback with what was found in the packets."""
TellStrays = Callable[[int, float], None]
"""Callback: number of datagrams without packets, and the seconds in which they came."""


@dataclass(frozen=True, slots=True)
class PulseHandlers:
    """Callbacks by kind of news; `first` is told what a processor's first packets are.

    `wakeups` counts wake-ups of its input (stray_datagram_watch).
    """

    flows: Tell
    faults: TellFaults
    strays: TellStrays
    pcrs: Callable[[PcrFacts], None]
    pictures: TellFaults
    wakeups: Wakeups
    first: TellFaults


class PulseJudge:
    """Pure; times are monotonic seconds."""

    def __init__(self, least_patience_s: float = LEAST_PATIENCE_S) -> None:
        self._least_patience_s = least_patience_s
        self._began_at: float | None = None
        self._last_at = self._looked_at = 0.0
        self._quiet_s = 0.0
        self._gaps: deque[tuple[float, float]] = deque()
        self._is_quiet = False

    def look(self, has_pulse: bool, now: float) -> tuple[bool, float] | None:
        """The new state (True: packets flow) and the seconds without a pulse; None without a change."""
        self._quiet_s += min(now - self._looked_at, MOST_PER_LOOK_S)
        self._looked_at = now
        if has_pulse:
            return self._pulse(now)
        if self._began_at is None or self._is_quiet or self._last_at - self._began_at < LEARNING_S:
            return None
        self._is_quiet = self._quiet_s > self.patience_s
        return (False, now - self._last_at) if self._is_quiet else None

    def _pulse(self, now: float) -> tuple[bool, float] | None:
        was_quiet, self._is_quiet, self._quiet_s = self._is_quiet, False, 0.0
        if self._began_at is None:
            self._began_at = self._last_at = now
            return True, 0.0
        gap_s, self._last_at = now - self._last_at, now
        if gap_s <= MOST_GAP_S:
            self._gaps.append((now, gap_s))
        while self._gaps and now - self._gaps[0][0] > REMEMBERED_S:
            self._gaps.popleft()
        return (True, gap_s) if was_quiet else None

    @property
    def is_quiet(self) -> bool:
        """True while no pulse comes where one should."""
        return self._is_quiet

    @property
    def patience_s(self) -> float:
        """Seconds without a pulse after which the flow has stopped."""
        return max(self._least_patience_s, max((gap_s for _, gap_s in self._gaps), default=0.0) + MARGIN_S)


class PulseListener:
    """Looks at the pulses ten times a second; they are not read as they come."""

    def __init__(self, loop: Loop, inlet: Inlet, handlers: PulseHandlers) -> None:
        self._loop = loop
        self._handlers = handlers
        self._judge = PulseJudge()
        self._packets = PacketWatch()
        self._first = FirstPackets()
        self._false_packets = FalsePacketWatch()
        self._strays = StrayDatagramWatch(handlers.wakeups)
        self._inlet = inlet
        self._timer: Timer = loop.call_later(LOOK_S, self._look)

    def begin(self) -> None:
        """Begin with another processor."""
        while self.drain():
            continue
        self._judge = PulseJudge()
        self._packets = PacketWatch()
        self._first = FirstPackets()
        self._false_packets = FalsePacketWatch()
        self._strays.begin(time.monotonic())

    def drain(self) -> list[bytes]:
        """The datagrams since the last call, or the oldest of them."""
        return list(self._inlet.waiting(_MOST_DATAGRAMS))

    def close(self) -> None:
        self._timer.cancel()
        self._inlet.close()

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_S, self._look)
        now = time.monotonic()
        came = [datagram for datagram in self.drain() if not self._false_packets.is_false(datagram, now)]
        news = self._judge.look(bool(came), now)
        # Before it is said that nothing flows: they are why.
        if strays := self._strays.look(bool(came), self._judge.is_quiet, now):
            self._handlers.strays(*strays)
        if news:
            self._handlers.flows(*news)
        if faults := self._packets.look(came, now):
            self._handlers.faults(faults)
        if first := self._first.look(came, self._packets.pts, now):
            self._handlers.first(first)
        if pcrs := self._packets.pcrs.told(now):
            self._handlers.pcrs(pcrs)
        if pictures := self._packets.pictures.told(now):
            self._handlers.pictures(pictures)
