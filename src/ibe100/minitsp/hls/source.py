"""The playlist that is played: found by way of a master playlist, loaded again and again."""

import time
import zlib
from collections.abc import Mapping
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin
from ibe100.minitsp.hls.playlist import parse_playlist
from ibe100.minitsp.hls.playlist_values import (
    MasterPlaylist,
    MediaPlaylist,
    PlaylistError,
    UnreadablePlaylist,
)
from ibe100.minitsp.hls.variants import VariantChoice
from ibe100.minitsp.web.http_client import HttpClient, shown

PLAYLIST_LIMIT_BYTES: Final = 8 << 20
_PLAYLIST_TIMEOUT_S: Final = 15.0
_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31


class PlaylistSource:
    """Loads the media playlist that an address leads to. Raises DownloadError and PlaylistError.

    Damaged lines are told once; a playlist that has some when the one before had none is asked for again
    first: it may have been read while it was written.
    """

    def __init__(
        self, plugin: Plugin, client: HttpClient, url: str, choice: VariantChoice, *, mp4: bool = False
    ) -> None:
        """`mp4`: segments of fragmented MP4 are taken too."""
        self.loaded_s = 0.0
        """Monotonic time of the last load."""
        self._plugin = plugin
        self._client = client
        self._url = url
        self._choice = choice
        self._mp4 = mp4
        self._variables: Mapping[str, str] = {}
        self._has_faults = self._told_faults = False

    def open(self) -> MediaPlaylist:
        """The first media playlist, by way of the master playlist if that is what the address names."""
        playlist = self._load()
        if isinstance(playlist, MasterPlaylist):
            self._take_master(playlist)
            playlist = self._load()
        if isinstance(playlist, MasterPlaylist):
            raise PlaylistError("the HLS master playlist names another master playlist")
        if playlist.ended and not playlist.segments:
            raise PlaylistError("the HLS playlist is empty")
        self._tell(playlist.faults)
        self._has_faults = bool(playlist.faults)
        return playlist

    def reload(self, *, again: bool) -> MediaPlaylist:
        """The media playlist as it is now; `again` after one that could not be read."""
        playlist = self._load()
        if isinstance(playlist, MasterPlaylist):
            raise UnreadablePlaylist("the HLS media playlist has become a master playlist")
        if playlist.faults and not self._has_faults and not again:
            raise UnreadablePlaylist(f"the HLS playlist cannot be read: {playlist.faults[0]}")
        self._tell(playlist.faults)
        self._has_faults = bool(playlist.faults)
        return playlist

    def _take_master(self, master: MasterPlaylist) -> None:
        self._tell(master.faults)
        variant = self._choice.choose(master)
        self._plugin.verbose(
            f"selected variant {shown(variant.url)}, {variant.bitrate_bps:,} b/s, "
            f"{variant.width}x{variant.height}"
        )
        if "SUBTITLES" in master.apart:
            self._plugin.log(LogLevel.INFO, "subtitles in playlists of their own are not taken")
        self._url, self._variables = variant.url, master.variables

    def _tell(self, faults: tuple[str, ...]) -> None:
        if faults and not self._told_faults:
            self._told_faults = True
            self._plugin.log(LogLevel.WARNING, f"the HLS playlist is damaged: {faults[0]}")

    def _load(self) -> MasterPlaylist | MediaPlaylist:
        found = self._client.download(
            self._url, limit_bytes=PLAYLIST_LIMIT_BYTES, timeout_s=_PLAYLIST_TIMEOUT_S
        )
        self.loaded_s = time.monotonic()
        return parse_playlist(playlist_text(found.data), found.url, self._variables, mp4=self._mp4)


def playlist_text(body: bytes) -> str:
    """A body as text; one that is stored compressed comes without a word of it in the headers."""
    if body.startswith(_GZIP):
        decoder = zlib.decompressobj(_GZIP_WINDOW)
        try:
            body = decoder.decompress(body, PLAYLIST_LIMIT_BYTES)
        except zlib.error as error:
            raise UnreadablePlaylist(f"the HLS playlist cannot be decompressed: {error}") from error
        if decoder.unconsumed_tail:
            raise UnreadablePlaylist(f"the HLS playlist is larger than {PLAYLIST_LIMIT_BYTES:,} bytes")
    return body.decode("utf-8", "replace")
