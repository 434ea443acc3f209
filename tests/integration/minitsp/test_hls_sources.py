"""HLS sources as the world has them: of any address, compressed, damaged, with the sound apart."""

import gzip

import pytest

from minitsp_rig import MEDIA, run
from web_rig import Answer, playlist, web_server

STREAM = (MEDIA / "ott_with_scte35.ts").read_bytes()[: 188 * 600]
SEGMENTS = {"/s0.ts": STREAM[: 188 * 300], "/sub/s1.ts": STREAM[188 * 300 :]}
VOD = playlist(0, ["s0.ts", "sub/s1.ts"], ended=True)
MASTER = b"""#EXTM3U
#EXT-X-DEFINE:NAME="list",VALUE="v"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="snd",NAME="Main",URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"
radio.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=600000,RESOLUTION=320x180,AUDIO="snd"
silent.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=700000,RESOLUTION=320x180
{$list}.m3u8
"""


@pytest.mark.parametrize(
    "body",
    [
        VOD,
        gzip.compress(VOD),
        b"\xef\xbb\xbf" + VOD.replace(b"\n", b"\r\n"),
        VOD.replace(b"sub/", b"{$d}").replace(
            b"#EXT-X-T", b'#EXT-X-DEFINE:NAME="d",VALUE="sub/"\n#EXT-X-T', 1
        ),
    ],
    ids=["plain", "compressed", "byte order mark", "variables"],
)
def test_a_playlist_is_read_whatever_its_address_is_called(body: bytes) -> None:
    with web_server() as server:
        server.routes = {**SEGMENTS, "/manifest": body}
        done = run("-I", "hls", server.url("/manifest"), "-O", "file")
    assert (done.exit_code, done.log, done.stdout) == (0, [], STREAM)


def test_the_variant_with_picture_and_sound_is_taken() -> None:
    with web_server() as server:
        server.routes = {**SEGMENTS, "/all": MASTER, "/v.m3u8": VOD}
        done = run("-I", "hls", server.url("/all"), "-O", "file")
        assert server.requests[:2] == ["/all", "/v.m3u8"]
    assert (done.exit_code, done.stdout) == (0, STREAM)


def test_a_source_whose_sound_is_apart_is_refused_with_the_reason() -> None:
    with web_server() as server:
        server.routes = {"/all": MASTER.partition(b"#EXT-X-STREAM-INF:BANDWIDTH=700000")[0]}
        done = run("-I", "hls", server.url("/all"), "-O", "file")
    assert done.exit_code == 1
    assert "sound is in playlists of its own (EXT-X-MEDIA TYPE=AUDIO, group snd)" in done.log[-1]


def test_a_damaged_line_is_told_once_and_ends_nothing() -> None:
    names = [*SEGMENTS]
    with web_server() as server:
        loads = 0

        def live() -> Answer:
            nonlocal loads
            loads += 1
            damaged = ["#EXT-X-BYTERANGE:?\nlost.ts", *names[: min(loads, 2)]]
            return 200, playlist(0, damaged, ended=loads > 2).replace(
                b"MEDIA-SEQUENCE:0", b"MEDIA-SEQUENCE:x"
            )

        server.routes = {**SEGMENTS, "/live": live}
        done = run("-I", "hls", server.url("/live"), "-O", "file")
    assert (done.exit_code, done.stdout) == (0, STREAM)
    told = [line for line in done.log if "is damaged" in line]
    assert told == [
        "* Warning: hls: the HLS playlist is damaged: invalid EXT-X-MEDIA-SEQUENCE in line 3, "
        "this is no number: #EXT-X-MEDIA-SEQUENCE:x"
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"\0\0\0\x18styp" + bytes(400), "fragmented MP4 (fMP4/CMAF), no MPEG-2 transport stream packets"),
        (
            b"ID3\4" + bytes(400),
            "packed sound without a transport stream, no MPEG-2 transport stream packets",
        ),
    ],
)
def test_segments_of_another_kind_are_named(body: bytes, told: str) -> None:
    with web_server() as server:
        server.routes = {"/manifest": VOD, "/s0.ts": body}
        done = run("-I", "hls", server.url("/manifest"), "-O", "file")
    assert (done.exit_code, done.log) == (1, [f"* Error: hls: the segments are {told}"])


def test_a_playlist_that_is_taken_for_a_stream_is_told_with_how_to_name_it() -> None:
    with web_server() as server:
        server.routes = {"/manifest": b"\xef\xbb\xbf\n" + VOD}
        done = run("-I", "http", server.url("/manifest"), "-O", "file")
    assert done.exit_code == 1
    assert done.log[0].startswith(
        "* Error: http: this is an HLS playlist, not a transport stream: write its "
    )
