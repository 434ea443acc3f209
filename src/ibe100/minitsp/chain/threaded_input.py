"""Inputs whose packets are fetched by a thread of their own, so that the chain never waits for a network."""

import threading
import time
from abc import abstractmethod
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments
from ibe100.minitsp.chain.packet_ring import PacketRing
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketInput, Packets, PluginError

_PREVIEW_POLL_S: Final = 0.1
_PREVIEW_TIMEOUT_S: Final = 2.0
_PREVIEW_ENOUGH: Final = 4096


class ThreadedInput(PacketInput):
    """`fetch` runs in a thread and fills `queue`; `closing` tells it that the chain is ending.

    `in_bursts`: packets come faster than they are played, so that their bitrate must be known beforehand.
    `leave_s`: how long `fetch` may take to end.
    """

    in_bursts: ClassVar[bool] = False
    ring_bytes: ClassVar[int] = 16 << 20
    leave_s: ClassVar[float] = 0.1

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self.queue = PacketRing(self.ring_bytes)
        self.closing = threading.Event()
        self._dropping = False
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name=f"{self.name}-input", daemon=True)

    @abstractmethod
    def fetch(self) -> None:
        """Fill the queue until the source ends or `closing` is set. Raises PluginError."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.closing.set()
        self.queue.end()
        if self._thread.ident is not None:
            self._thread.join(self.leave_s)  # a server that hangs is left to the end of the process
        if self._dropped:
            self.log(LogLevel.WARNING, f"{self._dropped:,} packets were dropped in all")

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        return self.queue.take(max_packets, timeout_s)

    def preview(self) -> Packets:
        """The first packets of a source that comes in bursts: regulated without a bitrate they would rush."""
        packets = super().preview()
        deadline_s = time.monotonic() + _PREVIEW_TIMEOUT_S
        while self.in_bursts and self.context.wait_until(time.monotonic()):
            ended = self.queue.ended
            packets = self.queue.peek(_PREVIEW_ENOUGH, _PREVIEW_POLL_S)
            if ended or len(packets) == _PREVIEW_ENOUGH or (len(packets) and time.monotonic() > deadline_s):
                break
        return packets

    def offer(self, packets: bytes) -> None:
        """Queue packets of a source that cannot wait; the oldest go when the chain is too slow."""
        dropped = self.queue.offer(packets)
        self._dropped += dropped
        if dropped and not self._dropping:
            self.log(LogLevel.WARNING, "the chain is too slow for the input, packets are dropped")
        self._dropping = bool(dropped)

    def _run(self) -> None:
        try:
            self.fetch()
        except PluginError as error:
            self.queue.fail(error)
        except Exception as error:
            self.queue.fail(error)
            raise
        else:
            self.queue.end()
