"""HLS playlists before they are played: whether an address is one, and whether it is live."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from ibe100.minitsp.hls.playlist import parse_playlist
from ibe100.minitsp.hls.playlist_values import MasterPlaylist, PlaylistError

TIMEOUT_S = 5.0
LEVELS = 2
_FIRST_LINE = b"#EXTM3U"
_BOM = b"\xef\xbb\xbf"
_MEDIA_TYPES = ("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl")


async def is_playlist(url: str) -> bool:
    """True for an address that gives a playlist, by its first line or its Content-Type (RFC 8216 4)."""
    try:
        async with (
            httpx.AsyncClient(follow_redirects=True, timeout=TIMEOUT_S) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.headers.get("content-type", "").partition(";")[0].strip().lower() in _MEDIA_TYPES:
                return True
            async for chunk in answer.aiter_bytes(1024):
                return chunk.removeprefix(_BOM).startswith(_FIRST_LINE)
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return False


async def is_live(url: str) -> bool:
    """True for a playlist, or a master playlist's first one, that will grow; False where none can be had."""
    variables: Mapping[str, str] = {}
    try:
        async with httpx.AsyncClient(follow_redirects=True, timeout=TIMEOUT_S) as client:
            for _ in range(LEVELS):
                answer = (await client.get(url)).raise_for_status()
                found = parse_playlist(answer.text, str(answer.url), variables)
                if not isinstance(found, MasterPlaylist):
                    return not found.ended
                url, variables = found.variants[0].url, found.variables
    except (httpx.HTTPError, httpx.InvalidURL, PlaylistError):
        return False
    return False
