"""Length of a segment while no picture tells it: by the bitrate, or by the clock where that is not known."""

import time
from typing import Final

from ibe100.mpegts.constants import PACKET_BITS

_LEAST_PACKETS: Final = 100  # whatever the bitrate is thought to be


class BlindLength:
    """Counts what the segment holds since its last picture."""

    def __init__(self) -> None:
        self.packets = 0
        self._opened_s = time.monotonic()

    def open(self) -> None:
        """Begin a segment."""
        self._opened_s = time.monotonic()

    def room(self, wanted: int, left_s: float, longest_s: float, bitrate_bps: int) -> int:
        """Number of the packets wanted that may still come, where pictures leave so much of the longest."""
        if not bitrate_bps:
            return 0 if time.monotonic() - self._opened_s > longest_s else wanted
        return max(0, max(int(bitrate_bps * left_s / PACKET_BITS), _LEAST_PACKETS) - self.packets)

    def estimated_s(self, size_bytes: int, bitrate_bps: int) -> float:
        """Duration of a segment of this size."""
        return size_bytes * 8 / bitrate_bps if bitrate_bps else time.monotonic() - self._opened_s
