"""Frame headers of audio streams: ADTS and LATM AAC, MPEG-1/2 audio, AC-3 and E-AC-3."""

from ibe100.mpegts.elementary.bits import BitReader
from ibe100.mpegts.elementary.formats import AudioFormat

_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AAC_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
_AAC_PROFILES = {1: "Main", 2: "LC", 3: "SSR", 4: "LTP", 5: "HE", 29: "HE v2"}
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}

_MPEG_RATES = (44100, 48000, 32000)
_MPEG1_KBPS = {
    1: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_MPEG2_KBPS = {
    1: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MPEG_MODES = ("stereo", "joint stereo", "dual channel", "mono")
_INTENSITY = ("intensity stereo", "ms stereo", "intensity & ms stereo")


def adts_format(stream: bytes) -> AudioFormat | None:
    """Format from the first ADTS header (ISO/IEC 13818-7 clause 6.2) that another one follows."""
    at = stream.find(b"\xff")
    while at >= 0 and at + 7 <= len(stream):
        length = (stream[at + 3] & 3) << 11 | stream[at + 4] << 3 | stream[at + 5] >> 5
        rate_index = stream[at + 2] >> 2 & 0x0F
        if stream[at + 1] & 0xF6 == 0xF0 and rate_index < len(_AAC_RATES) and length >= 7:
            following = stream[at + length : at + length + 2]
            if len(following) < 2 or (following[0] == 0xFF and following[1] & 0xF6 == 0xF0):
                channels = _AAC_CHANNELS[(stream[at + 2] & 1) << 2 | stream[at + 3] >> 6]
                profile = _AAC_PROFILES.get((stream[at + 2] >> 6) + 1, "")
                return AudioFormat(
                    "AAC", _AAC_RATES[rate_index], channels, _LAYOUTS.get(channels, ""), profile, 0, ("ADTS",)
                )
        at = stream.find(b"\xff", at + 1)
    return None


def latm_format(stream: bytes) -> AudioFormat | None:
    """Format from the first LOAS/LATM StreamMuxConfig (ISO/IEC 14496-3 clause 1.7.3) of version 0."""
    at = stream.find(b"\x56")
    while at >= 0 and at + 3 < len(stream):
        if stream[at + 1] & 0xE0 == 0xE0:
            try:
                found = _stream_mux_config(BitReader(stream[at + 3 : at + 67]))
            except ValueError:
                found = None
            if found is not None:
                return found
        at = stream.find(b"\x56", at + 1)
    return None


def _stream_mux_config(bits: BitReader) -> AudioFormat | None:
    use_same, version = bits.flag(), bits.flag()
    if use_same or version:
        return None
    bits.skip(1 + 6 + 4 + 3)
    object_type = _audio_object_type(bits)
    rate = _aac_rate(bits)
    channels = bits.u(4)
    if rate is None or channels >= len(_AAC_CHANNELS):
        return None
    if object_type in (5, 29):
        rate = _aac_rate(bits)
    if rate is None:
        return None
    count = _AAC_CHANNELS[channels]
    profile = _AAC_PROFILES.get(object_type, str(object_type))
    return AudioFormat("AAC", rate, count, _LAYOUTS.get(count, ""), profile, 0, ("LATM",))


def _audio_object_type(bits: BitReader) -> int:
    kind = bits.u(5)
    return 32 + bits.u(6) if kind == 31 else kind


def _aac_rate(bits: BitReader) -> int | None:
    index = bits.u(4)
    if index == 15:
        return bits.u(24)
    return _AAC_RATES[index] if index < len(_AAC_RATES) else None


def mpeg_audio_format(stream: bytes) -> AudioFormat | None:
    """Format from the first MPEG-1 or MPEG-2 audio frame header (ISO/IEC 11172-3 clause 2.4.1.3)."""
    at = stream.find(b"\xff")
    while at >= 0 and at + 4 <= len(stream):
        second, third, fourth = stream[at + 1 : at + 4]
        layer, rate_index, bitrate_index = 4 - (second >> 1 & 3), third >> 2 & 3, third >> 4
        if second & 0xF0 == 0xF0 and layer < 4 and rate_index < 3 and 0 < bitrate_index < 15:
            mpeg1 = bool(second & 8)
            kbps = (_MPEG1_KBPS[layer] if mpeg1 else _MPEG2_KBPS[min(layer, 2)])[bitrate_index - 1]
            rate = _MPEG_RATES[rate_index] // (1 if mpeg1 else 2)
            mode, padding = fourth >> 6, third >> 1 & 1
            if layer == 1:
                length = (12_000 * kbps // rate + padding) * 4
            else:
                length = (72_000 if layer == 3 and not mpeg1 else 144_000) * kbps // rate + padding
            if _is_followed(stream, at, length):
                return AudioFormat(
                    f"MPEG-{1 if mpeg1 else 2} layer {'I' * layer}",
                    rate,
                    1 if mode == 3 else 2,
                    _MPEG_MODES[mode],
                    bitrate_bps=kbps * 1000,
                    details=_joint_stereo(layer, fourth >> 4 & 3) if mode == 1 else (),
                )
        at = stream.find(b"\xff", at + 1)
    return None


def _joint_stereo(layer: int, extension: int) -> tuple[str, ...]:
    """Description of joint stereo by its mode_extension (ISO/IEC 11172-3 clause 2.4.2.3)."""
    if layer < 3:
        return (f"subbands {4 * extension + 4}-31 in intensity stereo",)
    return (_INTENSITY[extension - 1],) if extension else ()


def _is_followed(stream: bytes, at: int, length: int) -> bool:
    """True if a frame of this length is followed by one like it; not asked of the first of a stream."""
    following = stream[at + length : at + length + 2]
    if len(following) < 2:
        return at == 0
    return following[0] == 0xFF and (following[1] ^ stream[at + 1]) & 0xFE == 0
