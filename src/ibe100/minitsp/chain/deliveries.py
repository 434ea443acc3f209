"""Reports that wait until what they tell of has left by the output."""

import threading
from collections import deque
from collections.abc import Callable

from ibe100.minitsp.chain.plugin import PacketOutput

Report = Callable[[], None]


class Deliveries:
    """Makes each report once the block that was on its way with it is delivered, and none of a lost one.

    Reports come from the thread of the chain; that of an output which may block makes them.
    """

    def __init__(self, output: PacketOutput) -> None:
        self._output = output
        self._given = 0
        self._new: list[Report] = []
        self._waiting: deque[tuple[int, list[Report]]] = deque()
        self._lock = threading.Lock()
        output.on_delivered = self._delivered

    def add(self, report: Report) -> None:
        """Keep a report of the block that is on its way."""
        self._new.append(report)

    def give(self, packets: int) -> None:
        """Note that so many packets are handed to the output next."""
        self._given += packets
        if self._new:
            with self._lock:
                self._waiting.append((self._given, self._new))
            self._new = []

    def mark(self) -> Callable[[], bool]:
        """A question: whether all that was given so far is delivered, and told."""
        given = self._given

        def is_delivered() -> bool:
            with self._lock:
                return not self._waiting or self._waiting[0][0] > given

        return is_delivered

    def close(self) -> None:
        """Make no more reports: whoever would send them is about to close."""
        with self._lock:
            self._waiting.clear()

    def _delivered(self, is_whole: bool) -> None:
        if not self._waiting:
            return
        with self._lock:
            while self._waiting and self._waiting[0][0] <= self._output.delivered:
                _, reports = self._waiting.popleft()
                for report in reports if is_whole else ():
                    report()
