"""PTS, DTS and PCR arithmetic (ISO/IEC 13818-1 clauses 2.4.2 and 2.4.3.6); everything wraps."""

from ibe100.utils.timecode import PTS_HZ as PTS_HZ  # defined there, where PTS are written as text

PCR_HZ = 27_000_000
PTS_MODULO = 1 << 33
PCR_MODULO = PTS_MODULO * 300

_HALF_PTS = PTS_MODULO >> 1
_HALF_PCR = PCR_MODULO >> 1

# stream_id values whose PES packets have no optional header (table 2-21).
_WITHOUT_HEADER = frozenset({0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF})


def pts_difference(a_pts: int, b_pts: int) -> int:
    """Ticks of 90 kHz from `b` to `a`, by the shorter way round: -2^32 <= result < 2^32."""
    return (a_pts - b_pts + _HALF_PTS) % PTS_MODULO - _HALF_PTS


def pts_add(pts: int, ticks: int) -> int:
    """`pts` moved by `ticks` (may be negative), modulo 2^33."""
    return (pts + ticks) % PTS_MODULO


def pcr_difference(a_pcr: int, b_pcr: int) -> int:
    """Ticks of 27 MHz from `b` to `a`, by the shorter way round."""
    return (a_pcr - b_pcr + _HALF_PCR) % PCR_MODULO - _HALF_PCR


def pcr_to_pts(pcr: int) -> int:
    """The 90 kHz part of a PCR."""
    return (pcr // 300) % PTS_MODULO


def pts_to_pcr(pts: int) -> int:
    """A PTS in 27 MHz ticks."""
    return (pts % PTS_MODULO) * 300


def decode_timestamp(field: bytes) -> int:
    """The 33-bit time in a 5-byte PTS or DTS field (clause 2.4.3.7); marker bits are not judged."""
    return (
        ((field[0] >> 1) & 0x07) << 30
        | field[1] << 22
        | (field[2] >> 1) << 15
        | field[3] << 7
        | field[4] >> 1
    )


def parse_pes_timestamps(payload: bytes) -> tuple[int | None, int | None]:
    """(PTS, DTS) in 90 kHz ticks of a payload that starts a PES packet; None where there is none.

    A payload that starts no PES packet, ends before its timestamps do, or has wrong marker bits in them gives
    (None, None).
    """
    if len(payload) < 14 or payload[:3] != b"\x00\x00\x01" or payload[3] in _WITHOUT_HEADER:
        return None, None
    flags = payload[7] >> 6
    if flags & 2 == 0 or not _is_marked(payload[9:14], flags):
        return None, None
    pts = decode_timestamp(payload[9:14])
    if flags == 3 and len(payload) >= 19 and _is_marked(payload[14:19], 1):
        return pts, decode_timestamp(payload[14:19])
    return pts, None


def _is_marked(field: bytes, prefix: int) -> bool:
    """True if the fixed bits of a 5-byte field are right: its first four, and three markers."""
    return field[0] & 0xF1 == prefix << 4 | 1 and bool(field[2] & field[4] & 1)
