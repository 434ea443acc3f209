"""Keeps an SRT output connected, from a thread of its own: the chain never waits for the network."""

import threading
import time
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin, PluginError
from ibe100.minitsp.srt.connection import SrtConnection
from ibe100.minitsp.srt.connector import SrtConnector
from ibe100.minitsp.srt.libsrt import SrtLibrary
from ibe100.minitsp.srt.libsrt_types import SrtError
from ibe100.minitsp.srt.settings import SrtSettings
from ibe100.minitsp.srt.statistics import StatisticsReport

_POLL_S: Final = 0.05
_LEAVE_S: Final = 0.2


class SrtSender:
    """Serves one receiver after the other, `again_after_s` between them; only the first one if that is None.

    `connected` is set while there is a receiver. `failure` is the reason why there will be no other:
    PluginError, or the bug that ended the thread.
    """

    def __init__(
        self, plugin: Plugin, library: SrtLibrary, settings: SrtSettings, again_after_s: float | None
    ) -> None:
        self.connected = threading.Event()
        self.failure: Exception | None = None
        self._plugin = plugin
        self._again_after_s = again_after_s
        self._report = StatisticsReport(plugin.arguments)
        self._connector = SrtConnector(plugin, library, settings, retries=again_after_s is not None)
        self._closing = threading.Event()
        self._connection: SrtConnection | None = None
        self._thread = threading.Thread(target=self._run, name=f"{plugin.name}-output", daemon=True)

    @property
    def ended(self) -> bool:
        """True if there is no receiver and there will be none."""
        return not self._thread.is_alive()

    def start(self) -> None:
        """Begin to call, or to listen."""
        self._thread.start()

    def send(self, payload: bytes) -> bool:
        """Hand a payload to the receiver; False when there is none, or its queue is full."""
        connection = self._connection
        if connection is None:
            return False
        try:
            return connection.send(payload)
        except SrtError:  # the thread notices too, and tells
            return False

    def drain(self, longest_s: float) -> None:
        """Wait until the receiver has acknowledged all that was sent, at most so long."""
        connection = self._connection
        if connection is not None:
            connection.drain(time.monotonic() + longest_s)

    def stop(self) -> None:
        """End the connection."""
        self._closing.set()
        self._thread.join(_LEAVE_S)

    def _run(self) -> None:
        try:
            while self._serve_one():
                pass
        except PluginError as error:
            self.failure = error
        except Exception as error:
            self.failure = error
            raise

    def _serve_one(self) -> bool:
        """Serve one receiver until it has gone; True if another one may come."""
        connection = self._connector.connect(self._closing)
        if connection is None:
            return False
        self._plugin.verbose(f"connected to {connection.addresses()}")
        self._report.begin(time.monotonic())
        self._connection = connection
        self.connected.set()
        try:
            while connection.is_up and not self._closing.wait(_POLL_S):
                if self._report.is_due(time.monotonic()):
                    self._log_statistics(connection)
        finally:
            self.connected.clear()
            self._connection = None
            if self._report.at_the_end:
                self._log_statistics(connection)
            connection.close()
        if self._closing.is_set():
            return False
        if self._again_after_s is None:
            raise PluginError("receiver disconnected")
        self._plugin.log(LogLevel.WARNING, "receiver disconnected, waiting for another one")
        return not self._closing.wait(self._again_after_s)

    def _log_statistics(self, connection: SrtConnection) -> None:
        statistics = connection.statistics()
        if statistics is not None:
            self._plugin.log(LogLevel.INFO, self._report.text(statistics))
