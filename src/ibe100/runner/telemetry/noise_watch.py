"""Packets that are none: noise in which a sync byte was found by chance lies on PIDs of no stream.

tsp takes one of some hundred datagrams without packets for a packet, as it holds 0x47 in the right place.
"""

from collections import deque

from ibe100.runner.telemetry.packet_watch import NULL_PID, PACKET_BYTES, RTP_BYTES

LAST_PACKETS = 4
MOST_STRANGE = 2
"""Of the last packets, null packets left out, so many may be on PIDs that are not known."""
KNOWN_LOOKS = 3
"""A PID is known that came in so many looks."""
REMEMBERED_S = 10.0
"""A PID that does not come for so long is not known any more; and so long everything is learnt."""


class NoiseWatch:
    """Takes the datagrams of the pulses; times are monotonic seconds, the same for those of one look."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[float, int]] = {}
        """When a PID came last, and in how many looks."""
        self._last: deque[bool] = deque(maxlen=LAST_PACKETS)
        """Whether the last packets were on PIDs that are not known."""
        self._began_at: float | None = None

    def is_noise(self, datagram: bytes, now: float) -> bool:
        """Whether it ends in what only looks like packets.

        A source that is switched looks like that for some tenths of a second, which costs a few pulses.
        """
        began_at = self._began_at = now if self._began_at is None else self._began_at
        highs, lows = datagram[RTP_BYTES + 1 :: PACKET_BYTES], datagram[RTP_BYTES + 2 :: PACKET_BYTES]
        for pid in {(high & 0x1F) << 8 | low for high, low in set(zip(highs, lows, strict=False))}:
            seen_at, looks = self._seen.get(pid, (now, 0))
            if seen_at != now or not looks:
                self._seen[pid] = now, (looks + 1 if now - seen_at <= REMEMBERED_S else 1)
        end = slice(-2 * LAST_PACKETS, None)
        last = [(high & 0x1F) << 8 | low for high, low in zip(highs[end], lows[end], strict=False)]
        real = [pid for pid in last if pid != NULL_PID][-LAST_PACKETS:]
        self._last.extend(self._seen[pid][1] < KNOWN_LOOKS for pid in real)
        return sum(self._last) > MOST_STRANGE and now - began_at >= REMEMBERED_S
