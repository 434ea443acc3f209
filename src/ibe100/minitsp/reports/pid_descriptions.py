"""Descriptions of PIDs and services, in the words of tsp's analysis."""

from collections.abc import Sequence
from typing import Final

from ibe100.mpegts.constants import (
    CAT_PID,
    DIT_PID,
    EIT_PID,
    LANGUAGE_TAG,
    NETWORK_NAME_TAG,
    NIT_PID,
    NULL_PID,
    PAT_PID,
    RST_PID,
    SDT_PID,
    SIT_PID,
    SUBTITLING_TAG,
    TDT_PID,
    TELETEXT_TAG,
    TSDT_PID,
)
from ibe100.mpegts.descriptors import PsiError, iterate_descriptors
from ibe100.mpegts.dvb_text import decode_dvb_text
from ibe100.mpegts.elementary.ac3 import DOLBY_SURROUND
from ibe100.mpegts.elementary.codings import AudioFormat, StreamKind, VideoFormat
from ibe100.mpegts.stream_report import StreamInfo

# service_type of ETSI EN 300 468 table 89.
SERVICE_TYPES: Final = {
    0x00: "Undefined",
    0x01: "Digital television service",
    0x02: "Digital radio sound service",
    0x03: "Teletext service",
    0x0A: "Advanced codec digital radio sound service",
    0x0C: "Data broadcast service",
    0x11: "MPEG-2 HD digital television service",
    0x16: "Advanced codec SD digital television service",
    0x19: "Advanced codec HD digital television service",
    0x1F: "HEVC digital television service",
    0x20: "HEVC UHD digital television service",
}
# ETSI EN 300 468 table 1.
SYSTEM_PIDS: Final = {
    PAT_PID: "PAT",
    CAT_PID: "CAT",
    TSDT_PID: "TSDT",
    NIT_PID: "NIT",
    SDT_PID: "SDT/BAT",
    EIT_PID: "EIT",
    RST_PID: "RST",
    TDT_PID: "TDT/TOT",
    0x15: "Network Synchronization",
    0x16: "RNT (TV-Anytime)",
    0x1C: "Inband Signalling",
    0x1D: "Measurement",
    DIT_PID: "DIT",
    SIT_PID: "SIT",
    NULL_PID: "Stuffing",
}
# stream_type of ISO/IEC 13818-1 table 2-34, where no descriptor says more.
_BY_STREAM_TYPE: Final = {
    0x03: "MPEG-1 Audio",
    0x04: "MPEG-2 Audio",
    0x05: "MPEG-2 Private sections",
    0x07: "MHEG",
    0x08: "DSM-CC",
    0x0A: "DSM-CC MPE",
    0x0B: "DSM-CC U-N",
    0x0C: "DSM-CC Stream Descriptors",
    0x0D: "DSM-CC Sections",
    0x10: "MPEG-4 Video",
    0x15: "MetaData in PES packets",
    0x16: "MetaData in sections",
    0x21: "JPEG 2000 video stream ISO/IEC 15444-1",
    0x81: "ATSC AC-3 Audio",
    0x87: "ATSC Enhanced-AC-3 Audio",
}
_BY_DESCRIPTOR: Final = {0x6A: "AC-3 Audio", 0x7A: "E-AC-3 Audio"}
# audio_type of ISO/IEC 13818-1 table 2-60.
_AUDIO_TYPES: Final = {
    1: "clean effects",
    2: "hearing impaired",
    3: "visual impaired commentary",
}
_CODECS: Final = {
    "H.264": "AVC video",
    "HEVC": "HEVC video",
    "MPEG-1 video": "MPEG-1 Video",
    "MPEG-2 video": "MPEG-2 Video",
    "AAC (ADTS)": "MPEG-2 AAC Audio",
    "AAC (LATM)": "MPEG-4 AAC Audio",
    "AC-3": "AC-3 Audio",
    "E-AC-3": "E-AC-3 Audio",
    "DTS": "DTS Audio",
    "DTS-HD": "DTS-HD Audio",
    "SMPTE 302M": "AES3 PCM Audio",
    "Private PES data": "MPEG-2 PES private data",
    "SCTE 35": "SCTE 35 Splice Info",
}
# The more usual CA_system_id by their upper byte (as registered with DVB).
_CA_SYSTEMS: Final = {
    0x01: "MediaGuard",
    0x05: "Viaccess",
    0x06: "Irdeto",
    0x09: "NDS",
    0x0B: "Conax",
    0x0D: "CryptoWorks (Irdeto)",
    0x0E: "Scientific Atlanta",
    0x10: "Tandberg Television",
    0x17: "Verimatrix",
    0x18: "Nagravision",
    0x22: "Harmonic",
    0x26: "European Broadcasting Union",
}
_SUBTITLE_PICTURES: Final = {
    0x0: "no aspect ratio",
    0x1: "4:3 aspect ratio",
    0x2: "16:9 aspect ratio",
    0x3: "2.21:1 aspect ratio",
    0x4: "high definition",
    0x5: "plano-stereoscopic disparity, high definition",
    0x6: "ultra high definition",
}
_TELETEXT_TYPES: Final = {
    1: "Initial Teletext page",
    2: "Teletext subtitles",
    3: "Additional information page",
    4: "Programme schedule page",
    5: "Teletext subtitles for hearing impaired",
}
_AC3_LAYOUTS: Final = {
    "1+1": "1+1 (Ch1,Ch2)",
    "stereo": "stereo (L,R)",
    "3/0": "3/0 (L,C,R)",
    "2/1": "2/1 (L,R,S)",
    "3/1": "3/1 (L,C,R,S)",
    "2/2": "2/2 (L,R,SL,SR)",
    "5.0": "3/2 (L,C,R,SL,SR)",
    "5.1": "3/2 (L,C,R,SL,SR)",
}


