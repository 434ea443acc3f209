"""Trouble of a processor's output: told as it comes and goes; one that is blocked for too long is ended."""

from collections.abc import Callable

from ibe100.runner.loop import Loop, Timer
from ibe100.runner.telemetry.processor_status import BLOCKED, BUSY_S

BLOCKED_S = 10.0
"""An output that has taken nothing for so long is opened anew, by another processor."""


class OutputWatch:
    """One timer; `tell` is told of each change, `blocked` is called when an output is to be opened anew."""

    def __init__(self, loop: Loop, tell: Callable[[str], None], blocked: Callable[[], None]) -> None:
        self._loop = loop
        self._tell = tell
        self._blocked = blocked
        self._timer: Timer | None = None

    def changed(self, trouble: str) -> None:
        """Note that the output is in trouble, or, with an empty text, that it no longer is."""
        self._tell(trouble)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if trouble == BLOCKED:
            self._timer = self._loop.call_later(BLOCKED_S - BUSY_S, self._blocked)
