"""Starts of PES packets (ISO/IEC 13818-1 clause 2.4.3.6) and their time stamps, over whole blocks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ibe100.mpegts import packet
from ibe100.mpegts.packet import PACKET_SIZE, PacketBlock

_HEADER_BYTES = 24
_HEADER = np.arange(_HEADER_BYTES)
# stream_id values whose PES packets have no optional header (table 2-21).
_HAS_HEADER = np.ones(256, np.bool_)
_HAS_HEADER[[0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF]] = False
NO_TIMESTAMP = -1


@dataclass(frozen=True, slots=True)
class PesStarts:
    """Packets that start a PES packet: arrays of one length, in packet order.

    `rows` in the block, `pids`, `stream_ids`; `pts` and `dts` in 90 kHz ticks, NO_TIMESTAMP where absent.
    """

    rows: npt.NDArray[np.intp]
    pids: npt.NDArray[np.uint16]
    stream_ids: npt.NDArray[np.uint8]
    pts: npt.NDArray[np.int64]
    dts: npt.NDArray[np.int64]


def pes_starts(
    block: PacketBlock, pids: npt.NDArray[np.uint16], candidates: npt.NDArray[np.intp] | None = None
) -> PesStarts:
    """All PES packet starts of the block; scrambled ones cannot be read and are left out.

    `candidates`: the rows in clear with a unit start and payload, where the caller knows them already.
    """
    if candidates is None:
        clear_starts = packet.payload_unit_starts(block) & packet.has_payload(block) & (block[:, 3] < 0x40)
        candidates = np.flatnonzero(clear_starts)
    if not candidates.size:
        return _NONE
    flags, lengths = block[candidates, 3], block[candidates, 4].astype(np.intp)
    offsets = np.where(flags & 0x20, np.minimum(5 + lengths, PACKET_SIZE), 4)
    room = PACKET_SIZE - offsets
    # Bytes 0 to 7, 8 to 15 and 16 to 23 of each header as one number. What reaches beyond the packet is not
    # looked at: `room` forbids it.
    places = (candidates * PACKET_SIZE + offsets)[:, None] + _HEADER
    header = block.reshape(-1).take(places, mode="clip").view(">u8").astype(np.uint64)
    starts = (header[:, 0] >> 40 == 1) & (room >= 6)
    if not starts.all():
        candidates, header, room = candidates[starts], header[starts], room[starts]
    first, second = header[:, 0], header[:, 1]
    stream_ids = (first >> 32 & 0xFF).astype(np.uint8)
    header_length = second >> 56
    readable = _HAS_HEADER[stream_ids] & (first & 0xC000 == 0x8000)
    with_pts = readable & (first & 0x80 != 0) & (header_length >= 5) & (room >= 14)
    with_dts = with_pts & (first & 0x40 != 0) & (header_length >= 10) & (room >= 19)
    return PesStarts(
        candidates,
        pids[candidates],
        stream_ids,
        np.where(with_pts, _timestamps(second >> 16), NO_TIMESTAMP),
        np.where(with_dts, _timestamps(second << 24 | header[:, 2] >> 40), NO_TIMESTAMP),
    )


def _timestamps(fields: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """33 bits out of the lowest five bytes, whose marker bits are left out (clause 2.4.3.7)."""
    return ((fields >> 33 & 7) << 30 | (fields >> 17 & 0x7FFF) << 15 | fields >> 1 & 0x7FFF).astype(np.int64)


_NONE = PesStarts(
    np.empty(0, np.intp),
    np.empty(0, np.uint16),
    np.empty(0, np.uint8),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
)
