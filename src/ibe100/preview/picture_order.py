"""Lets a decoder that is given keyframes only show each at once.

A decoder holds pictures back for those that come later and are shown earlier (B pictures), as many as the
stream's header announces. Among keyframes there are none: the header is told so.

In H.264 with open GOPs, which broadcast encoders make, hardly any keyframe is an IDR picture: the numbers
of the others go on from one to the next, and to a decoder that misses what lies between them they seem to go
back. It shows no such picture. It begins anew, and shows it, where the header names another sample aspect
ratio: here it does, by a hundredth of a percent or less, with every other keyframe.
"""

from __future__ import annotations

from collections.abc import Callable

from ibe100.mpegts.elementary.bits import without_emulation_prevention
from ibe100.mpegts.elementary.hevc import hevc_reorder_codes
from ibe100.mpegts.elementary.video import h264_reorder_codes, h264_sample_aspect

_START_CODE = b"\x00\x00\x01"
_HEAD_BYTES = 4096
_ZERO = "1"
"""The number 0 as an Exp-Golomb code."""
_H264_SPS, _HEVC_SPS = 7, 33
_EXTENDED_SAR = 255
_LARGEST_SAR = 60_000
_NO_VUI = "0" * 8
"""Bits after the aspect ratio in a VUI that tells nothing else."""


def shown_at_once(codec: str, keyframe: bytes, number: int = 0) -> bytes:
    """`keyframe` with headers that announce no reordering, and a new beginning; as it is if they are damaged.

    `number` counts the keyframes of a decoder.
    """
    match codec:
        case "H.264":

            def h264(rbsp: bytes) -> bytes:
                return _begun_anew(_with_zeros(rbsp, h264_reorder_codes(rbsp)), number)

            return _rewritten(keyframe, lambda first: first & 0x1F == _H264_SPS, 1, h264)
        case "HEVC":

            def hevc(rbsp: bytes) -> bytes:
                return _with_zeros(rbsp, hevc_reorder_codes(rbsp))

            return _rewritten(keyframe, lambda first: first >> 1 & 0x3F == _HEVC_SPS, 2, hevc)
    return keyframe


def _rewritten(
    keyframe: bytes,
    is_sps: Callable[[int], bool],
    header_bytes: int,
    change: Callable[[bytes], bytes],
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
                body = change(body)
            except ValueError:
                return keyframe
            return keyframe[:begins] + header + _escaped(body) + b"\x00" + keyframe[ends:]
        begins = ends
    return keyframe


def _with_zeros(rbsp: bytes, codes: list[tuple[int, int]]) -> bytes:
    """The codes at these bits become 0; the trailing bits are set anew."""
    bits = _bits_of(rbsp)
    for begins, ends in reversed(codes):
        bits = bits[:begins] + _ZERO + bits[ends:]
    return _bytes_of(bits)


def _begun_anew(rbsp: bytes, number: int) -> bytes:
    """The parameter set with one of two sample aspect ratios, by turns, that are as good as the same."""
    bits = _bits_of(rbsp)
    flag_at, ends, (across, down) = h264_sample_aspect(rbsp)
    if not across or not down:
        across = down = 1
    factor = max(1, _LARGEST_SAR // max(across, down))
    ratio = f"{across * factor - number % 2:016b}{down * factor:016b}"
    rest = bits[ends:] if bits[flag_at] == "1" else _NO_VUI + bits[ends:]
    return _bytes_of(f"{bits[:flag_at]}11{_EXTENDED_SAR:08b}{ratio}{rest}")


def _bits_of(rbsp: bytes) -> str:
    """Bits of an RBSP, without the trailing ones."""
    return bin(int.from_bytes(b"\x01" + rbsp, "big"))[3:].rstrip("0")


def _bytes_of(bits: str) -> bytes:
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _escaped(rbsp: bytes) -> bytes:
    """Insert emulation prevention bytes (ISO/IEC 14496-10 clause 7.4.1)."""
    escaped = bytearray()
    zeros = 0
    for byte in rbsp:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)
