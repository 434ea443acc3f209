"""Connections through ffmpeg that do not come about: made again where that is wanted, told once."""

from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin, PluginError
from ibe100.minitsp.ffmpeg.pipe import FfmpegReader, FfmpegWriter

_LEAST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 2.0


class Retries:
    """The attempts at one connection after the other."""

    def __init__(self, plugin: Plugin, wanted: bool) -> None:
        self._plugin = plugin
        self._wanted = wanted
        self._pause_s = _LEAST_PAUSE_S
        self._told = ""

    def pause_s(self, ended: FfmpegReader | FfmpegWriter) -> float:
        """How long to wait after an attempt that failed. Raises PluginError when it was the last one."""
        failure = ended.failure()
        if not self._wanted or ended.is_hopeless:
            raise PluginError(failure)
        if failure != self._told:
            self._told = failure
            self._plugin.log(LogLevel.WARNING, f"{failure}, trying again")
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return pause_s

    def over(self) -> None:
        """A connection was made."""
        self._pause_s, self._told = _LEAST_PAUSE_S, ""
