"""Lets a decoder that is given keyframes only show each at once.

A decoder holds pictures back for those that come later and are shown earlier (B pictures), as many as the
stream's header announces. Among keyframes there are none: the header is told so.
"""

from __future__ import annotations

from collections.abc import Callable

from ibe100.mpegts.elementary_bits import without_emulation_prevention
from ibe100.mpegts.elementary_hevc import hevc_reorder_codes
from ibe100.mpegts.elementary_video import h264_reorder_codes

_START_CODE = b"\x00\x00\x01"
_HEAD_BYTES = 4096
_ZERO = "1"
"""The number 0 as an Exp-Golomb code."""
_H264_SPS, _HEVC_SPS = 7, 33


def shown_at_once(codec: str, keyframe: bytes) -> bytes:
    """`keyframe` with headers that announce no reordering; as it is where they cannot be read."""
    match codec:
        case "H.264":
            return _rewritten(keyframe, lambda first: first & 0x1F == _H264_SPS, 1, h264_reorder_codes)
        case "HEVC":
            return _rewritten(keyframe, lambda first: first >> 1 & 0x3F == _HEVC_SPS, 2, hevc_reorder_codes)
    return keyframe


def _rewritten(
    keyframe: bytes,
    is_sps: Callable[[int], bool],
    header_bytes: int,
    codes_of: Callable[[bytes], list[tuple[int, int]]],
) -> bytes:
    begins = keyframe.find(_START_CODE)
    while 0 <= begins < min(len(keyframe) - 4, _HEAD_BYTES):
        begins += len(_START_CODE)
        ends = keyframe.find(_START_CODE, begins)
        if ends < 0:
            return keyframe
        if is_sps(keyframe[begins]):
            # A fourth byte of the next start code belongs to no unit.
            unit = keyframe[begins:ends].rstrip(b"\x00")
            header, body = unit[:header_bytes], without_emulation_prevention(unit[header_bytes:])
            try:
                body = _with_zeros(body, codes_of(body))
            except ValueError:
                return keyframe
            return keyframe[:begins] + header + _escaped(body) + b"\x00" + keyframe[ends:]
        begins = ends
    return keyframe


def _with_zeros(rbsp: bytes, codes: list[tuple[int, int]]) -> bytes:
    """The codes at these bits become 0; the trailing bits are set anew."""
    bits = bin(int.from_bytes(b"\x01" + rbsp, "big"))[3:].rstrip("0")
    for begins, ends in reversed(codes):
        bits = bits[:begins] + _ZERO + bits[ends:]
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _escaped(rbsp: bytes) -> bytes:
    """With emulation prevention bytes (ISO/IEC 14496-10 clause 7.4.1)."""
    escaped = bytearray()
    zeros = 0
    for byte in rbsp:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)
