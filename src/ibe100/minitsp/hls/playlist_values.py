"""HLS playlists (RFC 8216) as values: variants, and segments with their keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ibe100.minitsp.chain.plugin import PluginError


class PlaylistError(PluginError):
    """A playlist that cannot be played; the text says what it holds instead."""


class UnreadablePlaylist(PlaylistError):
    """A response that is no whole playlist; the next one may be."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One rendition of a master playlist; 0 where the playlist does not say.

    `has_codecs`: it names its codecs, and `sound_only`: none of them is a picture's. `sound_apart`: the name
    of the group of playlists that hold its sound, which it is without; empty if its sound is within.
    """

    url: str
    bitrate_bps: int
    width: int
    height: int
    has_codecs: bool = False
    sound_only: bool = False
    sound_apart: str = ""


@dataclass(frozen=True, slots=True)
class SegmentKey:
    """AES-128 key of a segment and the IV (RFC 8216 clause 5.2)."""

    url: str
    iv: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """One media segment; `byte_range` is (offset, length) in the resource, None for all of it.

    `gap`: it cannot be had, by the word of the source or as its lines are damaged.
    """

    sequence: int
    url: str
    duration_s: float
    byte_range: tuple[int, int] | None = None
    key: SegmentKey | None = None
    discontinuity: bool = False
    gap: bool = False
    date: float | None = None
    """Seconds since the epoch of its first picture, as the playlist says."""
    map_url: str = ""
    """Address of what has to be read before it; empty where there is no such."""
    tags: tuple[tuple[str, str], ...] = ()
    """Tags of cues before it: name and value."""

    @property
    def place(self) -> tuple[str, tuple[int, int] | None]:
        """URL and byte range: tells segments apart where sequence numbers cannot."""
        return self.url, self.byte_range


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """The segments that can be had now; `ended` when no more will be added.

    `numbered`: its EXT-X-MEDIA-SEQUENCE can be read. `faults`: lines that were passed over, in words.
    """

    segments: tuple[Segment, ...]
    target_duration_s: float
    ended: bool
    numbered: bool = True
    faults: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    """Attribute lists of its date ranges."""


@dataclass(frozen=True, slots=True)
class MasterPlaylist:
    """The variants, in the order of the playlist; `variables` are those it defines (EXT-X-DEFINE).

    `apart`: kinds of renditions that have playlists of their own. `faults`: as in a media playlist.
    """

    variants: tuple[Variant, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
