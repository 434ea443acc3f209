"""Datagrams to a port of this machine, each sent again until somebody has heard it."""

import socket
import threading
import time
from collections import deque
from typing import Final

from ibe100.runner.local_socket import LocalSender

_SURE_S: Final = 0.2
"""By then the kernel has told that nobody listens at a port of this machine."""
_MOST: Final = 200


class HeardDatagrams:
    """Keeps what nobody heard, such as the receipts of cues while a runner is replaced; any thread may send.

    Each datagram has a connected socket of its own, on which the refusal of that datagram is told.
    """

    def __init__(self, destination: tuple[str, int]) -> None:
        self._destination = destination
        self._waiting: deque[tuple[float, socket.socket, bytes]] = deque()
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        """Send, and keep until it is known to be heard; the oldest is given up for room. Raises OSError."""
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            link.connect(self._destination)
            link.send(data)
        except OSError:
            link.close()
            raise
        with self._lock:
            self._waiting.append((time.monotonic(), link, data))
            if len(self._waiting) > _MOST:
                self._waiting.popleft()[1].close()

    def tick(self, monotonic_s: float) -> None:
        """Send again what was not heard. Raises OSError."""
        while self._waiting and monotonic_s - self._waiting[0][0] >= _SURE_S:
            self._look_at_the_oldest()

    def close(self) -> None:
        """Send what was not heard for the last time. Raises OSError."""
        for _ in range(len(self._waiting)):
            self._look_at_the_oldest()
        while self._waiting:
            self._waiting.popleft()[1].close()

    def _look_at_the_oldest(self) -> None:
        with self._lock:
            _, link, data = self._waiting.popleft()
        refused = link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        link.close()
        if refused:
            self.send(data)


class KeptDatagrams:
    """The same for a Unix socket, which tells at once whether it took a datagram; any thread may send."""

    def __init__(self, sender: LocalSender) -> None:
        self._sender = sender
        self._waiting: deque[bytes] = deque(maxlen=_MOST)
        self._lock = threading.Lock()

    def send(self, data: bytes) -> None:
        """Send, behind what waits; the oldest is given up for room. Raises OSError."""
        with self._lock:
            self._waiting.append(data)
        self.tick(0.0)

    def tick(self, _monotonic_s: float) -> None:
        """Send what was not taken yet, in order. Raises OSError."""
        with self._lock:
            while self._waiting:
                data = self._waiting.popleft()
                if not self._sender.send(data):
                    self._waiting.appendleft(data)
                    return

    def close(self) -> None:
        """Send what was not taken for the last time. Raises OSError."""
        self.tick(0.0)
