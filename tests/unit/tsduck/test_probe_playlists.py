"""Looking at playlists and files whose tables change."""

from pathlib import Path

import numpy as np
import pytest

from changing_rig import changed
from ibe100.models.endpoints.parse import parse_input
from ibe100.models.errors import InputAbsent, ProbeError
from ibe100.models.stream_config import HlsInput, HttpInput
from ibe100.tsduck.playlist import is_live
from ibe100.tsduck.probe import ProbeLimits, probe_input
from ibe100.tsduck.processor import BUILTIN
from live_rig import make_pattern
from web_rig import playlist, web_server

BRIEF = ProbeLimits(first_bytes_s=20.0, live_s=0.5, most_live_s=20.0)


def two_halves(pattern: Path) -> list[bytes]:
    """A programme that moves to other PIDs halfway, with both tables."""
    packets = np.frombuffer(pattern.read_bytes(), np.uint8).reshape(-1, 188)
    half = len(packets) // 2
    return [packets[:half].tobytes(), changed(video=0x301, sound=0x302)(packets[half:].copy()).tobytes()]


@pytest.mark.parametrize("kind", ["file", "hls"])
async def test_what_each_processor_plays_from_its_start_is_planned_by_its_first_tables(
    tmp_path: Path, kind: str
) -> None:
    parts = two_halves(make_pattern(tmp_path / "pattern.ts", 4.0))
    with web_server() as server:
        if kind == "file":
            (tmp_path / "both.ts").write_bytes(b"".join(parts))
            source = parse_input(str(tmp_path / "both.ts"))
        else:
            server.routes |= {"/0.ts": parts[0], "/1.ts": parts[1]}
            server.routes["/vod.m3u8"] = playlist(0, ["0.ts", "1.ts"], target_s=2, ended=True)
            source = parse_input(server.url("/vod.m3u8"))
        report = await probe_input(source, BUILTIN, limits=BRIEF)
    (service,) = report.services
    assert [one.pid for one in service.streams] == [0x100, 0x101]
    assert report.pid(0x301) is not None, "the rest was read all the same"


async def test_a_playlist_is_live_while_it_has_no_end() -> None:
    with web_server() as server:
        server.routes["/live.m3u8"] = playlist(4, ["4.ts", "5.ts"])
        server.routes["/vod.m3u8"] = playlist(0, ["0.ts"], ended=True)
        server.routes["/page.m3u8"] = b"<html>"
        master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nlive.m3u8\n"
        server.routes["/master.m3u8"] = master.encode()
        found = {
            name: await is_live(HlsInput(url=server.url(f"/{name}.m3u8")))
            for name in ("live", "vod", "page", "master", "none")
        }
    assert found == {"live": True, "vod": False, "page": False, "master": True, "none": False}


@pytest.mark.parametrize(
    "body", [b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns0.ts\n", b"\xef\xbb\xbf#EXTM3U\n"]
)
async def test_an_address_that_gives_a_playlist_is_called_one(body: bytes) -> None:
    with web_server() as server:
        server.routes["/manifest"] = body
        with pytest.raises(ProbeError, match=r"is an HLS playlist.*hls\+http://"):
            await probe_input(HttpInput(url=server.url("/manifest")), BUILTIN)


async def test_another_page_is_not_called_a_playlist() -> None:
    with web_server() as server:
        server.routes["/page"] = b"<html>not found</html>"
        with pytest.raises((ProbeError, InputAbsent)) as caught:
            await probe_input(HttpInput(url=server.url("/page")), BUILTIN)
        assert "playlist" not in str(caught.value)
