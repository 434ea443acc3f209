"""Delivers messages from a thread of its own, so that a slow or absent receiver never delays packets."""

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin

_LAST_MESSAGES_S: Final = 1.0
_STOP_S: Final = 0.05


class BackgroundSender:
    """Sends text messages in order; a message that finds the queue full is dropped.

    `deliver` may block for its own timeout and raises OSError where the receiver cannot be reached.
    Failures and drops are logged once until a delivery succeeds again.
    """

    def __init__(self, plugin: Plugin, what: str, queue_size: int, deliver: Callable[[str], object]) -> None:
        self._plugin = plugin
        self._what = what
        self._deliver = deliver
        self._queue: Queue[str] = Queue(max(1, queue_size))
        self._stopping = threading.Event()
        self._dropping = False
        self._thread = threading.Thread(target=self._run, name=f"{plugin.name}-sender", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def send(self, text: str) -> bool:
        """Queue a message; False if it had to be dropped."""
        try:
            self._queue.put_nowait(text)
        except Full:
            if not self._dropping:
                self._dropping = True
                self._plugin.log(LogLevel.WARNING, f"{self._what}: receiver too slow, dropping messages")
            return False
        return True

    def stop(self) -> None:
        """Send what is queued, for at most a second; hardly any longer if the chain was told to stop."""
        self._stopping.set()
        if self._thread.is_alive():
            with suppress(Full):  # an empty text wakes a thread that has nothing to send
                self._queue.put_nowait("")
            self._thread.join(_STOP_S if self._plugin.context.stopping else _LAST_MESSAGES_S)

    def _run(self) -> None:
        failing = False
        while True:
            try:
                text = self._queue.get(block=not self._stopping.is_set())
            except Empty:
                return
            if not text:
                continue
            try:
                self._deliver(text)
                failing = self._dropping = False
            except OSError as error:
                if not failing:
                    self._plugin.log(LogLevel.ERROR, f"{self._what}: {error.strerror or error}")
                failing = True
