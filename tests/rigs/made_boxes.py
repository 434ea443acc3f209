"""Boxes of MP4 as packagers write them, made byte by byte."""

from __future__ import annotations

import struct

SCHEME = "urn:scte:scte35:2013:bin"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def emsg(data: bytes, time: int, *, version: int, timescale: int = 90_000, scheme: str = SCHEME) -> bytes:
    """An event message that lasts 30 s."""
    names = scheme.encode() + b"\0" + b"\0"
    duration = 30 * timescale
    if version == 0:
        body = b"\0\0\0\0" + names + struct.pack(">IIII", timescale, time, duration, 1) + data
    else:
        body = b"\1\0\0\0" + struct.pack(">IQII", timescale, time, duration, 1) + names + data
    return box(b"emsg", body)


def init(tracks: dict[int, tuple[int, bytes]]) -> bytes:
    """Initialization segment with these tracks: time scale and handler."""
    traks = b""
    for track, (timescale, handler) in tracks.items():
        tkhd = box(b"tkhd", struct.pack(">IIIII", 7, 0, 0, track, 0) + bytes(68))
        mdhd = box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, timescale, 0, 0))
        hdlr = box(b"hdlr", bytes(8) + handler + bytes(13))
        traks += box(b"trak", tkhd + box(b"mdia", mdhd + hdlr))
    return box(b"ftyp", b"isom") + box(b"moov", traks)


def fragment(track: int, time: int, *, offset: int | None = None) -> bytes:
    """A fragment whose first sample is decoded at a time, and shown so much later."""
    tfhd = box(b"tfhd", struct.pack(">II", 0, track))
    tfdt = box(b"tfdt", struct.pack(">IQ", 1 << 24, time))
    flags, sample = (0x201, b"") if offset is None else (0xA01, struct.pack(">i", offset))
    trun = box(b"trun", struct.pack(">III", flags, 1, 0) + struct.pack(">I", 100) + sample)
    return box(b"moof", box(b"traf", tfhd + tfdt + trun)) + box(b"mdat", bytes(100))
