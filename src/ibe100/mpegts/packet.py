"""Transport packets (ISO/IEC 13818-1 clause 2.4.3): fields of whole blocks, and packets made from sections.

A block is a `uint8` array of shape (n, 188), one packet per row. Nothing here checks the sync byte.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE

PacketBlock: TypeAlias = npt.NDArray[np.uint8]
Flags: TypeAlias = npt.NDArray[np.bool_]

_SECTION_BYTES_FIRST = PACKET_SIZE - 5
_SECTION_BYTES_NEXT = PACKET_SIZE - 4


def as_block(data: bytes | bytearray | memoryview) -> PacketBlock:
    """A block viewing `data`, whose length must be a multiple of 188; writable only where `data` is."""
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, PACKET_SIZE)


def transport_errors(block: PacketBlock) -> Flags:
    """transport_error_indicator of each packet."""
    return _any_bit(block[:, 1], 0x80)


def payload_unit_starts(block: PacketBlock) -> Flags:
    """payload_unit_start_indicator of each packet."""
    return _any_bit(block[:, 1], 0x40)


def pids(block: PacketBlock) -> npt.NDArray[np.uint16]:
    """PID of each packet."""
    high = (block[:, 1] & 0x1F).astype(np.uint16)
    return (high << np.uint16(8)) | block[:, 2]


def scrambling_controls(block: PacketBlock) -> npt.NDArray[np.uint8]:
    """transport_scrambling_control of each packet: 0 clear, 2 even key, 3 odd key."""
    return np.right_shift(block[:, 3], np.uint8(6))


def has_adaptation(block: PacketBlock) -> Flags:
    """Flags of the packets that carry an adaptation field."""
    return _any_bit(block[:, 3], 0x20)


def has_payload(block: PacketBlock) -> Flags:
    """Flags of the packets that carry payload."""
    return _any_bit(block[:, 3], 0x10)


def discontinuity_flags(block: PacketBlock) -> Flags:
    """discontinuity_indicator of each packet; False where there is no adaptation field."""
    return has_adaptation(block) & (block[:, 4] > 0) & _any_bit(block[:, 5], 0x80)


def random_access_flags(block: PacketBlock) -> Flags:
    """random_access_indicator of each packet; False where there is no adaptation field."""
    return has_adaptation(block) & (block[:, 4] > 0) & _any_bit(block[:, 5], 0x40)


def opcr_values(block: PacketBlock) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Rows of the block that carry an OPCR, and those in 27 MHz ticks; it stands behind the PCR, if any."""
    flagged = np.flatnonzero(has_adaptation(block) & _any_bit(block[:, 5], 0x08))
    starts = 6 + 6 * _any_bit(block[flagged, 5], 0x10).astype(np.intp)
    there = block[flagged, 4] >= starts + 1
    rows, starts = flagged[there], starts[there]
    return rows, _clock_values(block[rows[:, None], starts[:, None] + np.arange(6)])


def _clock_values(fields: PacketBlock) -> npt.NDArray[np.int64]:
    """Ticks of 27 MHz in fields of six bytes, (n, 6)."""
    field = fields.astype(np.int64)
    base = (
        (field[:, 0] << 25)
        | (field[:, 1] << 17)
        | (field[:, 2] << 9)
        | (field[:, 3] << 1)
        | (field[:, 4] >> 7)
    )
    return base * 300 + (((field[:, 4] & 1) << 8) | field[:, 5])


def payload(packet: bytes | bytearray | memoryview) -> bytes:
    """Payload of one packet; empty where there is none or the adaptation field fills it."""
    control = packet[3]
    if not control & 0x10:
        return b""
    start = 5 + packet[4] if control & 0x20 else 4
    return bytes(packet[start:PACKET_SIZE])


def null_packet() -> bytes:
    """A null packet: PID 0x1FFF, payload all 0xFF."""
    return b"\x47\x1f\xff\x10" + b"\xff" * (PACKET_SIZE - 4)


def packetize_section(section: bytes, pid: int, cc: int) -> list[bytes]:
    """Packets of `pid` carrying one section, stuffed with 0xFF; `cc` is the first continuity_counter used.

    The section starts right after a zero pointer_field; a next section needs `cc` + the number of packets.
    """
    high, low = pid >> 8, pid & 0xFF
    packets = [bytes((SYNC_BYTE, 0x40 | high, low, 0x10 | (cc & 0x0F), 0)) + section[:_SECTION_BYTES_FIRST]]
    for start in range(_SECTION_BYTES_FIRST, len(section), _SECTION_BYTES_NEXT):
        cc += 1
        header = bytes((SYNC_BYTE, high, low, 0x10 | (cc & 0x0F)))
        packets.append(header + section[start : start + _SECTION_BYTES_NEXT])
    packets[-1] = packets[-1].ljust(PACKET_SIZE, b"\xff")
    return packets


def _any_bit(column: PacketBlock, mask: int) -> Flags:
    return np.not_equal(np.bitwise_and(column, np.uint8(mask)), 0)
