"""Repeats a request that fails, with pauses, for a limited time."""

import threading
import time
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin, PluginError

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 1.0
_WORTH_TELLING_S: Final = 3.0


class Outage:
    """Failures of one request: the first, each new reason and the end of a long series are logged."""

    def __init__(self, plugin: Plugin, what: str, closing: threading.Event, patience_s: float) -> None:
        self.attempts = 0
        self._plugin = plugin
        self._what = what
        self._closing = closing
        self._patience_s = patience_s
        self._since_s = 0.0
        self._told = ""

    def again(self, error: PluginError) -> bool:
        """Wait before the next attempt; False if the chain is ending. Raises `error` after too long."""
        now_s = time.monotonic()
        self.attempts += 1
        if self.attempts == 1:
            self._since_s = now_s
        if now_s - self._since_s > self._patience_s:
            raise error
        if str(error) != self._told:
            self._told = str(error)
            self._plugin.log(LogLevel.WARNING, f"{self._what}, trying again: {error}")
        return not self._closing.wait(min(_FIRST_PAUSE_S * self.attempts, _LONGEST_PAUSE_S))

    def over(self) -> None:
        """Note that the request has succeeded."""
        lasted_s = time.monotonic() - self._since_s
        if self.attempts and lasted_s > _WORTH_TELLING_S:
            self._plugin.log(LogLevel.INFO, f"the server answers again after {lasted_s:.0f} s")
