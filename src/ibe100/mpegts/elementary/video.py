"""Sequence headers of H.264 (clause 7.3.2.1) and MPEG-1/2 video (ISO/IEC 13818-2 clause 6.2.2)."""

from dataclasses import replace
from fractions import Fraction

from ibe100.mpegts.elementary.bits import BitReader, nal_units, skip_vui_head, without_emulation_prevention
from ibe100.mpegts.elementary.formats import VideoFormat

CHROMA_FORMATS = ("4:0:0", "4:2:0", "4:2:2", "4:4:4")

_H264_PROFILES = {
    44: "CAVLC 4:4:4 intra",
    66: "baseline",
    77: "main",
    83: "scalable baseline",
    86: "scalable high",
    88: "extended",
    100: "high",
    110: "high 10",
    122: "high 4:2:2",
    244: "high 4:4:4 predictive",
}
_H264_SAMPLE_ASPECTS = {
    1: (1, 1),
    2: (12, 11),
    3: (10, 11),
    4: (16, 11),
    5: (40, 33),
    6: (24, 11),
    7: (20, 11),
    8: (32, 11),
    9: (80, 33),
    10: (18, 11),
    11: (15, 11),
    12: (64, 33),
    13: (160, 99),
    14: (4, 3),
    15: (3, 2),
    16: (2, 1),
}
"""Table E-1."""
_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_MPEG2_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
_MPEG2_ASPECTS = {1: "1:1", 2: "4:3", 3: "16:9", 4: "2.21:1"}
_MPEG2_PROFILES = {1: "high", 2: "spatially scalable", 3: "SNR scalable", 4: "main", 5: "simple"}
_MPEG2_LEVELS = {4: "high", 6: "high 1440", 8: "main", 10: "low"}


def h264_format(stream: bytes) -> VideoFormat | None:
    """Format from the first whole sequence parameter set in an Annex B stream; None while there is none."""
    for unit in nal_units(stream):
        if unit[0] & 0x1F == 7:
            try:
                return _parse_h264_sps(without_emulation_prevention(unit[1:]))
            except ValueError:
                continue
    return None


def h264_reorder_codes(rbsp: bytes) -> list[tuple[int, int]]:
    """Place of max_num_reorder_frames in a sequence parameter set (annex E.1.1): first bit, bit after it.

    Nothing where there is no bitstream restriction. Raises ValueError.
    """
    bits = BitReader(rbsp)
    _h264_sequence(bits)
    if not bits.flag():
        return []
    skip_vui_head(bits)
    if bits.flag():
        bits.skip(65)
    has_hrd = [_skip_hrd(bits) for _ in ("NAL", "VCL")]
    bits.skip(1 if any(has_hrd) else 0)
    bits.skip(1)
    if not bits.flag():
        return []
    bits.skip(1)
    for _ in range(4):
        bits.ue()
    begins = bits.position
    bits.ue()
    return [(begins, bits.position)]


def h264_sample_aspect(rbsp: bytes) -> tuple[int, int, tuple[int, int]]:
    """Places in a sequence parameter set of vui_parameters_present_flag and of the end of aspect_ratio_info
    (the bit after the flag where there is no VUI), and the sample aspect ratio; 0:0 where none is told.

    Raises ValueError.
    """
    bits = BitReader(rbsp)
    _h264_sequence(bits)
    flag_at, has_vui = bits.position, bits.flag()
    ratio = (0, 0)
    if has_vui and bits.flag():
        code = bits.u(8)
        ratio = (bits.u(16), bits.u(16)) if code == 255 else _H264_SAMPLE_ASPECTS.get(code, (0, 0))
    return flag_at, bits.position, ratio


def _skip_hrd(bits: BitReader) -> bool:
    """Skip hrd_parameters() (annex E.1.2); False if they are absent."""
    if not bits.flag():
        return False
    count = bits.ue() + 1
    if count > 32:
        raise ValueError("cpb_cnt_minus1 out of range")
    bits.skip(8)
    for _ in range(count):
        bits.ue()
        bits.ue()
        bits.skip(1)
    bits.skip(20)
    return True


