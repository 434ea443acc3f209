"""Reads HLS playlists: what is damaged in them is passed over line by line, and told."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from ibe100.minitsp.hls.cue_tags import CUE_TAGS, iso_time
from ibe100.minitsp.hls.playlist_lines import Faults, address, attributes, lines_of, tags_of
from ibe100.minitsp.hls.playlist_values import (
    MasterPlaylist,
    MediaPlaylist,
    PlaylistError,
    Segment,
    SegmentKey,
    UnreadablePlaylist,
    Variant,
)

_MP4_SUFFIXES: Final = (".mp4", ".m4s", ".m4v", ".m4a", ".cmfv", ".cmfa")
_NO_PICTURE: Final = re.compile(r"(mp4a|ac-[34]|ec-3|mp3|opus|flac|alac|dts|stpp|wvtt)", re.IGNORECASE)
_DEFAULT_TARGET_S: Final = 10.0
_MOST_SECONDS: Final = 3600.0
_MOST_TAGS: Final = 16
_MOST_RANGES: Final = 256
_MASTER_TAGS: Final = ("#EXT-X-STREAM-INF", "#EXT-X-MEDIA", "#EXT-X-I-FRAME-STREAM-INF")


def parse_playlist(
    text: str, url: str, imported: Mapping[str, str] | None = None, *, mp4: bool = False
) -> MasterPlaylist | MediaPlaylist:
    """Read a playlist that came from `url`; `imported` are the variables of its master playlist.

    `mp4`: segments of fragmented MP4 are taken too.

    Raises PlaylistError.
    """
    faults = Faults()
    lines, variables = lines_of(text, url, imported or {}, faults)
    tags = Counter(line.partition(":")[0] for _, line in lines)
    if sum(tags[one] for one in _MASTER_TAGS) > tags["#EXTINF"]:
        return _read_master(lines, url, variables, faults)
    reader = _MediaReader(url, faults, mp4=mp4)
    for number, tag, rest in tags_of(lines):
        try:
            reader.take(tag, rest)
        except ValueError as error:
            faults.note(number, f"{tag}:{rest}" if tag else rest, error)
            reader.damage(tag, rest)
    return reader.playlist()


def _read_master(
    lines: list[tuple[int, str]], url: str, variables: Mapping[str, str], faults: Faults
) -> MasterPlaylist:
    streams: list[tuple[dict[str, str], str]] = []
    renditions: dict[str, list[str]] = {}
    apart = set()
    pending: dict[str, str] | None = None
    for number, tag, rest in tags_of(lines):
        try:
            if tag == "#EXT-X-STREAM-INF":
                pending = attributes(rest)
            elif tag == "#EXT-X-MEDIA":
                media = attributes(rest)
                where = address(url, media["URI"]) if media.get("URI") else ""
                if where:
                    apart.add(media.get("TYPE", ""))
                if media.get("TYPE") == "AUDIO":
                    renditions.setdefault(media.get("GROUP-ID", ""), []).append(where)
            elif not tag and pending is not None:
                streams.append((pending, address(url, rest)))
                pending = None
        except ValueError as error:
            faults.note(number, f"{tag}:{rest}" if tag else rest, error)
            pending = None
    if not streams:
        reason = faults.told[0] if faults.told else "the HLS master playlist names no variant"
        raise UnreadablePlaylist(reason)
    variants = tuple(_variant(attribute, where, renditions) for attribute, where in streams)
    return MasterPlaylist(variants, dict(variables), frozenset(apart), tuple(faults.told))


def _variant(attribute: Mapping[str, str], url: str, renditions: Mapping[str, list[str]]) -> Variant:
    """A variant of an attribute list; a group of sounds is apart if each has another address (4.3.4.2.1)."""
    size = re.fullmatch(r"(\d{1,6})x(\d{1,6})", attribute.get("RESOLUTION", ""), re.IGNORECASE)
    codecs = [one.strip() for one in attribute.get("CODECS", "").split(",") if one.strip()]
    sound_only = size is None and bool(codecs) and all(map(_NO_PICTURE.match, codecs))
    group = attribute.get("AUDIO", "")
    sounds = renditions.get(group, [])
    is_apart = bool(sounds) and not sound_only and all(one not in ("", url) for one in sounds)
    bitrate = re.match(r"\d{1,15}(?!\d)", attribute.get("BANDWIDTH", ""))
    return Variant(
        url,
        int(bitrate[0]) if bitrate else 0,
        int(size[1]) if size else 0,
        int(size[2]) if size else 0,
        bool(codecs),
        sound_only,
        group if is_apart else "",
    )


class _MediaReader:
    """Takes the tags of a media playlist one by one; `take` raises ValueError for what is damaged."""

    def __init__(self, url: str, faults: Faults, *, mp4: bool) -> None:
        self._url = url
        self._faults = faults
        self._mp4 = mp4
        self._map_url = ""
        self._date: float | None = None
        self._ranges: list[str] = []
        self._segments: list[Segment] = []
        self._target_s = 0.0
        self._sequence = 0
        self._numbered = True
        self._ended = False
        self._key: SegmentKey | None = None
        self._key_is_damaged = False
        self._unsupported = ""
        self._keys_in_a_row = False
        self._range_ends: dict[str, int] = {}
        self._range: tuple[int | None, int] | None = None
        self._begin_segment()

    def take(self, tag: str, rest: str) -> None:
        """Take one line: a tag and its value, or an address without a tag."""
        match tag:
            case "#EXTINF":
                self._has_extinf = True
                self._duration_s = _seconds(rest.partition(",")[0])
            case "" if self._has_extinf:
                url = address(self._url, rest)
                if not self._mp4:
                    _refuse_mp4(url)
                self._add(url)
            case "":
                raise ValueError("there is no EXTINF before it")
            case "#EXT-X-TARGETDURATION":
                self._target_s = _seconds(rest)
            case "#EXT-X-MEDIA-SEQUENCE":
                self._sequence = _count(rest)
            case "#EXT-X-BYTERANGE":
                length, _, offset = rest.partition("@")
                self._range = _count(offset) if offset else None, _count(length)
            case "#EXT-X-KEY":
                self._take_key(attributes(rest))
            case "#EXT-X-MAP":
                uri = attributes(rest).get("URI", "")
                if not self._mp4:
                    _refuse_mp4(uri)
                self._map_url = address(self._url, uri)
            case "#EXT-X-PROGRAM-DATE-TIME":
                self._date = iso_time(rest)
            case "#EXT-X-DATERANGE":
                self._ranges.append(rest)
            case "#EXT-X-DISCONTINUITY":
                self._discontinuity = True
            case "#EXT-X-GAP":
                self._gap = True
            case "#EXT-X-ENDLIST":
                self._ended = True
            case "#EXT-X-I-FRAMES-ONLY":
                raise PlaylistError("this HLS playlist holds I-frames only, take the main one")
            case _ if tag in CUE_TAGS:
                self._tags.append((tag, rest))

    def damage(self, tag: str, line: str) -> None:
        """Note that a line of this tag was damaged: what cannot be had without it is a gap."""
        if tag.startswith("#EXTINF"):
            self._has_extinf = True
        elif tag == "#EXT-X-MEDIA-SEQUENCE":
            self._numbered = False
        elif tag == "#EXT-X-BYTERANGE":
            self._gap = True
        elif tag == "#EXT-X-KEY" and attributes(line).get("METHOD"):
            self._key_is_damaged = self._keys_in_a_row = True
        elif not tag and self._has_extinf:
            self._gap = True
            self._add(line)

    def playlist(self) -> MediaPlaylist:
        """All that was taken. Raises UnreadablePlaylist if only damaged lines are there."""
        faults = tuple(self._faults.told)
        if faults and all(one.gap for one in self._segments):
            raise UnreadablePlaylist(f"the HLS playlist cannot be read: {faults[0]}")
        target_s = self._target_s or max((one.duration_s for one in self._segments), default=0.0)
        return MediaPlaylist(
            tuple(self._segments),
            target_s or _DEFAULT_TARGET_S,
            self._ended,
            self._numbered,
            faults,
            tuple(self._ranges[-_MOST_RANGES:]),
        )

    def _begin_segment(self) -> None:
        self._has_extinf = self._discontinuity = self._gap = False
        self._duration_s = 0.0
        self._range = None
        self._tags: list[tuple[str, str]] = []

    def _add(self, url: str) -> None:
        if self._unsupported:
            raise PlaylistError(
                f"encryption {self._unsupported} is not supported, only AES-128 with a plain key"
            )
        sequence = self._sequence + len(self._segments)
        key = self._key
        if key is not None and not key.iv:
            key = SegmentKey(key.url, sequence.to_bytes(16, "big"))
        byte_range = None
        if self._range is not None:
            offset, length = self._range
            byte_range = (self._range_ends.get(url, 0) if offset is None else offset), length
            self._range_ends[url] = sum(byte_range)
        gap = self._gap or self._key_is_damaged
        self._segments.append(
            Segment(
                sequence,
                url,
                self._duration_s,
                byte_range,
                key,
                self._discontinuity,
                gap,
                self._date,
                self._map_url,
                tuple(self._tags[:_MOST_TAGS]),
            )
        )
        if self._date is not None:
            self._date += self._duration_s
        self._keys_in_a_row = False
        self._begin_segment()

    def _take_key(self, attribute: Mapping[str, str]) -> None:
        """Take a key; of several for the same segments, in several formats, the plain one."""
        method, iv = attribute.get("METHOD", ""), attribute.get("IV", "")
        is_plain = attribute.get("KEYFORMAT", "identity") == "identity"
        if not method:
            raise ValueError("it has no METHOD")
        if method == "NONE" or not self._keys_in_a_row:
            self._key, self._unsupported, self._key_is_damaged = None, "", False
        if method == "AES-128" and is_plain:
            self._key = SegmentKey(address(self._url, attribute.get("URI", "")), _iv(iv))
            self._unsupported, self._key_is_damaged = "", False
        elif method != "NONE" and self._key is None:
            self._unsupported = method
        self._keys_in_a_row = True


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("this is no number") from None
    if not 0 <= value <= _MOST_SECONDS:
        raise ValueError("this is no duration")
    return value


def _count(text: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*", text):
        raise ValueError("this is no number")
    return int(text)


def _iv(text: str) -> bytes:
    """The 16 bytes of an IV; none if the playlist gives none, which means the sequence number."""
    if not text:
        return b""
    if not re.fullmatch(r"0[xX][0-9A-Fa-f]{1,32}", text):
        raise ValueError("this is no IV")
    return bytes.fromhex(text[2:].rjust(32, "0"))


def _refuse_mp4(uri: str) -> None:
    """Refuse fragmented MP4; an EXT-X-MAP of a transport stream only repeats its PAT and PMT."""
    if urlsplit(uri).path.lower().endswith(_MP4_SUFFIXES):
        raise PlaylistError(
            "the segments are fragmented MP4 (fMP4/CMAF), not MPEG-2 transport stream; "
            "use the source's HLS-TS playlist"
        )
