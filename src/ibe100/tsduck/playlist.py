"""Whether an HLS playlist is live: one that has ended is played from its start by each processor."""

from __future__ import annotations

import httpx

from ibe100.minitsp.hls.playlist import MasterPlaylist, PlaylistError, parse_playlist

TIMEOUT_S = 5.0
LEVELS = 2


async def is_live(url: str) -> bool:
    """True for a playlist, or a master playlist's first one, that will grow; False where none can be had."""
    try:
        async with httpx.AsyncClient(follow_redirects=True, timeout=TIMEOUT_S) as client:
            for _ in range(LEVELS):
                answer = (await client.get(url)).raise_for_status()
                found = parse_playlist(answer.text, str(answer.url))
                if not isinstance(found, MasterPlaylist):
                    return not found.ended
                if not found.variants:
                    return False
                url = found.variants[0].url
    except (httpx.HTTPError, httpx.InvalidURL, PlaylistError):
        return False
    return False
