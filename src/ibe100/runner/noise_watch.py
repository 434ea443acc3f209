"""Packets that are none: noise in which a sync byte was found by chance lies on PIDs that nobody has seen.

tsp takes one of some hundred datagrams without packets for a packet, as it holds 0x47 in the right place.
"""

PACKET_BYTES = 188
RTP_BYTES = 12
REMEMBERED_S = 10.0
"""A PID that did not come for so long is new."""
_NULL_PID = 0x1FFF


class NoiseWatch:
    """Takes the datagrams of the pulses; times are monotonic seconds."""

    def __init__(self) -> None:
        self._seen_at: dict[int, float] = {}
        self._began_at: float | None = None

    def is_noise(self, datagram: bytes, now: float) -> bool:
        """Whether it ends in what only looks like packets: its last two are on two new PIDs.

        A source that is switched may look like that once, which costs a pulse.
        """
        began_at = self._began_at = now if self._began_at is None else self._began_at
        pairs = zip(
            datagram[RTP_BYTES + 1 :: PACKET_BYTES], datagram[RTP_BYTES + 2 :: PACKET_BYTES], strict=False
        )
        pids = {(high & 0x1F) << 8 | low: None for high, low in dict.fromkeys(reversed(list(pairs)))}
        pids.pop(_NULL_PID, None)
        last = list(pids)[:2]
        is_new = [now - self._seen_at.get(pid, float("-inf")) > REMEMBERED_S for pid in last]
        self._seen_at.update(dict.fromkeys(pids, now))
        return len(last) == 2 and all(is_new) and now - began_at >= REMEMBERED_S
