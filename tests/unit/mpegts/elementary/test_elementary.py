"""Headers of elementary streams, as real encoders write them."""

import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.elementary.ac3 import ac3_format
from ibe100.mpegts.elementary.audio import adts_format, latm_format, mpeg_audio_format
from ibe100.mpegts.elementary.bits import BitReader, nal_units, without_emulation_prevention
from ibe100.mpegts.elementary.codings import AudioFormat, VideoFormat
from ibe100.mpegts.elementary.hevc import hevc_format
from ibe100.mpegts.elementary.video import h264_format, mpeg2_video_format
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import StreamReport


def encoded(folder: Path, *options: str, size: str = "64x48", rate: str = "25") -> StreamReport:
    """Half a second made by ffmpeg with these encoder options, analysed."""
    target = folder / "made.ts"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-threads", "1"]
    command += [
        "-f",
        "lavfi",
        "-i",
        f"testsrc2=s={size}:r={rate}:d=0.5",
        "-f",
        "lavfi",
        "-i",
        "sine=d=0.5:r=48000",
    ]
    subprocess.run([*command, *options, "-f", "mpegts", str(target)], check=True, timeout=100)
    analyzer = StreamAnalyzer()
    analyzer.feed(np.fromfile(target, np.uint8).reshape(-1, PACKET_SIZE))
    return analyzer.report()


def formats(report: StreamReport) -> tuple[VideoFormat, AudioFormat]:
    video, audio = report.services[0].streams
    assert isinstance(video.format, VideoFormat)
    assert isinstance(audio.format, AudioFormat)
    return video.format, audio.format


def test_h264_at_59_94_frames_with_cropping_and_aac(tmp_path: Path) -> None:
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "2")
    report = encoded(tmp_path, *options, size="128x90", rate="60000/1001")
    video, audio = formats(report)
    assert (video.codec, video.width, video.height) == ("H.264", 128, 90)
    assert video.frame_rate == Fraction(60000, 1001)
    assert report.services[0].streams[0].frame_duration_pts == Fraction(3003, 2)
    assert audio == AudioFormat("AAC", 48000, 2, "stereo", "LC", 0, ("ADTS",))


def test_interlaced_mpeg2_with_layer_ii_sound(tmp_path: Path) -> None:
    options = ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-c:a", "mp2", "-b:a", "192k", "-ac", "2")
    video, audio = formats(encoded(tmp_path, *options, size="720x576"))
    assert video == VideoFormat("MPEG-2 video", 720, 576, Fraction(25), True, "main", "main", "4:2:0", "1:1")
    assert (audio.codec, audio.sample_rate_hz, audio.bitrate_bps) == ("MPEG-1 layer II", 48000, 192_000)


def test_hevc_with_six_channels_of_ac3(tmp_path: Path) -> None:
    options = (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=none:pools=none",
        "-c:a",
        "ac3",
    )
    report = encoded(tmp_path, *options, "-ac", "6", size="320x180", rate="50")
    video, audio = formats(report)
    assert (video.codec, video.width, video.height, video.profile) == ("HEVC", 320, 180, "main")
    assert report.services[0].streams[0].frame_duration_pts == 1800
    assert (audio.codec, audio.channels, audio.layout, audio.sample_rate_hz) == ("AC-3", 6, "5.1", 48000)


def test_latm_and_eac3_are_told_apart(tmp_path: Path) -> None:
    base = ("-map", "1:a", "-ac", "1")
    latm = encoded(tmp_path, *base, "-c:a", "aac", "-mpegts_flags", "latm").services[0].streams[0]
    assert latm.format == AudioFormat("AAC", 48000, 1, "mono", "LC", 0, ("LATM",))
    eac3 = encoded(tmp_path, *base, "-c:a", "eac3").services[0].streams[0]
    assert isinstance(eac3.format, AudioFormat)
    assert (eac3.format.codec, eac3.format.layout, eac3.registration) == ("E-AC-3", "mono", "EAC3")


@pytest.mark.parametrize(
    "read",
    [
        h264_format,
        hevc_format,
        mpeg2_video_format,
        adts_format,
        latm_format,
        mpeg_audio_format,
        ac3_format,
    ],
)
@given(
    data=st.binary(max_size=300),
    prefix=st.sampled_from(
        [b"", b"\0\0\1\x67", b"\0\0\1\x42\1", b"\0\0\1\xb3", b"\xff\xf1", b"\x56\xe0", b"\x0b\x77"]
    ),
)
def test_garbage_never_raises(read: object, data: bytes, prefix: bytes) -> None:
    assert callable(read)
    found = read(prefix + data)
    assert found is None or isinstance(found, VideoFormat | AudioFormat)


@given(st.integers(-(2**31) + 1, 2**31 - 1))
def test_exp_golomb_codes_read_back(value: int) -> None:
    code = 2 * value - 1 if value > 0 else -2 * value
    bits = f"{code + 1:b}"
    text = "0" * (len(bits) - 1) + bits
    padded = text.ljust(-(-len(text) // 8) * 8, "1")
    assert BitReader(int(padded, 2).to_bytes(len(padded) // 8, "big")).se() == value


@given(st.binary(max_size=60))
def test_emulation_prevention_is_undone(rbsp: bytes) -> None:
    escaped = bytearray()
    zeros = 0
    for byte in rbsp:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    assert without_emulation_prevention(bytes(escaped)) == rbsp


def test_nal_units_are_split_at_start_codes() -> None:
    assert nal_units(b"\xff\0\0\1\x67abc\0\0\1\x68d") == [b"\x67abc", b"\x68d"]
    assert nal_units(b"no start code") == []
