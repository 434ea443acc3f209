"""Callers of an SRT listener that were turned away, told without flooding the log."""

import time
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin

_AGAIN_S: Final = 10.0


class SrtRefusals:
    """Tells each reason at once, and again every ten seconds while such callers keep coming."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._told: dict[str, float] = {}

    def tell(self, reason: str) -> None:
        """A caller was turned away."""
        now_s = time.monotonic()
        if now_s - self._told.get(reason, float("-inf")) >= _AGAIN_S:
            self._told[reason] = now_s
            self._plugin.log(LogLevel.WARNING, f"a caller was turned away, reject reason: {reason}")
