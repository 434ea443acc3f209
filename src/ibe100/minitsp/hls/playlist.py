"""HLS playlists (RFC 8216) as values: variants, and segments with their keys."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import m3u8

from ibe100.minitsp.chain.plugin import PluginError

_MP4_SUFFIXES: Final = (".mp4", ".m4s", ".m4v", ".m4a", ".cmfv", ".cmfa")


class PlaylistError(PluginError):
    """A playlist that cannot be played; the text says what it holds instead."""


class UnreadablePlaylist(PlaylistError):
    """A response that is no whole playlist; the next one may be."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One rendition of a master playlist; 0 where the playlist does not say."""

    url: str
    bitrate_bps: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SegmentKey:
    """AES-128 key of a segment and the IV (RFC 8216 clause 5.2)."""

    url: str
    iv: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """One media segment; `byte_range` is (offset, length) in the resource, None for all of it."""

    sequence: int
    url: str
    duration_s: float
    byte_range: tuple[int, int] | None = None
    key: SegmentKey | None = None
    discontinuity: bool = False
    gap: bool = False

    @property
    def place(self) -> tuple[str, tuple[int, int] | None]:
        """URL and byte range: tells segments apart where sequence numbers cannot."""
        return self.url, self.byte_range


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """The segments that can be had now; `ended` when no more will be added."""

    segments: tuple[Segment, ...]
    target_duration_s: float
    ended: bool


@dataclass(frozen=True, slots=True)
class MasterPlaylist:
    """The variants, in the order of the playlist."""

    variants: tuple[Variant, ...]


def parse_playlist(text: str, url: str) -> MasterPlaylist | MediaPlaylist:
    """Read a playlist that came from `url`. Raises PlaylistError."""
    if not text.lstrip("\ufeff").startswith("#EXTM3U"):
        raise UnreadablePlaylist("this is no HLS playlist: it does not begin with #EXTM3U")
    try:
        playlist = m3u8.loads(text, uri=url)
    except (m3u8.ParseError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise UnreadablePlaylist(f"the HLS playlist cannot be read: {error}") from error
    if playlist.is_variant:
        return MasterPlaylist(tuple(_variant(one) for one in playlist.playlists))
    if playlist.is_i_frames_only:
        raise PlaylistError("this HLS playlist holds I-frames only, take the main one")
    return MediaPlaylist(_segments(playlist), float(playlist.target_duration or 10), playlist.is_endlist)


def _variant(playlist: m3u8.Playlist) -> Variant:
    info = playlist.stream_info
    width, height = info.resolution or (0, 0)
    return Variant(playlist.absolute_uri, info.bandwidth or 0, width, height)


def _segments(playlist: m3u8.M3U8) -> tuple[Segment, ...]:
    segments = []
    range_ends: dict[str, int] = {}
    for number, one in enumerate(playlist.segments):
        if not one.uri:  # the playlist was read while it was being written
            break
        sequence = (playlist.media_sequence or 0) + number
        url = one.absolute_uri
        _refuse_mp4(one, url)
        segments.append(
            Segment(
                sequence,
                url,
                float(one.duration or 0),
                _byte_range(one.byterange, url, range_ends),
                _key(one.key, sequence),
                bool(one.discontinuity),
                bool(one.gap_tag),
            )
        )
    return tuple(segments)


def _refuse_mp4(segment: m3u8.Segment, url: str) -> None:
    """Refuse fragmented MP4; an EXT-X-MAP of a transport stream only repeats its PAT and PMT."""
    paths = [urlsplit(url).path]
    if segment.init_section is not None:
        paths.append(urlsplit(segment.init_section.absolute_uri).path)
    if any(path.lower().endswith(_MP4_SUFFIXES) for path in paths):
        raise PlaylistError(
            "the segments are fragmented MP4 (fMP4/CMAF), not MPEG-2 transport stream; "
            "use the source's HLS-TS playlist"
        )


def _byte_range(text: str | None, url: str, range_ends: dict[str, int]) -> tuple[int, int] | None:
    """`length[@offset]`; without an offset it follows the last range of the same resource."""
    if not text:
        return None
    length_text, _, offset_text = text.partition("@")
    try:
        length = int(length_text)
        offset = int(offset_text) if offset_text else range_ends.get(url, 0)
    except ValueError:
        raise PlaylistError(f"invalid EXT-X-BYTERANGE {text}") from None
    range_ends[url] = offset + length
    return offset, length


def _key(key: m3u8.Key | None, sequence: int) -> SegmentKey | None:
    if key is None or key.method in (None, "NONE"):
        return None
    if key.method != "AES-128" or key.keyformat not in (None, "identity"):
        raise PlaylistError(f"encryption {key.method} is not supported, only AES-128 with a plain key")
    try:
        iv = bytes.fromhex(key.iv[2:].rjust(32, "0")) if key.iv else sequence.to_bytes(16, "big")
    except ValueError:
        raise PlaylistError(f"invalid IV {key.iv} in the HLS playlist") from None
    return SegmentKey(key.absolute_uri, iv)
