"""Input of null packets."""

from typing import ClassVar

import numpy as np

from ibe100.minitsp.chain.options import Arguments, OptionTable, parse_integer
from ibe100.minitsp.chain.plugin import Context, PacketInput, Packets
from ibe100.minitsp.chain.stuffing import null_packets
from ibe100.mpegts.constants import PACKET_SIZE


class NullInput(PacketInput):
    """Makes null packets (tsp -I null), endlessly or as many as the parameter says."""

    name: ClassVar[str] = "null"
    live: ClassVar[bool] = False
    options: ClassVar[OptionTable] = OptionTable(max_parameters=1)

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._left: int | None = None
        if arguments.parameters:
            self._left = parse_integer(arguments.parameters[0], "parameter")

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        if self._left is None:
            return null_packets(max_packets)
        count = min(max_packets, self._left)
        self._left -= count
        return null_packets(count) if count else np.empty((0, PACKET_SIZE), np.uint8)
