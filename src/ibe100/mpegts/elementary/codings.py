"""Formats of elementary streams, by what the PMT calls them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from ibe100.mpegts.constants import SPLICE_STREAM_TYPE, SPLICE_TABLE_ID
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.elementary.ac3 import ac3_format
from ibe100.mpegts.elementary.audio import adts_format, latm_format, mpeg_audio_format
from ibe100.mpegts.elementary.formats import AudioFormat, CuesInPes, ElementaryFormat, VideoFormat
from ibe100.mpegts.elementary.hevc import hevc_format
from ibe100.mpegts.elementary.splice_streams import HDMV, Carried, is_splice, registrations
from ibe100.mpegts.elementary.video import h264_format, mpeg2_video_format
from ibe100.mpegts.psi import PmtStream
from ibe100.utils.crc import has_right_crc32

__all__ = [
    "AudioFormat",
    "Codec",
    "CuesInPes",
    "ElementaryFormat",
    "StreamKind",
    "VideoFormat",
    "codec_of",
    "read_format",
]


class StreamKind(Enum):
    """Purpose of an elementary stream."""

    VIDEO = auto()
    AUDIO = auto()
    SUBTITLES = auto()
    SPLICE = auto()
    DATA = auto()


@dataclass(frozen=True, slots=True)
class Codec:
    """A coding and what it carries; `pes` False where the PID carries sections."""

    name: str
    kind: StreamKind
    pes: bool = True


_BY_STREAM_TYPE = {
    0x01: Codec("MPEG-1 video", StreamKind.VIDEO),
    0x02: Codec("MPEG-2 video", StreamKind.VIDEO),
    0x03: Codec("MPEG audio", StreamKind.AUDIO),
    0x04: Codec("MPEG audio", StreamKind.AUDIO),
    0x05: Codec("Private sections", StreamKind.DATA, pes=False),
    0x06: Codec("Private PES data", StreamKind.DATA),
    0x0B: Codec("DSM-CC sections", StreamKind.DATA, pes=False),
    0x0C: Codec("DSM-CC stream descriptors", StreamKind.DATA, pes=False),
    0x0D: Codec("DSM-CC sections", StreamKind.DATA, pes=False),
    0x0F: Codec("AAC (ADTS)", StreamKind.AUDIO),
    0x10: Codec("MPEG-4 video", StreamKind.VIDEO),
    0x11: Codec("AAC (LATM)", StreamKind.AUDIO),
    0x15: Codec("Metadata in PES", StreamKind.DATA),
    0x1B: Codec("H.264", StreamKind.VIDEO),
    0x21: Codec("JPEG 2000", StreamKind.VIDEO),
    0x24: Codec("HEVC", StreamKind.VIDEO),
    0x33: Codec("VVC", StreamKind.VIDEO),
    0x42: Codec("AVS video", StreamKind.VIDEO),
    0x81: Codec("AC-3", StreamKind.AUDIO),
    0x82: Codec("DTS", StreamKind.AUDIO),
    0x87: Codec("E-AC-3", StreamKind.AUDIO),
}
_DTS_HD = Codec("DTS-HD", StreamKind.AUDIO)
_IN_HDMV = {
    0x80: Codec("LPCM", StreamKind.AUDIO),
    0x83: Codec("TrueHD", StreamKind.AUDIO),
    0x84: Codec("E-AC-3", StreamKind.AUDIO),
    0x85: _DTS_HD,
    0x90: Codec("PGS subtitles", StreamKind.SUBTITLES),
    0x92: Codec("Text subtitles", StreamKind.SUBTITLES),
    0xA1: Codec("E-AC-3", StreamKind.AUDIO),
    0xA2: _DTS_HD,
}
_SPLICE = Codec("SCTE 35", StreamKind.SPLICE, pes=False)
# Descriptors that say what stream_type 0x06 holds (ETSI EN 300 468).
_BY_DESCRIPTOR = {
    0x56: Codec("Teletext", StreamKind.SUBTITLES),
    0x59: Codec("DVB subtitles", StreamKind.SUBTITLES),
    0x6A: Codec("AC-3", StreamKind.AUDIO),
    0x7A: Codec("E-AC-3", StreamKind.AUDIO),
    0x7B: Codec("DTS", StreamKind.AUDIO),
    0x7C: Codec("AAC (ADTS)", StreamKind.AUDIO),
}
_BY_REGISTRATION = {
    b"AC-3": Codec("AC-3", StreamKind.AUDIO),
    b"EAC3": Codec("E-AC-3", StreamKind.AUDIO),
    b"HEVC": Codec("HEVC", StreamKind.VIDEO),
    b"Opus": Codec("Opus", StreamKind.AUDIO),
    b"BSSD": Codec("SMPTE 302M", StreamKind.AUDIO),
    b"KLVA": Codec("KLV metadata", StreamKind.DATA),
    b"DTS1": Codec("DTS", StreamKind.AUDIO),
    b"DTS2": Codec("DTS", StreamKind.AUDIO),
    b"DTS3": Codec("DTS", StreamKind.AUDIO),
}


def _cues_in_pes(stream: bytes) -> CuesInPes | None:
    size = 3 + (int.from_bytes(stream[1:3], "big") & 0x0FFF)
    section = stream[:size]
    whole = len(section) == size and section[0] == SPLICE_TABLE_ID and has_right_crc32(section)
    return CuesInPes() if whole else None


_READERS: dict[str, Callable[[bytes], ElementaryFormat | None]] = {
    "MPEG-1 video": mpeg2_video_format,
    "MPEG-2 video": mpeg2_video_format,
    "MPEG audio": mpeg_audio_format,
    "AAC (ADTS)": adts_format,
    "AAC (LATM)": latm_format,
    "H.264": h264_format,
    "HEVC": hevc_format,
    "AC-3": ac3_format,
    "E-AC-3": ac3_format,
    "Private PES data": _cues_in_pes,
    "DTS-HD": _cues_in_pes,
}
_PRIVATE_PES_STREAM_TYPE = 0x06


def codec_of(
    stream: PmtStream, program_info: tuple[Descriptor, ...], carried: Carried | None = None
) -> Codec:
    """The coding of a PMT's stream, by its descriptors, those of the programme and what its packets hold."""
    if stream.stream_type == SPLICE_STREAM_TYPE:
        return _SPLICE if is_splice(stream, program_info, carried) else _DTS_HD
    if stream.stream_type == _PRIVATE_PES_STREAM_TYPE:
        for tag, _ in stream.descriptors:
            if tag in _BY_DESCRIPTOR:
                return _BY_DESCRIPTOR[tag]
        for registration in registrations(stream.descriptors):
            if registration in _BY_REGISTRATION:
                return _BY_REGISTRATION[registration]
    if stream.stream_type in _IN_HDMV and HDMV in registrations(program_info):
        return _IN_HDMV[stream.stream_type]
    unknown = Codec(f"stream_type 0x{stream.stream_type:02X}", StreamKind.DATA)
    return _BY_STREAM_TYPE.get(stream.stream_type, unknown)


def can_read_format(codec: Codec) -> bool:
    """True if `read_format` knows the headers of this coding."""
    return codec.name in _READERS


def read_format(codec: Codec, stream: bytes) -> ElementaryFormat | None:
    """The format found in a piece of elementary stream; None while it holds no whole header."""
    reader = _READERS.get(codec.name)
    return reader(stream) if reader else None
