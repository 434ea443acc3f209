"""Heads of coded pictures: whether decoding can begin at one, and a splicer cut there.

Of H.264 (ITU-T H.264 clause 7.3.1, annex D.1.8), HEVC (ITU-T H.265 clause 7.3.1.2) and MPEG-2 video
(ISO/IEC 13818-2 clause 6.2.2); the PMT tells which, by stream_type (ISO/IEC 13818-1 table 2-34).
"""

from collections.abc import Callable
from enum import StrEnum

H264, HEVC, MPEG2 = "H.264", "HEVC", "MPEG-2 video"
_BY_STREAM_TYPE = {0x01: MPEG2, 0x02: MPEG2, 0x1B: H264, 0x24: HEVC}
_PRIVATE_PES, _HEVC_REGISTRATION = 0x06, b"\x05\x04HEVC"
_START_CODE = b"\x00\x00\x01"
_RECOVERY_POINT = 6
_SEQUENCE, _GROUP, _PICTURE = 0xB3, 0xB8, 0x00
_INTRA, _CLOSED = 1, 0x40


class PictureKind(StrEnum):
    """Kinds of pictures, by what can be decoded from one on."""

    IDR = "idr"
    """All that follows: IDR and BLA, the I picture of a closed GOP."""
    OPEN = "open"
    """All but pictures shown before it: CRA, H.264 with a recovery point, the I picture of an open GOP."""
    OTHER = "other"


def picture_kind(codec: str, head: bytes) -> PictureKind | None:
    """Kind of the picture that begins an elementary stream; None where `head` ends too early to tell."""
    return _READERS[codec](head)


def pictures_of_pmt(section: bytes) -> dict[int, str]:
    """Codings of the video PIDs in a PMT section, which may be cut short: what is left out is not told."""
    at = 12 + ((section[10] & 0x0F) << 8 | section[11]) if len(section) > 12 else len(section)
    end = min(len(section), 3 + ((section[1] & 0x0F) << 8 | section[2]) - 4) if len(section) > 12 else 0
    found: dict[int, str] = {}
    while at + 5 <= end:
        stream_type, pid = section[at], (section[at + 1] & 0x1F) << 8 | section[at + 2]
        following = at + 5 + ((section[at + 3] & 0x0F) << 8 | section[at + 4])
        if stream_type in _BY_STREAM_TYPE:
            found[pid] = _BY_STREAM_TYPE[stream_type]
        elif stream_type == _PRIVATE_PES and _HEVC_REGISTRATION in section[at + 5 : following]:
            found[pid] = HEVC
        at = following
    return found


def _h264(head: bytes) -> PictureKind | None:
    recovers, at = False, head.find(_START_CODE)
    while 0 <= at < len(head) - 3:
        kind, following = head[at + 3] & 0x1F, head.find(_START_CODE, at + 3)
        if kind == 5:
            return PictureKind.IDR
        if kind in (1, 2):
            return PictureKind.OPEN if recovers else PictureKind.OTHER
        if kind == 6:
            recovers |= _recovers_at_once(head[at + 4 : following if following >= 0 else len(head)])
        at = following
    return None


def _recovers_at_once(sei: bytes) -> bool:
    """True if SEI messages hold a recovery point that is reached with this picture."""
    sei, at = sei.replace(b"\x00\x00\x03", b"\x00\x00"), 0
    while at < len(sei) - 2:
        values = []
        for _ in ("type", "size"):
            value = 0
            while at < len(sei) and sei[at] == 0xFF:
                value, at = value + 255, at + 1
            if at >= len(sei):
                return False
            values.append(value + sei[at])
            at += 1
        if values[0] == _RECOVERY_POINT and at < len(sei):
            return bool(sei[at] & 0x80)  # recovery_frame_cnt 0, as ue(v)
        at += values[1]
    return False


def _hevc(head: bytes) -> PictureKind | None:
    at = head.find(_START_CODE)
    while 0 <= at < len(head) - 3:
        kind = head[at + 3] >> 1 & 0x3F
        if 16 <= kind <= 20:
            return PictureKind.IDR
        if kind < 32:
            return PictureKind.OPEN if kind == 21 else PictureKind.OTHER
        at = head.find(_START_CODE, at + 3)
    return None


def _mpeg2(head: bytes) -> PictureKind | None:
    is_entry = is_closed = False
    at = head.find(_START_CODE)
    while 0 <= at < len(head) - 3:
        code = head[at + 3]
        if code == _SEQUENCE:
            is_entry = True
        elif code == _GROUP:
            if at + 7 >= len(head):
                return None
            is_entry, is_closed = True, bool(head[at + 7] & _CLOSED)
        elif code == _PICTURE:
            if at + 5 >= len(head):
                return None
            if head[at + 5] >> 3 & 7 != _INTRA or not is_entry:
                return PictureKind.OTHER
            return PictureKind.IDR if is_closed else PictureKind.OPEN
        at = head.find(_START_CODE, at + 3)
    return None


_READERS: dict[str, Callable[[bytes], PictureKind | None]] = {H264: _h264, HEVC: _hevc, MPEG2: _mpeg2}
