"""Judges whether a processor is well: when packets are overdue, and while it waits for a peer."""

import time
from collections.abc import Callable

from ibe100.runner.loop import Loop, Timer
from ibe100.runner.spec import Policy
from ibe100.runner.supervision.health import Health
from ibe100.runner.telemetry.processor_status import StatusWatch

_HELD_LOOK_S = 0.5
_LATE_S = 1.0
"""A beat that comes so late was held up with the whole runner."""
_BEAT_S = 0.5
_CATCH_UP_S = 5.0
"""Time for what came meanwhile to be read: a healthy processor is not ended for the delay of its runner."""


class Watchdog:
    """One timer. `stalled` is called when packets or PTS are overdue, `hung` when waiting has no use."""

    def __init__(self, loop: Loop, stalled: Callable[[], None], hung: Callable[[], None]) -> None:
        self._loop = loop
        self._stalled = stalled
        self._hung = hung
        self._timer: Timer | None = None
        self._woke_at = float("-inf")
        self._beat(time.monotonic())

    def watch(self, health: Health, policy: Policy, started_at: float, running_at: float) -> None:
        """Look when the present deadline has come, and again if it has moved; times are monotonic."""
        self.rest()
        healthy_at = health.healthy_at()
        if healthy_at is None:
            deadline = started_at + policy.start_timeout_s
        else:
            deadline = max(healthy_at, running_at) + policy.stall_timeout_s
        left_s = deadline - time.monotonic()
        if left_s > 0:
            self._again(left_s, lambda: self.watch(health, policy, started_at, running_at))
        else:
            self._stalled()

    def hold(self, status: StatusWatch, patience_s: float, waited_at: float) -> None:
        """Look on while the processor lives, and what its input gives it, if anything, goes on to the output.

        `waited_at`: when it was last known to wait; `patience_s`: how long it may take after.
        """
        now = time.monotonic()
        if status.waits:
            waited_at = now
        if status.hangs or now - waited_at > patience_s:
            self._hung()
        else:
            self._again(_HELD_LOOK_S, lambda: self.hold(status, patience_s, waited_at))

    def rest(self) -> None:
        """Judge nothing until asked again."""
        if self._timer is not None:
            self._timer.cancel()

    def _again(self, delay_s: float, look: Callable[[], None]) -> None:
        def in_time() -> None:
            awake_s = time.monotonic() - self._woke_at
            if awake_s < _CATCH_UP_S:
                self._again(_CATCH_UP_S - awake_s, look)
            else:
                look()

        self._timer = self._loop.call_later(delay_s, in_time)

    def _beat(self, due: float) -> None:
        """Know when the whole runner was held up (a frozen machine, no memory)."""
        now = time.monotonic()
        if now - due > _LATE_S:
            self._woke_at = now
        self._loop.call_later(_BEAT_S, lambda: self._beat(now + _BEAT_S))
