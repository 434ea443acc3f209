"""What a preview takes out of a transport stream: keyframes of the video, the sound as it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.mpegts.elementary.codings import read_format
from ibe100.preview.elementary_tap import PACKET_SIZE, ElementaryTap
from ibe100.preview.keyframes import starts_keyframe

DATAGRAM = 28 * PACKET_SIZE


def datagrams(data: bytes) -> list[bytes]:
    return [data[at : at + DATAGRAM] for at in range(0, len(data), DATAGRAM)]


@pytest.fixture
def ott(media: Path) -> bytes:
    return (media / "ott_with_scte35.ts").read_bytes()


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("ott_with_scte35.ts", "H.264", "AAC (ADTS)"),
        ("dvb_hd_service.ts", "H.264", "E-AC-3"),
        ("sat_no_sdt.ts", "H.264", "MPEG audio"),
    ],
)
def test_real_streams_give_keyframes_and_sound(media: Path, name: str, video: str, audio: str) -> None:
    tap, keyframes, sound = ElementaryTap(), [], 0
    for at, datagram in enumerate(datagrams((media / name).read_bytes())):
        tap.feed(datagram, float(at))
        if (keyframe := tap.take_keyframe()) is not None:
            keyframes.append(keyframe)
        sound += len(tap.take_sound())
    assert tap.video is not None and tap.video.codec.name == video
    assert tap.audio is not None and tap.audio.codec.name == audio
    assert keyframes and sound > 1000
    assert all(read_format(tap.video.codec, keyframe) is not None for keyframe in keyframes)


def test_one_keyframe_a_second_is_enough(ott: bytes) -> None:
    taken = []
    for interval_s in (0.0, 0.001):
        tap, count = ElementaryTap(), 0
        for at, datagram in enumerate(datagrams(ott)):
            tap.feed(datagram, at * interval_s)
            count += tap.take_keyframe() is not None
        taken.append(count)
    assert taken[0] == 1
    assert taken[1] <= len(ott) / DATAGRAM * 0.001 / 0.9 + 1


def test_a_keyframe_with_a_hole_is_left_out(media: Path) -> None:
    whole = (media / "dvb_hd_service.ts").read_bytes()
    tap = ElementaryTap()
    tap.feed(whole, 0.0)
    assert tap.video is not None and tap.take_keyframe() is not None
    video_pid = tap.video.pid
    packets = [whole[at : at + PACKET_SIZE] for at in range(0, len(whole), PACKET_SIZE)]
    pids = [(packet[1] & 0x1F) << 8 | packet[2] for packet in packets]
    first = next(
        at
        for at, (pid, packet) in enumerate(zip(pids, packets, strict=True))
        if pid == video_pid and packet[1] & 0x40 and starts_keyframe("H.264", packet)
    )
    lost = next(at for at in range(first + 1, len(pids)) if pids[at] == video_pid)
    holed = ElementaryTap()
    holed.feed(b"".join(packets[:lost] + packets[lost + 1 :]), 0.0)
    assert holed.take_keyframe() is None


def test_a_scrambled_service_is_told(ott: bytes) -> None:
    clear = ElementaryTap()
    clear.feed(ott[: DATAGRAM * 200], 0.0)
    assert clear.video is not None and not clear.scrambled
    data = bytearray(ott)
    for at in range(0, len(data), PACKET_SIZE):
        if (data[at + 1] & 0x1F) << 8 | data[at + 2] == clear.video.pid:
            data[at + 3] |= 0x80
    scrambled = ElementaryTap()
    scrambled.feed(bytes(data), 0.0)
    assert scrambled.take_keyframe() is None and scrambled.scrambled


def test_a_service_that_is_not_there_gives_nothing(ott: bytes) -> None:
    tap = ElementaryTap(service_id=4711)
    tap.feed(ott, 0.0)
    assert tap.video is None and tap.take_keyframe() is None and tap.take_sound() == b""


@pytest.mark.parametrize(
    ("codec", "stream", "expected"),
    [
        ("H.264", b"\0\0\0\1\x09\xf0\0\0\0\1\x67\x64", True),
        ("H.264", b"\0\0\0\1\x09\xf0\0\0\1\x41\x9a", False),
        ("HEVC", b"\0\0\0\1\x46\1\x50\0\0\0\1\x40\1", True),
        ("HEVC", b"\0\0\0\1\x46\1\x50\0\0\1\x02\1", False),
        ("MPEG-2 video", b"\0\0\1\xb3\x50\0", True),
        ("MPEG-2 video", b"\0\0\1\0\x50\0", False),
        ("H.264", b"\0\0\1", False),
    ],
)
def test_a_parameter_set_begins_a_keyframe(codec: str, stream: bytes, expected: bool) -> None:
    assert starts_keyframe(codec, stream) is expected