def _parse_h264_sps(rbsp: bytes) -> VideoFormat:
    bits = BitReader(rbsp)
    found = _h264_sequence(bits)
    return replace(found, frame_rate=_h264_frame_rate(bits) if bits.flag() else None)


def _h264_sequence(bits: BitReader) -> VideoFormat:
    """Read up to vui_parameters_present_flag; the frame rate is beyond it."""
    profile, _constraints, level = bits.u(8), bits.u(8), bits.u(8)
    bits.ue()
    chroma, separate_planes = 1, False
    if profile in _WITH_CHROMA:
        chroma = bits.ue()
        if chroma > 3:
            raise ValueError("chroma_format_idc out of range")
        separate_planes = chroma == 3 and bits.flag()
        bits.ue()
        bits.ue()
        bits.skip(1)
        if bits.flag():
            _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
    bits.ue()
    _skip_picture_order(bits)
    bits.ue()
    bits.skip(1)
    width = 16 * (bits.ue() + 1)
    map_units = bits.ue() + 1
    frame_mbs_only = bits.flag()
    if not frame_mbs_only:
        bits.skip(1)
    height = 16 * map_units * (1 if frame_mbs_only else 2)
    bits.skip(1)
    if bits.flag():
        across = 2 if chroma in (1, 2) and not separate_planes else 1
        down = (2 if chroma == 1 and not separate_planes else 1) * (1 if frame_mbs_only else 2)
        width -= across * (bits.ue() + bits.ue())
        height -= down * (bits.ue() + bits.ue())
    name = _H264_PROFILES.get(profile, str(profile))
    level_name = f"{level // 10}.{level % 10}"
    return VideoFormat(
        "H.264", width, height, None, not frame_mbs_only, name, level_name, CHROMA_FORMATS[chroma]
    )


def _skip_scaling_lists(bits: BitReader, lists: int) -> None:
    for index in range(lists):
        if not bits.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.se()) % 256
            last = following or last


def _skip_picture_order(bits: BitReader) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def _h264_frame_rate(bits: BitReader) -> Fraction | None:
    """timing_info of the VUI (annex E.1.1): time_scale counts fields."""
    skip_vui_head(bits)
    if not bits.flag():
        return None
    units, scale = bits.u(32), bits.u(32)
    return Fraction(scale, 2 * units) if units and scale else None


def mpeg2_video_format(stream: bytes) -> VideoFormat | None:
    """Format from the first sequence header and, for MPEG-2, its extension; None while there is none."""
    at = stream.find(b"\x00\x00\x01\xb3")
    following = stream.find(b"\x00\x00\x01", at + 4) if at >= 0 else -1
    if at < 0 or following < 0 or len(stream) < following + 10:
        return None
    bits = BitReader(stream[at + 4 : at + 12])
    width, height = bits.u(12), bits.u(12)
    aspect, rate_code = bits.u(4), bits.u(4)
    rate = _MPEG2_RATES[rate_code - 1] if 1 <= rate_code <= len(_MPEG2_RATES) else None
    extension = stream[following + 3 : following + 10]
    if extension[0] != 0xB5 or extension[1] >> 4 != 1:
        return VideoFormat("MPEG-1 video", width, height, rate, False, "", "", "4:2:0")
    bits = BitReader(extension[1:])
    bits.skip(5)
    profile, level = bits.u(3), bits.u(4)
    progressive, chroma = bits.flag(), bits.u(2)
    width |= bits.u(2) << 12
    height |= bits.u(2) << 12
    bits.skip(12 + 1 + 8 + 1)
    if rate is not None:
        rate *= Fraction(bits.u(2) + 1, bits.u(5) + 1)
    return VideoFormat(
        "MPEG-2 video",
        width,
        height,
        rate,
        not progressive,
        _MPEG2_PROFILES.get(profile, ""),
        _MPEG2_LEVELS.get(level, ""),
        CHROMA_FORMATS[chroma],
        _MPEG2_ASPECTS.get(aspect, ""),
    )
