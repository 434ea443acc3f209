"""Sequence parameter set of HEVC (ITU-T H.265 clauses 7.3.2.2, 7.3.3, 7.3.7, E.2.1)."""

from fractions import Fraction

from ibe100.mpegts.elementary.bits import BitReader, nal_units, skip_vui_head, without_emulation_prevention
from ibe100.mpegts.elementary.formats import VideoFormat
from ibe100.mpegts.elementary.video import CHROMA_FORMATS

_PROFILES = {1: "main", 2: "main 10", 3: "main still picture", 4: "range extensions"}
_SPS_NAL_TYPE = 33


def hevc_format(stream: bytes) -> VideoFormat | None:
    """Format from the first whole sequence parameter set in an Annex B stream; None while there is none."""
    for unit in nal_units(stream):
        if unit[0] >> 1 & 0x3F == _SPS_NAL_TYPE:
            try:
                return _parse_sps(without_emulation_prevention(unit[2:]))
            except ValueError:
                continue
    return None


def hevc_reorder_codes(rbsp: bytes) -> list[tuple[int, int]]:
    """Places of each sps_max_num_reorder_pics in a sequence parameter set: its first bit, the bit after it.

    Raises ValueError.
    """
    bits = BitReader(rbsp)
    bits.skip(4)
    sub_layers = bits.u(3)
    bits.skip(1)
    _profile_tier_level(bits, sub_layers)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.skip(1)
    bits.ue()
    bits.ue()
    if bits.flag():
        for _ in range(4):
            bits.ue()
    for _ in range(3):
        bits.ue()
    codes = []
    for _ in range(sub_layers + 1 if bits.flag() else 1):
        bits.ue()
        begins = bits.position
        bits.ue()
        codes.append((begins, bits.position))
        bits.ue()
    return codes


def _parse_sps(rbsp: bytes) -> VideoFormat:
    bits = BitReader(rbsp)
    bits.skip(4)
    sub_layers = bits.u(3)
    bits.skip(1)
    profile, interlaced, level = _profile_tier_level(bits, sub_layers)
    bits.ue()
    chroma = bits.ue()
    if chroma > 3:
        raise ValueError("chroma_format_idc out of range")
    separate_planes = chroma == 3 and bits.flag()
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        across = 2 if chroma in (1, 2) and not separate_planes else 1
        down = 2 if chroma == 1 and not separate_planes else 1
        width -= across * (bits.ue() + bits.ue())
        height -= down * (bits.ue() + bits.ue())
    bits.ue()
    bits.ue()
    order_bits = bits.ue() + 4
    for _ in range(sub_layers + 1 if bits.flag() else 1):
        for _ in range(3):
            bits.ue()
    for _ in range(6):
        bits.ue()
    if bits.flag() and bits.flag():
        _skip_scaling_list_data(bits)
    bits.skip(2)
    if bits.flag():
        bits.skip(8)
        bits.ue()
        bits.ue()
        bits.skip(1)
    _skip_short_term_sets(bits)
    if bits.flag():
        for _ in range(bits.ue()):
            bits.skip(order_bits + 1)
    bits.skip(2)
    rate, fields = _vui_timing(bits) if bits.flag() else (None, False)
    if fields:
        height *= 2
        rate = rate / 2 if rate is not None else None
    return VideoFormat(
        "HEVC",
        width,
        height,
        rate,
        interlaced or fields,
        _PROFILES.get(profile, str(profile)),
        f"{level // 30}.{level % 30 // 3}",
        CHROMA_FORMATS[chroma],
    )


def _profile_tier_level(bits: BitReader, sub_layers: int) -> tuple[int, bool, int]:
    """(general_profile_idc, interlaced source only, general_level_idc)."""
    bits.skip(3)
    profile = bits.u(5)
    bits.skip(32)
    progressive, interlaced = bits.flag(), bits.flag()
    bits.skip(46)
    level = bits.u(8)
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers)]
    if sub_layers:
        bits.skip(2 * (8 - sub_layers))
    for with_profile, with_level in present:
        bits.skip((88 if with_profile else 0) + (8 if with_level else 0))
    return profile, interlaced and not progressive, level


def _skip_scaling_list_data(bits: BitReader) -> None:
    for size in range(4):
        for _ in range(0, 6, 3 if size == 3 else 1):
            if not bits.flag():
                bits.ue()
                continue
            if size > 1:
                bits.se()
            for _ in range(min(64, 1 << (4 + (size << 1)))):
                bits.se()


def _skip_short_term_sets(bits: BitReader) -> None:
    """st_ref_pic_set() of every index; the size of one may depend on the one before."""
    deltas = 0
    count = bits.ue()
    if count > 64:
        raise ValueError("num_short_term_ref_pic_sets out of range")
    for index in range(count):
        if index and bits.flag():
            bits.skip(1)
            bits.ue()
            kept = 0
            for _ in range(deltas + 1):
                used = bits.flag()
                kept += used or bits.flag()
            deltas = kept
        else:
            negative, positive = bits.ue(), bits.ue()
            deltas = negative + positive
            if deltas > 32:
                raise ValueError("short-term reference picture set too large")
            for _ in range(deltas):
                bits.ue()
                bits.skip(1)


def _vui_timing(bits: BitReader) -> tuple[Fraction | None, bool]:
    """(pictures per second, whether pictures are fields) of the VUI."""
    skip_vui_head(bits)
    bits.skip(1)
    fields = bits.flag()
    bits.skip(1)
    if bits.flag():
        for _ in range(4):
            bits.ue()
    if not bits.flag():
        return None, fields
    units, scale = bits.u(32), bits.u(32)
    return (Fraction(scale, units) if units and scale else None), fields
