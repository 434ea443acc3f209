"""Connects to SRT peers, one after the other, for the srt input and output."""

import threading
import time
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin, PluginError
from ibe100.minitsp.chain.retries import Retries
from ibe100.minitsp.srt.connection import SrtConnection
from ibe100.minitsp.srt.libsrt import SrtLibrary
from ibe100.minitsp.srt.settings import SrtSettings

_LOG_AGAIN_S: Final = 10.0


class SrtConnector:
    """Calls a peer or waits for one; with `retries` an attempt that fails is made again.

    Callers that are turned away are logged with the reason: each reason at once, and again every ten seconds.
    """

    def __init__(self, plugin: Plugin, library: SrtLibrary, settings: SrtSettings, *, retries: bool) -> None:
        self._plugin = plugin
        self._library = library
        self._settings = settings
        self._retries = Retries(plugin, retries)
        self._logged_s: dict[str, float] = {}

    def connect(self, closing: threading.Event) -> SrtConnection | None:
        """The next connection; None once `closing` is set. Raises PluginError without `retries`."""
        while True:
            connection = SrtConnection(self._library, self._settings, self._log_refusal)
            try:
                if not connection.open(closing):
                    return None
            except PluginError as failure:
                if closing.wait(self._retries.pause_s(failure)):
                    return None
            else:
                self._retries.connected()
                return connection

    def _log_refusal(self, reason: str) -> None:
        now_s = time.monotonic()
        if now_s - self._logged_s.get(reason, float("-inf")) >= _LOG_AGAIN_S:
            self._logged_s[reason] = now_s
            self._plugin.log(LogLevel.WARNING, f"a caller was turned away, reject reason: {reason}")
