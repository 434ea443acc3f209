"""Transport packets out of UDP datagrams: raw, or behind an RTP header."""

from typing import Final

from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE

_SYNC: Final = bytes((SYNC_BYTE,))
_RTP_FIXED_HEADER: Final = 12
_RTP_VERSION: Final = 2
_RS_PACKET_BYTES: Final = 204
"""Size of a packet with 16 bytes of Reed-Solomon code behind it (ETSI EN 300 429)."""


class RawDatagrams:
    """Cuts packets out of datagrams without RTP, also where the sender does not align packets to datagrams.

    A datagram may end within a packet and the next one go on with it (ffmpeg without `pkt_size` sends 1,472
    bytes); there may be something before or after the packets; a packet may have 204 bytes. `skipped_bytes`:
    so much was in datagrams that had at least one packet's worth of something else.
    """

    def __init__(self) -> None:
        self.skipped_bytes = 0
        self._rest = b""

    def continues(self, datagram: bytes) -> bool:
        """True if a datagram goes on with the packet that the one before it has begun."""
        if not self._rest:
            return False
        missing = PACKET_SIZE - len(self._rest)
        next_starts = datagram[missing::PACKET_SIZE]
        return len(datagram) >= missing and next_starts[:2].count(SYNC_BYTE) == len(next_starts[:2])

    def feed(self, datagram: bytes) -> bytes:
        """The whole packets that a datagram brings or completes."""
        if self.continues(datagram):
            datagram = self._rest + datagram
            packets = self._cut(datagram)
        else:
            self._rest = b""
            packets = self._packets(datagram)
        skipped = len(datagram) - len(packets) - len(self._rest)
        if skipped >= PACKET_SIZE:
            self.skipped_bytes += skipped
        return packets

    def _packets(self, datagram: bytes) -> bytes:
        starts = datagram[::PACKET_SIZE]
        if (
            len(datagram) % PACKET_SIZE == 0
            and not _in_sync(starts)
            and 2 * starts.count(_SYNC) > len(starts)
        ):
            # Where most packets are in place, the others have a bit error in their sync byte.
            good = (at * PACKET_SIZE for at, byte in enumerate(starts) if byte == SYNC_BYTE)
            return b"".join(datagram[start : start + PACKET_SIZE] for start in good)
        if datagram[:1] == _SYNC:
            if _has_reed_solomon(datagram):
                places = range(0, len(datagram), _RS_PACKET_BYTES)
                return b"".join(datagram[start : start + PACKET_SIZE] for start in places)
            return self._cut(datagram)
        header = len(datagram) % PACKET_SIZE
        if header < len(datagram) and _in_sync(datagram[header::PACKET_SIZE]):
            return datagram[header:]
        for start in range(min(PACKET_SIZE, len(datagram) - PACKET_SIZE)):
            if _in_sync(datagram[start::PACKET_SIZE]):
                return self._cut(datagram[start:])
        return b""

    def _cut(self, datagram: bytes) -> bytes:
        """The packets from the start on; what may be the beginning of another one is kept."""
        packets = _aligned(datagram)
        rest = datagram[len(packets) :]
        self._rest = rest if len(rest) < PACKET_SIZE and rest[:1] == _SYNC else b""
        return packets


def transport_packets(datagram: bytes) -> bytes:
    """The whole packets in a datagram, in order; empty if it carries none.

    RTP is recognised by what follows its header (RFC 3550 clause 5.1 with CSRC list, extension and padding),
    not by its payload type, which senders choose freely.
    """
    if len(datagram) >= PACKET_SIZE and datagram[0] == SYNC_BYTE:
        return _aligned(datagram)
    start = _rtp_payload(datagram)
    if start is None or start >= len(datagram) or datagram[start] != SYNC_BYTE:
        return b""
    return _aligned(datagram[start:])


def is_rtp(datagram: bytes) -> bool:
    """True if a datagram begins with an RTP header and not with a packet."""
    return datagram[:1] != bytes((SYNC_BYTE,)) and _rtp_payload(datagram) is not None


def _aligned(data: bytes) -> bytes:
    """The leading run of packets that begin with the sync byte."""
    count = len(data) // PACKET_SIZE
    starts = data[: count * PACKET_SIZE : PACKET_SIZE]
    in_sync = len(starts) - len(starts.lstrip(_SYNC))
    return data[: in_sync * PACKET_SIZE]


def _in_sync(starts: bytes) -> bool:
    return not starts.strip(_SYNC)


def _has_reed_solomon(datagram: bytes) -> bool:
    if len(datagram) % _RS_PACKET_BYTES or not _in_sync(datagram[::_RS_PACKET_BYTES]):
        return False
    return len(_aligned(datagram)) == PACKET_SIZE


def _rtp_payload(datagram: bytes) -> int | None:
    """Offset of the payload behind an RTP header; None if this is no RTP header."""
    if len(datagram) < _RTP_FIXED_HEADER or datagram[0] >> 6 != _RTP_VERSION:
        return None
    start = _RTP_FIXED_HEADER + 4 * (datagram[0] & 0x0F)
    if datagram[0] & 0x10:
        if len(datagram) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4], "big")
    return start
