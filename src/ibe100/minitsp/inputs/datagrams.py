"""Transport packets out of UDP datagrams: raw, or behind an RTP header."""

from typing import Final

from ibe100.minitsp.plugin import PACKET_SIZE
from ibe100.mpegts.packet import SYNC_BYTE

_RTP_FIXED_HEADER: Final = 12
_RTP_VERSION: Final = 2


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
    """Whether a datagram begins with an RTP header and not with a packet."""
    return datagram[:1] != bytes((SYNC_BYTE,)) and _rtp_payload(datagram) is not None


def _aligned(data: bytes) -> bytes:
    """The leading run of packets that begin with the sync byte."""
    count = len(data) // PACKET_SIZE
    starts = data[: count * PACKET_SIZE : PACKET_SIZE]
    in_sync = len(starts) - len(starts.lstrip(bytes((SYNC_BYTE,))))
    return data[: in_sync * PACKET_SIZE]


def _rtp_payload(datagram: bytes) -> int | None:
    """Where an RTP payload begins; None if this is no RTP header."""
    if len(datagram) < _RTP_FIXED_HEADER or datagram[0] >> 6 != _RTP_VERSION:
        return None
    start = _RTP_FIXED_HEADER + 4 * (datagram[0] & 0x0F)
    if datagram[0] & 0x10:
        if len(datagram) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4], "big")
    return start