def describe_pid(pid: int, stream: StreamInfo | None, is_pmt: bool) -> str:
    """One line about a PID."""
    if is_pmt:
        return "PMT"
    if stream is None:
        return SYSTEM_PIDS.get(pid, "Unreferenced")
    details: list[str] = []
    if isinstance(stream.format, VideoFormat):
        details = _video_words(stream.format)
    elif isinstance(stream.format, AudioFormat):
        details = [*_languages(stream), *_audio_words(stream.format)]
    else:
        details = _languages(stream)
    if stream.kind is StreamKind.SUBTITLES:
        return _subtitle_words(stream)
    return _with(_name(stream), details)


def pid_words(stream: StreamInfo) -> tuple[str, str]:
    """A stream's name with its languages, and what its headers tell of picture or sound."""
    if stream.kind is StreamKind.SUBTITLES:
        name, kinds = _subtitles(stream)
        return _with(name, stream.languages), ", ".join(kinds)
    languages = _languages(stream)
    title = _with(_name(stream), languages)
    if isinstance(stream.format, VideoFormat):
        return title, ", ".join(_video_words(stream.format))
    return title, ", ".join(_audio_words(stream.format)) if isinstance(stream.format, AudioFormat) else ""


def describe_network(nit_section: bytes) -> str | None:
    """Description of the network of a NIT; None if it cannot be read (ETSI EN 300 468 clause 5.2.1)."""
    network_id = int.from_bytes(nit_section[3:5], "big")
    end = 10 + (int.from_bytes(nit_section[8:10], "big") & 0x0FFF)
    if end > len(nit_section) - 4:
        return None
    try:
        names = [data for tag, data in iterate_descriptors(nit_section[10:end]) if tag == NETWORK_NAME_TAG]
    except PsiError:
        return None
    name = decode_dvb_text(names[0]) if names else ""
    return f"Network: 0x{network_id:04X} ({network_id}) {name}".rstrip()


def describe_ecm(ca_system_id: int) -> str:
    """One line about a PID of entitlement control messages."""
    return f"{_CA_SYSTEMS.get(ca_system_id >> 8, f'CA system 0x{ca_system_id:04X}')} ECM"


