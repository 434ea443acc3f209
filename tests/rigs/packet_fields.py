"""Fields of packets that only tests read or write, the plain way."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.packet import PacketBlock


def set_pids(block: PacketBlock, pid: int) -> None:
    """Write `pid` into every packet of the block."""
    block[:, 1] = (block[:, 1] & 0xE0) | (pid >> 8)
    block[:, 2] = pid & 0xFF


def continuity_counters(block: PacketBlock) -> list[int]:
    """continuity_counter of each packet, 0..15."""
    return (block[:, 3] & 0x0F).tolist()


def payload_offset(packet: npt.NDArray[np.uint8]) -> int:
    """Place of a packet's payload, 4..188; 188 where there is none or the adaptation field is too long."""
    if not packet[3] & 0x10:
        return PACKET_SIZE
    return min(5 + int(packet[4]), PACKET_SIZE) if packet[3] & 0x20 else 4


def pcr_values(block: PacketBlock) -> tuple[list[int], list[int]]:
    """Rows of the block that carry a PCR, and those PCRs in 27 MHz ticks."""
    rows = [row for row, one in enumerate(block) if one[3] & 0x20 and one[4] >= 7 and one[5] & 0x10]
    fields = [int.from_bytes(block[row, 6:12].tobytes(), "big") for row in rows]
    return rows, [(field >> 15) * 300 + (field & 0x1FF) for field in fields]


def encode_timestamp(pts: int, prefix: int) -> bytes:
    """A 5-byte PTS or DTS field; `prefix` is the leading 4 bits (2 PTS alone, 3 PTS before DTS, 1 DTS)."""
    return bytes(
        (
            prefix << 4 | (pts >> 29) & 0x0E | 1,
            (pts >> 22) & 0xFF,
            (pts >> 14) & 0xFE | 1,
            (pts >> 7) & 0xFF,
            (pts << 1) & 0xFE | 1,
        )
    )


def pes_header(pts: int, dts: int | None = None, stream_id: int = 0xE0) -> bytes:
    """The header of a PES packet with its time stamps."""
    flags, stamps = (0x80, encode_timestamp(pts, 2))
    if dts is not None:
        flags, stamps = 0xC0, encode_timestamp(pts, 3) + encode_timestamp(dts, 1)
    return bytes((0, 0, 1, stream_id, 0, 0, 0x80, flags, len(stamps))) + stamps
