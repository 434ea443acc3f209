"""HLS playlists before they are played: whether an address is one, and whether it is live."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from ibe100.minitsp.chain.options import OptionTable
from ibe100.minitsp.hls.playlist import parse_playlist
from ibe100.minitsp.hls.playlist_values import MasterPlaylist, PlaylistError
from ibe100.minitsp.hls.source import PLAYLIST_LIMIT_BYTES, playlist_text
from ibe100.minitsp.web.http_client import DownloadError, HttpClient, PlaylistGiven
from ibe100.minitsp.web.web_options import LOCAL_ADDRESSES, WEB_OPTIONS
from ibe100.models.stream_config import HlsInput, HttpInput

TIMEOUT_S = 5.0
LEVELS = 2


async def is_playlist(source: HttpInput) -> bool:
    """True for an address that gives a playlist, by its first line or its Content-Type (RFC 8216 4)."""
    return await asyncio.to_thread(_is_playlist, source)


async def is_live(source: HlsInput) -> bool:
    """True for a playlist, or a master playlist's first one, that will grow; False where none can be had."""
    return await asyncio.to_thread(_is_live, source)


def _is_playlist(source: HttpInput) -> bool:
    with _client(source) as client:
        try:
            next(client.stream(source.url), b"")
        except PlaylistGiven:
            return True
        except DownloadError:
            return False
    return False


def _is_live(source: HlsInput) -> bool:
    url, variables = source.url, dict[str, str]()
    with _client(source) as client:
        try:
            for _ in range(LEVELS):
                answer = client.download(url, limit_bytes=PLAYLIST_LIMIT_BYTES, timeout_s=TIMEOUT_S)
                found = parse_playlist(playlist_text(answer.data), answer.url, variables)
                if not isinstance(found, MasterPlaylist):
                    return not found.ended
                url, variables = found.variants[0].url, dict(found.variables)
        except (DownloadError, PlaylistError):
            return False
    return False


@contextmanager
def _client(source: HlsInput | HttpInput) -> Iterator[HttpClient]:
    words = [f"--receive-timeout={TIMEOUT_S * 1000:.0f}", f"--connection-timeout={TIMEOUT_S * 1000:.0f}"]
    if source.local_addresses:
        words.append(f"--{LOCAL_ADDRESSES}")
    client = HttpClient(OptionTable(*WEB_OPTIONS).parse(words), source.url)
    try:
        yield client
    finally:
        client.close()
