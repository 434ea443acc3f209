"""Starts of PES packets (ISO/IEC 13818-1 clause 2.4.3.6) and their time stamps, over whole blocks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ibe100.mpegts import packet
from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE
from ibe100.mpegts.packet import PacketBlock

_HEADER_BYTES = 24
# stream_id values whose PES packets have no optional header (table 2-21).
_HAS_HEADER = np.ones(256, np.bool_)
_HAS_HEADER[[0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF]] = False
NO_TIMESTAMP = -1
# The fixed bits of PTS and DTS in bytes 8 to 15, and 16 to 23, of a PES header.
_PTS_MARKERS = np.uint64(0xF1 << 48 | 1 << 32 | 1 << 16)
_PTS_ALONE = np.uint64(0x21 << 48 | 1 << 32 | 1 << 16)
_PTS_BEFORE_DTS = np.uint64(0x31 << 48 | 1 << 32 | 1 << 16)
_DTS_MARKERS = np.uint64(0xF1 << 8)
_DTS_BEGINS = np.uint64(0x11 << 8)
_DTS_REST = np.uint64(1 << 56 | 1 << 40)


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

    A time stamp counts where its marker bits are right (clause 2.4.3.7), as it does for tsp. `candidates`:
    the rows in clear with a unit start and payload, where the caller knows them already.
    """
    if candidates is None:
        whole = (block[:, 0] == SYNC_BYTE) & (block[:, 1] < 0x80) & (block[:, 3] < 0x40)
        candidates = np.flatnonzero(whole & packet.payload_unit_starts(block) & packet.has_payload(block))
    if not candidates.size:
        return _NONE
    flags, lengths = block[candidates, 3], block[candidates, 4].astype(np.intp)
    offsets = np.where(flags & 0x20, np.minimum(5 + lengths, PACKET_SIZE), 4)
    room = PACKET_SIZE - offsets
    # Bytes 0 to 7, 8 to 15 and 16 to 23 of each header as one number. What reaches beyond the packet is not
    # looked at: `room` forbids it.
    header = _bytes_at(block, candidates * PACKET_SIZE + offsets).view(">u8").astype(np.uint64)
    starts = (header[:, 0] >> 40 == 1) & (room >= 6)
    if not starts.all():
        candidates, header, room = candidates[starts], header[starts], room[starts]
    first, second, third = header[:, 0], header[:, 1], header[:, 2]
    stream_ids = (first >> 32 & 0xFF).astype(np.uint8)
    both = first & 0xC0 == 0xC0
    marked = second & _PTS_MARKERS == np.where(both, _PTS_BEFORE_DTS, _PTS_ALONE)
    with_pts = _HAS_HEADER[stream_ids] & (first & 0x80 != 0) & (room >= 14) & marked
    marked = (second & _DTS_MARKERS == _DTS_BEGINS) & (third & _DTS_REST == _DTS_REST)
    with_dts = with_pts & both & (room >= 19) & marked
    return PesStarts(
        candidates,
        pids[candidates],
        stream_ids,
        np.where(with_pts, _timestamps(second >> 16), NO_TIMESTAMP),
        np.where(with_dts, _timestamps(second << 24 | third >> 40), NO_TIMESTAMP),
    )


def _bytes_at(block: PacketBlock, places: npt.NDArray[np.intp]) -> PacketBlock:
    """24 bytes from each of these places of a block on, (n, 24); those behind the block's end are 0.

    The places rise, one to a packet: only the last can be so near to the end.
    """
    last = block.size - _HEADER_BYTES
    # As one value of 24 bytes, each is copied at once.
    windows = np.ndarray((last + 1,), f"V{_HEADER_BYTES}", block.reshape(-1), strides=(1,))
    found = windows[np.minimum(places, last)].view(np.uint8).reshape(-1, _HEADER_BYTES)
    beyond = int(places[-1]) - last
    if beyond > 0:
        found[-1] = np.append(found[-1, beyond:], np.zeros(beyond, np.uint8))
    return found


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
