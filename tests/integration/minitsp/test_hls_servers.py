"""HLS from servers that give something else for a while: error pages, playlists that are half written."""

import pytest

from minitsp_rig import MEDIA, run
from web_rig import Answer, WebServer, playlist, web_server

STREAM = (MEDIA / "ott_with_scte35.ts").read_bytes()
SEGMENT_BYTES = 188 * 300
SEGMENTS = [STREAM[start : start + SEGMENT_BYTES] for start in range(0, 6 * SEGMENT_BYTES, SEGMENT_BYTES)]
NAMES = [f"{number}.ts" for number in range(len(SEGMENTS))]
ERROR_PAGE = b"<html>back soon</html>" * 20
NO_PACKETS = "a segment holds no MPEG-2 transport stream packets"


def with_segments(server: WebServer) -> None:
    server.routes |= {f"/{name}": segment for name, segment in zip(NAMES, SEGMENTS, strict=True)}


@pytest.mark.parametrize(
    ("once", "told"),
    [
        (b"", "this is no HLS playlist: it does not begin with #EXTM3U"),
        (ERROR_PAGE, "this is no HLS playlist: it does not begin with #EXTM3U"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:soon\n#EXTINF:1,\n0.ts\n", "the HLS playlist cannot be read: "),
        (playlist(0, NAMES[:4]).removesuffix(b"\n3.ts\n"), ""),
    ],
    ids=["empty", "error page", "no numbers", "half written"],
)
def test_what_is_no_whole_playlist_is_asked_for_again(once: bytes, told: str) -> None:
    with web_server() as server:
        with_segments(server)
        loads = 0

        def live() -> Answer:
            nonlocal loads
            loads += 1
            count = min(loads + 1, len(NAMES))
            return 200, once if loads == 2 else playlist(0, NAMES[:count], ended=count == len(NAMES))

        server.routes["/live.m3u8"] = live
        done = run("-I", "hls", server.url("/live.m3u8"), "-O", "file")
    assert done.exit_code == 0
    assert done.stdout == b"".join(SEGMENTS)
    assert [
        line.startswith(f"* Warning: hls: reload of the playlist failed, trying again: {told}")
        for line in done.log
    ] == ([True] if told else [])


@pytest.mark.parametrize("body", [b"", ERROR_PAGE], ids=["empty", "error page"])
@pytest.mark.parametrize("for_good", [False, True])
def test_what_is_no_segment_is_asked_for_again_and_left_out_at_last(body: bytes, for_good: bool) -> None:
    with web_server() as server:
        with_segments(server)
        asked = 0

        def segment() -> Answer:
            nonlocal asked
            asked += 1
            return 200, body if for_good or asked == 1 else SEGMENTS[1]

        server.routes |= {"/1.ts": segment, "/vod.m3u8": playlist(0, NAMES, ended=True)}
        done = run("-I", "hls", server.url("/vod.m3u8"), "-O", "file")
    assert done.exit_code == 0
    assert done.stdout == b"".join([SEGMENTS[0], *SEGMENTS[2:]] if for_good else SEGMENTS)
    told = [f"* Warning: hls: segment 1 failed, trying again: {NO_PACKETS}"]
    assert done.log == [*told, f"* Error: hls: segment 1 is left out: {NO_PACKETS}"][: 1 + for_good]
