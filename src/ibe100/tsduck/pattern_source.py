"""The live test pattern: an ffmpeg that sends the processor a constant-bitrate stream with null packets."""

from __future__ import annotations

import sys
from pathlib import Path

import imageio_ffmpeg

from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import TestPatternInput
from ibe100.tsduck.stream_ports import LOOPBACK, Port

LONGEST_WAIT_MS = 100
"""For a processor that takes nothing: what is left out then is left out, as by UDP, and time goes on."""
AUDIO_BPS = 128_000
VIDEO_SHARE = 0.6
"""Part of the video; the rest is audio, tables and null packets: a quarter, at the least bitrate a tenth."""
FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
    "/System/Library/Fonts/Menlo.ttc",
)


def live_arguments(pattern: TestPatternInput, port: Port) -> list[str]:
    """ffmpeg's whole argv: real time, for ever; to a UDP port on loopback, or to a Unix socket.

    Raises ProcessorError when there is no ffmpeg.
    """
    if isinstance(port, str):
        return _to_socket(pattern, port)
    target = f"udp://{LOOPBACK}:{port}?pkt_size=1316&bitrate={pattern.bitrate_bps}"
    return [*_command(pattern, realtime=True), target]


def _to_socket(pattern: TestPatternInput, name: str) -> list[str]:
    """The socket is opened again and again while no processor is there: that is no error worth a line."""
    command = _command(pattern, realtime=True)
    at = command.index("mpegts") - 1
    options = dict(zip(command[at + 2 :: 2], command[at + 3 :: 2], strict=True))
    options |= {"-type": "datagram", "-timeout": str(LONGEST_WAIT_MS)}
    if sys.platform == "darwin":  # which sends no more at a time
        options["-pkt_size"] = "1316"
    words = ":".join(f"{option[1:]}={value}" for option, value in options.items())
    command[command.index("warning")] = "fatal"
    return [
        *command[:at],
        *("-f", "fifo", "-fifo_format", "mpegts", "-attempt_recovery", "1", "-recover_any_error", "1"),
        *("-recovery_wait_time", "0.05", "-drop_pkts_on_overflow", "1"),
        *("-format_opts", words, f"unix:{name}"),
    ]


def sample_arguments(pattern: TestPatternInput, seconds: float) -> list[str]:
    """Arguments for `seconds` of the same stream as fast as it goes, on standard output: for the probe.

    Raises ProcessorError when there is no ffmpeg.
    """
    return [*_command(pattern, realtime=False), "-t", f"{seconds:g}", "pipe:1"]


def _ffmpeg() -> str:
    try:
        path: str = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise ProcessorError(f"the test pattern needs ffmpeg: {error}") from error
    return path


def _command(pattern: TestPatternInput, *, realtime: bool) -> list[str]:
    pace = ["-re"] if realtime else []
    video_bps = int(pattern.bitrate_bps * VIDEO_SHARE)
    picture = f"testsrc2=size={pattern.width}x{pattern.height}:rate={pattern.frame_rate}"
    return [
        _ffmpeg(),
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"),
        *(*pace, "-f", "lavfi", "-i", picture + _clock(pattern)),
        *(*pace, "-f", "lavfi", "-i", "sine=frequency=1000:sample_rate=48000"),
        *("-map", "0:v", "-map", "1:a", "-threads", "1"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"),
        *("-profile:v", "main", "-g", str(pattern.frame_rate), "-x264-params", "nal-hrd=vbr"),
        *("-b:v", str(video_bps), "-maxrate", str(video_bps), "-bufsize", str(video_bps // 4)),
        *("-c:a", "aac", "-b:a", str(AUDIO_BPS), "-af", "volume=-18dB"),
        *("-metadata", "service_name=Test pattern", "-metadata", "service_provider=IBE-100"),
        *("-f", "mpegts", "-muxrate", str(pattern.bitrate_bps)),
        *("-pcr_period", "30", "-pat_period", "0.2", "-sdt_period", "1", "-flush_packets", "1"),
    ]


def _clock(pattern: TestPatternInput) -> str:
    """UTC burnt into the picture; without a font the pattern's own counter has to do."""
    font = next((path for path in FONTS if Path(path).exists()), None)
    if font is None:
        return ""
    size = pattern.height // 10
    return (
        f",drawtext=fontfile={font}:text='%{{gmtime\\:%H\\\\\\:%M\\\\\\:%S}} UTC':fontsize={size}"
        ":fontcolor=white:box=1:boxcolor=black@0.7:boxborderw=10:x=(w-tw)/2:y=h-2*th"
    )
