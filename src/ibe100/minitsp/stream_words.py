"""Words for PIDs and services, as tsp's analysis has them."""

from typing import Final

from ibe100.mpegts.elementary import AudioFormat, StreamKind, VideoFormat
from ibe100.mpegts.packet import NULL_PID
from ibe100.mpegts.stream_report import StreamInfo

# service_type of ETSI EN 300 468 table 89.
SERVICE_TYPES: Final = {
    0x00: "unknown",
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
_SYSTEM_PIDS: Final = {
    0x00: "PAT",
    0x01: "CAT",
    0x02: "TSDT",
    0x10: "NIT",
    0x11: "SDT/BAT",
    0x12: "EIT",
    0x13: "RST",
    0x14: "TDT/TOT",
    NULL_PID: "Stuffing",
}
_CODECS: Final = {
    "H.264": "AVC video",
    "HEVC": "HEVC video",
    "MPEG-1 video": "MPEG-1 Video",
    "MPEG-2 video": "MPEG-2 Video",
    "MPEG audio": "MPEG Audio",
    "AAC (ADTS)": "MPEG-2 AAC Audio",
    "AAC (LATM)": "MPEG-4 AAC Audio",
    "AC-3": "AC-3 Audio",
    "E-AC-3": "E-AC-3 Audio",
    "DTS": "DTS Audio",
    "DTS-HD": "DTS-HD Audio",
    "SCTE 35": "SCTE 35 Splice Info",
}


def describe_pid(pid: int, stream: StreamInfo | None, is_pmt: bool) -> str:
    """One line about a PID."""
    if is_pmt:
        return "PMT"
    if stream is None:
        return _SYSTEM_PIDS.get(pid, "Reserved PID" if pid < 0x20 else "Unreferenced")
    details: list[str] = []
    if isinstance(stream.format, VideoFormat):
        details = _video_words(stream.format)
    elif isinstance(stream.format, AudioFormat):
        details = [*stream.languages, *_audio_words(stream.format)]
    else:
        details = list(stream.languages)
    name = _CODECS.get(stream.codec.name, stream.codec.name)
    if stream.kind is StreamKind.SUBTITLES:
        return f"Subtitles ({', '.join([*stream.languages, stream.codec.name])})"
    return f"{name} ({', '.join(details)})" if details else name


def _video_words(video: VideoFormat) -> list[str]:
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
    layout = "stereo (L,R)" if audio.layout == "stereo" else audio.layout
    return [audio.codec, layout, f"@{audio.sample_rate_hz:,} Hz", *audio.details]
