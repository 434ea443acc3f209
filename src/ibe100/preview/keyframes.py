"""Keyframes, where a decoder can begin: pictures that are preceded by their parameter sets."""

from __future__ import annotations

_START_CODE = b"\x00\x00\x01"
_H264_SPS = 7
_HEVC_PARAMETER_SETS = frozenset({32, 33})
_MPEG2_SEQUENCE_HEADER = 0xB3

KEYFRAME_CODECS = frozenset({"H.264", "HEVC", "MPEG-1 video", "MPEG-2 video"})


def starts_keyframe(codec: str, stream: bytes) -> bool:
    """True if the first bytes of an access unit hold a parameter set or a sequence header.

    Encoders repeat these where a receiver may join; random_access_indicator is not always set.
    """
    at = stream.find(_START_CODE)
    while 0 <= at < len(stream) - 3:
        code = stream[at + 3]
        match codec:
            case "H.264" if code & 0x1F == _H264_SPS:
                return True
            case "HEVC" if code >> 1 & 0x3F in _HEVC_PARAMETER_SETS:
                return True
            case "MPEG-1 video" | "MPEG-2 video" if code == _MPEG2_SEQUENCE_HEADER:
                return True
        at = stream.find(_START_CODE, at + 3)
    return False
