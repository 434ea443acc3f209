"""A keyframe by itself is shown at once, whatever its stream says of B pictures."""

from __future__ import annotations

import queue
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.elementary.bits import without_emulation_prevention
from ibe100.mpegts.elementary.hevc import hevc_format, hevc_reorder_codes
from ibe100.mpegts.elementary.video import h264_format, h264_reorder_codes, h264_sample_aspect
from ibe100.preview.elementary_tap import ElementaryTap
from ibe100.preview.picture_order import _escaped, shown_at_once
from ibe100.preview.video_decoder import VideoDecoder

# Heads of keyframes by x264 and x265, 720p25 with B pictures: delimiter, parameter sets, the slice's start.
H264 = bytes.fromhex(
    "0000000109f000000001"
    + "6764001facd9405005bb011000000300100000030320f1831960"
    + "0000000168efbcb0"
    + "0000016588"
)
HEVC = bytes.fromhex(
    "00000001460150"
    + "0000000140010c01ffff01600000030090000003000003005d95940900000001"
    + "42010101600000030090000003000003005da00280802d16595952930bc05a02000003000200000300321000000001"
    + "4401c073c18900000128"
)


def test_the_header_of_h264_announces_no_reordering_any_more_and_says_the_same_otherwise() -> None:
    changed = shown_at_once("H.264", H264)
    assert changed != H264 and h264_format(changed) == h264_format(H264) is not None
    [(begins, ends)] = h264_reorder_codes(_unit(changed, 0x67, 1))
    assert ends - begins == 1
    assert shown_at_once("H.264", changed) == changed
    assert shown_at_once("H.264", H264, 1) != changed
    assert h264_format(shown_at_once("H.264", H264, 1)) == h264_format(H264)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("has_vui", [True, False])
def test_a_sample_aspect_ratio_stays_what_it_is_within_a_hundredth_of_a_percent(
    number: int, has_vui: bool
) -> None:
    rbsp = _unit(H264, 0x67, 1)
    flag_at, _, before = h264_sample_aspect(rbsp)
    if not has_vui:
        bits = f"{int.from_bytes(rbsp, 'big'):0{8 * len(rbsp)}b}"[:flag_at] + "01"
        bits += "0" * (-len(bits) % 8)
        rbsp, before = int(bits, 2).to_bytes(len(bits) // 8, "big"), (1, 1)
    changed = shown_at_once("H.264", b"\0\0\1\x67" + _escaped(rbsp) + b"\0\0\1\x65\x88", number)
    _, _, (across, down) = h264_sample_aspect(_unit(changed, 0x67, 1))
    assert across / down == pytest.approx(before[0] / before[1], rel=1e-4)
    assert (across / down == before[0] / before[1]) is (number == 0)


def test_the_header_of_hevc_announces_no_reordering_any_more_and_says_the_same_otherwise() -> None:
    changed = shown_at_once("HEVC", HEVC)
    assert hevc_format(changed) == hevc_format(HEVC) is not None
    assert all(ends - begins == 1 for begins, ends in hevc_reorder_codes(_unit(changed, 0x42, 2)))


@given(st.sampled_from(["H.264", "HEVC", "MPEG-2 video"]), st.binary(max_size=300))
def test_what_cannot_be_read_is_left_as_it_is_or_keeps_its_end(codec: str, tail: bytes) -> None:
    broken = b"\0\0\0\1\x67" + tail
    assert shown_at_once(codec, broken).endswith(tail[-1:])


@given(st.binary(max_size=100))
def test_emulation_prevention_is_put_back(rbsp: bytes) -> None:
    escaped = _escaped(rbsp)
    assert without_emulation_prevention(escaped) == rbsp
    assert not any(code in escaped for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))


@pytest.fixture(scope="module")
def open_gops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """H.264 as broadcast encoders make it: but for the first, no keyframe is an IDR picture."""
    path = tmp_path_factory.mktemp("open") / "gops.ts"
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-threads", "1"),
        *(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=160x90:rate=25",
            "-t",
            "8",
            "-c:v",
            "libx264",
            "-preset",
            "fast",
        ),
        *(
            "-x264-params",
            "open-gop=1:keyint=25:min-keyint=25:scenecut=0:bframes=3",
            "-f",
            "mpegts",
            str(path),
        ),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.mark.parametrize("name", ["ott_with_scte35.ts", "sat_no_sdt.ts"])
def test_each_keyframe_is_a_picture_before_the_next_one_comes(media: Path, name: str) -> None:
    _show_each(media / name)


def test_a_keyframe_that_is_no_idr_picture_is_shown_as_well(open_gops: Path) -> None:
    assert sum(b"\0\0\1\x65" in keyframe for keyframe in _show_each(open_gops)) == 1


def _show_each(path: Path) -> list[bytes]:
    """Four keyframes, each of which was another picture before the next one was decoded."""
    tap = ElementaryTap()
    data = path.read_bytes()
    pictures: queue.Queue[bytes] = queue.Queue()
    decoder = None
    keyframes: list[bytes] = []
    shown: set[bytes] = set()
    for at in range(0, len(data), 5264):
        tap.feed(data[at : at + 5264], at / 5_000)
        keyframe = tap.take_keyframe()
        if keyframe is not None and tap.video is not None and len(keyframes) < 4:
            if decoder is None:
                ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
                decoder = VideoDecoder(ffmpeg, tap.video.codec.name, 32, 18, pictures.put)
            decoder.feed_keyframe(keyframe)
            keyframes.append(keyframe)
            shown.add(pictures.get(timeout=60))
    assert decoder is not None and len(shown) == 4 and decoder.ended() == ""
    assert {len(picture) for picture in shown} == {32 * 18 * 3}
    decoder.close()
    return keyframes


def _unit(stream: bytes, first: int, header_bytes: int) -> bytes:
    """The first NAL unit that begins with this byte, without its header and emulation prevention."""
    at = stream.index(b"\0\0\1" + bytes([first])) + 3
    return without_emulation_prevention(stream[at + header_bytes : stream.index(b"\0\0\1", at)])
