"""An output that may block, served by a thread of its own behind a bounded ring of blocks."""

import threading
import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import OptionTable
from ibe100.minitsp.chain.packet_ring import PacketRing
from ibe100.minitsp.chain.plugin import MAX_BLOCK_PACKETS, PacketOutput, Packets, PluginError
from ibe100.mpegts.constants import PACKET_SIZE

_RING_BYTES: Final = MAX_BLOCK_PACKETS * PACKET_SIZE
_POLL_S: Final = 0.05
_LEAVE_S: Final = 0.05


class OutputThread(PacketOutput):
    """Passes packets on to another output; the chain waits, and goes on ticking, while the ring is full.

    A chain that was told to stop leaves what blocks the output to the end of the process.
    """

    name: ClassVar[str] = "output"
    options: ClassVar[OptionTable] = OptionTable()

    def __init__(self, output: PacketOutput) -> None:
        super().__init__(output.arguments, output.context)
        self._output = output
        self._ring = PacketRing(_RING_BYTES)
        self._thread = threading.Thread(target=self._run, name=f"{output.name}-output", daemon=True)

    def start(self) -> None:
        self._output.start()
        self._thread.start()

    def send(self, packets: Packets) -> None:
        while not self._ring.put(packets, _POLL_S):
            if not self.context.wait_until(time.monotonic()):
                return

    def finish(self) -> None:
        self._ring.end()
        while self._thread.is_alive() and not self.context.stopping:
            self._thread.join(_POLL_S)

    def stop(self) -> None:
        self.finish()
        self._thread.join(_LEAVE_S)
        if not self._thread.is_alive():
            self._output.stop()

    def fail(self, error: PluginError) -> None:
        self._output.fail(error)

    def _run(self) -> None:
        while True:
            packets = self._ring.take(MAX_BLOCK_PACKETS, _POLL_S)
            if packets is None:
                continue
            if not len(packets):
                return
            try:
                self._output.deliver(packets)
            except PluginError as error:
                self._output.fail(error)
                return
