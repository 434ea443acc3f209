"""Does anything come out of the processor? Told within tenths of a second: its posts come once a second.

The processor sends a datagram every so many packets. They are not read as they come, which would cost more
than they are worth: the kernel keeps a few and drops the rest, and ten times a second it is asked for them.
"""

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable

from ibe100.runner.loop import Loop, Timer

LOOK_S = 0.1
LEAST_PATIENCE_S = 0.8
"""An alarm is due within a second; a busy machine makes pauses of half a second."""
MARGIN_S = 0.2
"""On top of the longest gap lately: what comes in bursts is not called interrupted between two of them."""
MOST_GAP_S = 1.5
"""A longer one was an interruption, not a burst."""
REMEMBERED_S = 60.0
LEARNING_S = 5.0
"""Nothing is said before so much was seen."""
MOST_PER_LOOK_S = 1.5 * LOOK_S
"""So much of the time since the last look counts: one that comes later proves that the machine is busy."""
_BUFFER_BYTES = 1 << 16

Tell = Callable[[bool, float], None]
"""Whether packets flow, and for how long none did, seconds."""


class PulseJudge:
    """Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self._began_at: float | None = None
        self._last_at = self._looked_at = 0.0
        self._quiet_s = 0.0
        self._gaps: deque[tuple[float, float]] = deque()
        self._is_quiet = False

    def look(self, has_pulse: bool, now: float) -> tuple[bool, float] | None:
        """What is new to be told of, with how long nothing came; None where nothing is."""
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
    def patience_s(self) -> float:
        """How long nothing may come before nothing flows."""
        return max(LEAST_PATIENCE_S, max((gap_s for _, gap_s in self._gaps), default=0.0) + MARGIN_S)


class PulseListener:
    """A bound UDP socket that is looked at, not read."""

    def __init__(self, loop: Loop, port: int, tell: Tell) -> None:
        self._loop = loop
        self._tell = tell
        self._judge = PulseJudge()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
            self._socket.setblocking(False)
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        self._timer: Timer = loop.call_later(LOOK_S, self._look)

    def begin(self) -> None:
        """Another processor: what the last one sent says nothing of it."""
        self.drain()
        self._judge = PulseJudge()

    def drain(self) -> bool:
        """Whether anything came; one byte tells."""
        came = False
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(1)
                came = True
        return came

    def close(self) -> None:
        self._timer.cancel()
        self._socket.close()

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_S, self._look)
        if news := self._judge.look(self.drain(), time.monotonic()):
            self._tell(*news)
