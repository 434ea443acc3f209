"""Noise that was taken for packets: it lies on PIDs that no stream has.

tsp takes one of some hundred datagrams without packets for a packet, as it holds 0x47 in the right place.
"""

from collections import deque

from ibe100.runner.telemetry.packet_watch import NULL_PID, PACKET_BYTES, RTP_BYTES

LAST_PACKETS = 4
MOST_UNKNOWN = 2
"""Number of the last packets, null packets left out, that may be on unknown PIDs."""
KNOWN_LOOKS = 3
"""Looks in which a PID has to come before it is known."""
REMEMBERED_S = 10.0
"""Time after which a PID that does not come is unknown again, and for which PIDs are learnt at the start."""


class FalsePacketWatch:
    """Takes the datagrams of the pulses; times are monotonic seconds, the same for those of one look."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[float, int]] = {}
        """Time at which a PID came last, and the number of looks in which it came."""
        self._last: deque[bool] = deque(maxlen=LAST_PACKETS)
        """True for each of the last packets that was on an unknown PID."""
        self._began_at: float | None = None

    def is_false(self, datagram: bytes, now: float) -> bool:
        """True if the datagram ends in noise that only looks like packets.

        A source that is switched looks so for some tenths of a second, which costs a few pulses.
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
        return sum(self._last) > MOST_UNKNOWN and now - began_at >= REMEMBERED_S
