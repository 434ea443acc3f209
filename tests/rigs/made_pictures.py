"""Streams of nothing but tables and pictures, one packet each, with the time stamps that a test names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ibe100.mpegts import packet
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from packet_fields import pes_header

VIDEO_PID, PMT_PID, SERVICE = 256, 4096, 2
H264, MPEG2, AAC = 0x1B, 0x02, 0x0F
_PCR_BEFORE_DTS = 18_000


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture; times in 90 kHz ticks. `start`: bytes that its elementary stream begins with."""

    pts: int
    dts: int | None = None
    key: bool = False
    start: bytes = b""


def frames(
    seconds: float, rate: float = 25.0, group: int = 25, *, first_pts: int = 90_000, leading: int = 0
) -> list[Frame]:
    """Pictures in decoding order, a key picture every `group`, which is shown after `leading` that follow."""
    step = PTS_HZ / rate
    made = []
    for number in range(round(seconds * rate)):
        place = number % group
        shown = number + (leading if place == 0 else -1 if 0 < place <= leading else 0)
        pts, dts = (round(first_pts + at * step) % PTS_MODULO for at in (shown + 1, number))
        made.append(Frame(pts, dts, place == 0))
    return made


def tables(stream_type: int = H264) -> list[bytes]:
    """PAT and PMTs; the pictures are in the second of two services."""
    pat = Pat(1, ((SERVICE - 1, PMT_PID + 1), (SERVICE, PMT_PID)))
    data_only = Pmt(SERVICE - 1, 0x1FFF, (PmtStream(0x05, VIDEO_PID + 1),))
    pmt = Pmt(SERVICE, VIDEO_PID, (PmtStream(stream_type, VIDEO_PID),))
    return [
        *packet.packetize_section(pat.encode(), 0, 0),
        *packet.packetize_section(data_only.encode(), PMT_PID + 1, 0),
        *packet.packetize_section(pmt.encode(), PMT_PID, 0),
    ]


def pcr_packet(dts: int) -> bytes:
    """A packet of the video's PID with nothing but the PCR that belongs to a DTS."""
    head = bytes((0x47, VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x20, 183))
    return head + _pcr_flags(dts, key=False).ljust(183, b"\xff")


def stream(
    pictures: Iterable[Frame | bytes], stream_type: int = H264, *, pcr: bool = True
) -> packet.PacketBlock:
    """The packets of a stream; each picture brings the PCR 0.2 s before its DTS unless `pcr` is False."""
    made = tables(stream_type)
    for number, one in enumerate(pictures):
        if isinstance(one, bytes):
            made.append(one)
            continue
        dts = one.pts if one.dts is None else one.dts
        flags = _pcr_flags(dts, key=one.key) if pcr else bytes((0x40 * one.key,))
        head = bytes((0x47, 0x40 | VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x30 | number & 15, len(flags)))
        made.append((head + flags + pes_header(one.pts, one.dts) + one.start).ljust(188, b"\xaa"))
    return packet.as_block(b"".join(made))


def begins_with_key(segment: bytes) -> bool:
    """True if the first picture of a segment file is a key picture."""
    packets: Sequence[bytes] = [segment[at : at + 188] for at in range(0, len(segment), 188)]
    first = next(one for one in packets if one[1] & 0x40 and (one[1] & 0x1F) << 8 | one[2] == VIDEO_PID)
    return bool(first[3] & 0x20 and first[4] and first[5] & 0x40)


def _pcr_flags(dts: int, *, key: bool) -> bytes:
    base = (dts - _PCR_BEFORE_DTS) % PTS_MODULO
    return bytes((0x10 | 0x40 * key,)) + (base << 15 | 0x7E00).to_bytes(6, "big")