def _name(stream: StreamInfo) -> str:
    for tag, _ in stream.pmt_stream.descriptors:
        if tag in _BY_DESCRIPTOR:
            return _BY_DESCRIPTOR[tag]
    if stream.registration == "HDMV" and stream.stream_type in (0x81, 0x87):
        return _BY_STREAM_TYPE[stream.stream_type].replace("ATSC", "HDMV")
    default = _CODECS.get(stream.codec.name, stream.codec.name)
    return _BY_STREAM_TYPE.get(stream.stream_type, default)


def _languages(stream: StreamInfo) -> list[str]:
    """Languages of a sound stream, and its audio_type in words."""
    kinds = [
        _AUDIO_TYPES[data[at]]
        for tag, data in stream.pmt_stream.descriptors
        for at in range(3, len(data), 4)
        if tag == LANGUAGE_TAG and data[at] in _AUDIO_TYPES
    ]
    return [*stream.languages, *kinds[-1:]]


def _subtitle_words(stream: StreamInfo) -> str:
    """Languages first, then what each entry of the descriptor is."""
    name, kinds = _subtitles(stream)
    return _with(name, list(dict.fromkeys((*stream.languages, *kinds))))


def _subtitles(stream: StreamInfo) -> tuple[str, list[str]]:
    """Kind of stream, and of each entry of its descriptor (ETSI EN 300 468 tables 26 and 101)."""
    kinds: list[str] = []
    name = "Subtitles"
    for tag, data in stream.pmt_stream.descriptors:
        if tag == SUBTITLING_TAG:
            kinds += [_subtitling_type(data[at + 3]) for at in range(0, len(data) - 7, 8)]
        elif tag == TELETEXT_TAG:
            name = "Teletext"
            kinds += [_TELETEXT_TYPES.get(data[at + 3] >> 3, "reserved") for at in range(0, len(data) - 4, 5)]
    return name, kinds


def _with(name: str, words: Sequence[str]) -> str:
    return f"{name} ({', '.join(words)})" if words else name


def _subtitling_type(component_type: int) -> str:
    detail = _SUBTITLE_PICTURES.get(component_type & 0x0F)
    if component_type >> 4 not in (1, 2) or detail is None:
        return f"subtitling type 0x{component_type:02X}"
    return f"DVB subtitles{' for hard of hearing' if component_type >> 4 == 2 else ''}, {detail}"


def _video_words(video: VideoFormat) -> list[str]:
    if video.codec == "MPEG-2 video":
        scan = "i" if video.interlaced else "p"
        words = [f"{video.width}x{video.height}{scan}", *_frame_rate(video), video.aspect_ratio, video.chroma]
        return [word for word in words if word]
    words = [f"{video.width}x{video.height}"]
    if video.profile:
        words.append(f"{video.profile} profile")
    if video.level:
        words.append(f"level {video.level}")
    return [*words, video.chroma]


def _audio_words(audio: AudioFormat) -> list[str]:
    # tsp tells nothing about AAC beyond its language.
    if audio.codec == "AAC":
        return []
    rate = f"@{audio.sample_rate_hz:,} Hz"
    if audio.codec.startswith("MPEG"):
        mode = {"mono": "single channel", "joint stereo": ", ".join(audio.details)}.get(
            audio.layout, audio.layout
        )
        layer = audio.codec.partition(" ")[2]
        return [word for word in (f"Audio {layer}", f"{audio.bitrate_bps // 1000} kb/s", rate, mode) if word]
    layout = _AC3_LAYOUTS.get(audio.layout.removesuffix(" + LFE"), audio.layout)
    surround = [DOLBY_SURROUND] if DOLBY_SURROUND in audio.details else []
    details = [detail for detail in audio.details if detail != DOLBY_SURROUND]
    return [audio.codec, layout, *surround, rate, *details]


def _frame_rate(video: VideoFormat) -> list[str]:
    if video.frame_rate is None:
        return []
    hundredths = int(video.frame_rate * 100)
    whole, rest = divmod(hundredths, 100)
    return [f"@{whole}.{rest:02d} Hz" if rest else f"@{whole} Hz"]
