"""Attempts at a connection, one after the other."""

from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin, PluginError

_LEAST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 1.0


class Retries:
    """Pauses between attempts, ever longer up to a second; each new failure is logged once."""

    def __init__(self, plugin: Plugin, wanted: bool) -> None:
        self._plugin = plugin
        self._wanted = wanted
        self.connected()

    def connected(self) -> None:
        """Begin anew: an attempt has succeeded."""
        self._pause_s, self._logged = _LEAST_PAUSE_S, ""

    def pause_s(self, failure: PluginError) -> float:
        """Seconds to wait after an attempt that failed. Raises `failure` where no other one is wanted."""
        if not self._wanted:
            raise failure
        if str(failure) != self._logged:
            self._logged = str(failure)
            self._plugin.log(LogLevel.WARNING, f"{failure}, trying again")
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return pause_s
