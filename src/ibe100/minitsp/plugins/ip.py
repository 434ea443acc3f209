"""Sends a copy of the packets by UDP or RTP (tsp -P ip)."""

import math
import time
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PacketProcessor
from ibe100.minitsp.ip.datagram_sender import DATAGRAM_OPTIONS, DatagramSender

_BETWEEN_WARNINGS_S: Final = 10.0


class IpTap(PacketProcessor):
    """Send TS packets using UDP/IP, multicast or unicast, and pass them to next plugin.

    Always in whole datagrams of --packet-burst packets. The stream never waits for the copy and never ends
    with it, where tsp's would: what cannot be sent is left out, with a warning now and then.
    """

    name: ClassVar[str] = "ip"
    changes_packets = False
    options: ClassVar[OptionTable] = OptionTable(*DATAGRAM_OPTIONS, max_parameters=1)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._sender = DatagramSender(arguments, whole_bursts=True, may_wait=False)
        self._warned_s = -math.inf

    def start(self) -> None:
        self._sender.open()

    def process(self, block: Block) -> Block:
        try:
            self._sender.send(block.packets)
        except OSError as error:
            self._warn(error)
        return block

    def stop(self) -> None:
        try:
            self._sender.close()
        except OSError as error:
            self._warn(error)

    def _warn(self, error: OSError) -> None:
        now_s = time.monotonic()
        if now_s - self._warned_s < _BETWEEN_WARNINGS_S:
            return
        self._warned_s = now_s
        text = f"error sending UDP message to {self._sender.place}: {error.strerror}, packets left out"
        self.log(LogLevel.WARNING, text)
