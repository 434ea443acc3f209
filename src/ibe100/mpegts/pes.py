"""Starts of PES packets (ISO/IEC 13818-1 clause 2.4.3.6) and their time stamps, over whole blocks."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ibe100.mpegts import packet
from ibe100.mpegts.packet import PACKET_SIZE, PacketBlock

_HEADER_BYTES = 19
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
    packets = block[candidates]
    offsets = np.where(packets[:, 3] & 0x20, np.minimum(5 + packets[:, 4].astype(np.intp), PACKET_SIZE), 4)
    places = np.minimum(offsets[:, None] + _HEADER, PACKET_SIZE - 1)
    header = packets[np.arange(len(packets))[:, None], places].astype(np.int64)
    room = PACKET_SIZE - offsets
    starts = (header[:, 0] == 0) & (header[:, 1] == 0) & (header[:, 2] == 1) & (room >= 6)
    if not starts.all():
        candidates, header, room = candidates[starts], header[starts], room[starts]
    readable = _HAS_HEADER[header[:, 3]] & (header[:, 6] & 0xC0 == 0x80)
    with_pts = readable & (header[:, 7] & 0x80 != 0) & (header[:, 8] >= 5) & (room >= 14)
    with_dts = with_pts & (header[:, 7] & 0x40 != 0) & (header[:, 8] >= 10) & (room >= 19)
    return PesStarts(
        candidates,
        pids[candidates],
        header[:, 3].astype(np.uint8),
        np.where(with_pts, _timestamps(header[:, 9:14]), NO_TIMESTAMP),
        np.where(with_dts, _timestamps(header[:, 14:19]), NO_TIMESTAMP),
    )


def _timestamps(field: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    high = (field[:, 0] >> 1 & 7) << 30 | field[:, 1] << 22
    return high | (field[:, 2] >> 1) << 15 | field[:, 3] << 7 | field[:, 4] >> 1


_NONE = PesStarts(
    np.empty(0, np.intp),
    np.empty(0, np.uint16),
    np.empty(0, np.uint8),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
)
