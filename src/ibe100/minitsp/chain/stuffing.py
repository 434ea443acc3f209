"""Null packets added to the input (tsp --add-input-stuffing N/M: N of them after each M packets)."""

import numpy as np

from ibe100.minitsp.chain.plugin import Packets
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet import as_block, null_packet


def null_packets(count: int) -> Packets:
    """`count` null packets, writable."""
    return np.repeat(as_block(null_packet()), count, axis=0)


class InputStuffing:
    """Adds `nulls` null packets after every `inputs` packets; 0 nulls adds none."""

    def __init__(self, nulls: int, inputs: int) -> None:
        self._nulls = nulls
        self._inputs = inputs
        self._since_nulls = 0

    @property
    def factor(self) -> float:
        """Factor by which the bitrate grows."""
        return 1 + self._nulls / self._inputs if self._nulls else 1.0

    def add(self, packets: Packets) -> Packets:
        """The packets with the null packets due among them, uint8 (n + nulls, 188)."""
        if not self._nulls:
            return packets
        count = len(packets)
        groups = (self._since_nulls + np.arange(count)) // self._inputs
        completed = (self._since_nulls + count) // self._inputs
        self._since_nulls = (self._since_nulls + count) % self._inputs
        if completed == 0:
            return packets
        stuffed = np.empty((count + completed * self._nulls, PACKET_SIZE), np.uint8)
        stuffed[:] = as_block(null_packet())
        stuffed[np.arange(count) + groups * self._nulls] = packets
        return stuffed
