"""Measurement of a processor's first packets: tsp itself posts for the first time after a second."""

from collections.abc import Mapping, Sequence

from ibe100.runner.telemetry.packet_watch import NULL_PID, PACKET_BYTES, RTP_BYTES, Facts

LEAST_S = 0.3
"""Enough for a bitrate, and for a PTS of each frame rate."""
MOST_S = 1.5
"""From then on there are the processor's own posts."""

_BITS = 8


class FirstPackets:
    """Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self._began_at: float | None = None
        self._packets = self._nulls = 0

    def look(
        self, datagrams: Sequence[bytes], pts: Mapping[int, tuple[int, float]], now: float
    ) -> Facts | None:
        """Take what came since the last look; `pts`: the last PTS by PID, and when it came.

        Returns bitrates and PTS, each with its age, once they are known and until the processor posts.
        """
        if self._began_at is None:
            if not datagrams:
                return None
            self._began_at = now
        seconds = now - self._began_at
        if seconds > MOST_S:
            return None
        for datagram in datagrams:
            highs = datagram[RTP_BYTES + 1 :: PACKET_BYTES]
            lows = datagram[RTP_BYTES + 2 :: PACKET_BYTES]
            self._packets += len(lows)
            self._nulls += sum(
                (high & 0x1F) << 8 | low == NULL_PID for high, low in zip(highs, lows, strict=False)
            )
        if seconds < LEAST_S or not pts:
            return None
        bits = PACKET_BYTES * _BITS
        return {
            "bitrate_bps": round(self._packets * bits / seconds),
            "null_bps": round(self._nulls * bits / seconds),
            "pts": {str(pid): [value, round(now - at, 3)] for pid, (value, at) in pts.items()},
        }
