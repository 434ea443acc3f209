"""Boxes of ISO/IEC 14496-12 in a segment: emsg (ISO/IEC 23009-1 5.10.3.3), tfdt, and time scales of tracks.

Nothing here raises for damaged bytes: what cannot be read is passed over.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_HEADER_BYTES: Final = 8
_MOST_BOXES: Final = 4096
_MOST_TEXT: Final = 1024
_VIDEO: Final = b"vide"
_HAS_DATA_OFFSET, _HAS_FIRST_FLAGS, _HAS_CTO = 0x1, 0x4, 0x800
_SAMPLE_FIELDS: Final = (0x100, 0x200, 0x400)


@dataclass(frozen=True, slots=True)
class EventMessage:
    """An emsg: its time is counted from the segment's first one (`is_delta`), or is that of the track."""

    scheme: str
    timescale: int
    time: int
    is_delta: bool
    duration: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Tracks:
    """Time scale by track_ID of an initialization segment, and the track of the video, or the first."""

    timescales: Mapping[int, int]
    main: int | None


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and body of each box, in order, until one is cut short."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + _HEADER_BYTES > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = _HEADER_BYTES
        if size == 1 and at + 16 <= len(data):
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            return
        yield kind, data[at + head : at + size]
        at += size


def event_messages(segment: bytes) -> list[EventMessage]:
    """The event messages of a segment; version 0 and 1."""
    found = []
    for kind, body in boxes(segment):
        if kind == b"emsg" and (message := _event_message(body)) is not None:
            found.append(message)
    return found


def _event_message(body: bytes) -> EventMessage | None:
    try:
        if body[0] == 0:
            scheme, rest = _text(body[4:])
            _, rest = _text(rest)
            timescale, time, duration, _ = struct.unpack_from(">IIII", rest)
            data = rest[16:]
        elif body[0] == 1:
            timescale, time, duration, _ = struct.unpack_from(">IQII", body, 4)
            scheme, rest = _text(body[24:])
            _, data = _text(rest)
        else:
            return None
    except (struct.error, IndexError, ValueError):
        return None
    if not timescale:
        return None
    return EventMessage(scheme, timescale, time, body[0] == 0, duration, data)


def _text(data: bytes) -> tuple[str, bytes]:
    """A string with its zero, and what follows. Raises ValueError for one without an end."""
    end = data.index(b"\0", 0, _MOST_TEXT)
    return data[:end].decode("utf-8", "replace"), data[end + 1 :]


def tracks_of(init: bytes) -> Tracks:
    """Tracks of an initialization segment."""
    timescales: dict[int, int] = {}
    main = None
    for trak in _inner(dict(boxes(init)).get(b"moov", b""), b"trak"):
        parts = dict(boxes(trak))
        media = dict(boxes(parts.get(b"mdia", b"")))
        header, clock = parts.get(b"tkhd", b""), media.get(b"mdhd", b"")
        try:
            track = struct.unpack_from(">I", header, 20 if header[0] else 12)[0]
            timescale = struct.unpack_from(">I", clock, 20 if clock[0] else 12)[0]
        except (struct.error, IndexError):
            continue
        if timescale:
            timescales[track] = timescale
            if main is None or media.get(b"hdlr", b"")[8:12] == _VIDEO:
                main = track
    return Tracks(timescales, main)


def first_time_s(segment: bytes, tracks: Tracks) -> float | None:
    """Time of the first sample that is shown, in seconds of the main track; None where it is not told."""
    for kind, moof in boxes(segment):
        if kind != b"moof":
            continue
        for traf in _inner(moof, b"traf"):
            parts = dict(boxes(traf))
            try:
                track = struct.unpack_from(">I", parts.get(b"tfhd", b""), 4)[0]
                tfdt = parts.get(b"tfdt", b"")
                time = struct.unpack_from(">Q" if tfdt[0] else ">I", tfdt, 4)[0]
            except (struct.error, IndexError):
                continue
            if track == tracks.main:
                return float((time + _first_offset(parts.get(b"trun", b""))) / tracks.timescales[track])
    return None


def _first_offset(trun: bytes) -> int:
    """Composition time offset of the first sample of a run; 0 where it has none."""
    try:
        flags = int.from_bytes(trun[1:4], "big")
        at = 8 + 4 * bool(flags & _HAS_DATA_OFFSET) + 4 * bool(flags & _HAS_FIRST_FLAGS)
        at += sum(4 for field in _SAMPLE_FIELDS if flags & field)
        return int(struct.unpack_from(">i", trun, at)[0]) if flags & _HAS_CTO else 0
    except struct.error:
        return 0


def _inner(data: bytes, kind: bytes) -> Iterator[bytes]:
    return (body for found, body in boxes(data) if found == kind)
