"""Writes the playlist of an HLS output (RFC 8216), and reads one of an earlier run."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

DATE_RANGE: Final = "#EXT-X-DATERANGE:"
_DISCONTINUITY: Final = "#EXT-X-DISCONTINUITY"
_DATE: Final = "#EXT-X-PROGRAM-DATE-TIME:"
_DURATION: Final = "#EXTINF:"
_BITRATE: Final = "#EXT-X-BITRATE:"
_SEQUENCE: Final = "#EXT-X-MEDIA-SEQUENCE:"
_DISCONTINUITY_SEQUENCE: Final = "#EXT-X-DISCONTINUITY-SEQUENCE:"
_TARGET: Final = "#EXT-X-TARGETDURATION:"
_INDEPENDENT: Final = "#EXT-X-INDEPENDENT-SEGMENTS"
_OF_SEGMENTS: Final = (_DATE, _DURATION, _BITRATE, "#EXT-X-CUE-OUT", "#EXT-X-CUE-IN")


@dataclass(frozen=True, slots=True)
class ListedSegment:
    """A segment of the playlist; `date` is when its first picture was there, in seconds since the epoch.

    `independent`: its first picture stands alone, so that a player may begin there.
    """

    path: Path
    duration_s: float
    bitrate_bps: int = 0
    discontinuity: bool = False
    date: float | None = None
    cue_tags: tuple[str, ...] = ()
    independent: bool = True

    def lines(self, folder: Path) -> list[str]:
        """The segment's tags, and its path relative to the playlist's folder."""
        lines = [_DISCONTINUITY] if self.discontinuity else []
        if self.date is not None:
            lines.append(_DATE + iso_date(self.date))
        lines += self.cue_tags
        lines.append(f"{_DURATION}{self.duration_s:.3f},")
        if self.bitrate_bps:
            lines.append(f"{_BITRATE}{round(self.bitrate_bps / 1000)}")
        return [*lines, os.path.relpath(self.path, folder)]


@dataclass(frozen=True, slots=True)
class PlaylistHead:
    """Tags before the segments."""

    target_duration_s: int
    sequence: int
    discontinuity_sequence: int = 0
    kind: str = ""
    tags: tuple[str, ...] = ()


def playlist_text(head: PlaylistHead, segments: Sequence[ListedSegment], folder: Path, *, ended: bool) -> str:
    """The whole playlist."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    if all(one.independent for one in segments):
        lines.append(_INDEPENDENT)
    lines += [f"{_TARGET}{head.target_duration_s}", f"{_SEQUENCE}{head.sequence}"]
    if head.discontinuity_sequence:
        lines.append(f"{_DISCONTINUITY_SEQUENCE}{head.discontinuity_sequence}")
    if head.kind:
        lines.append(f"#EXT-X-PLAYLIST-TYPE:{head.kind}")
    lines += head.tags
    for segment in segments:
        lines += segment.lines(folder)
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else []), ""])


def read_back(text: str, folder: Path) -> tuple[PlaylistHead, list[ListedSegment]]:
    """A playlist of ours; of its tags only the date ranges are kept. Raises ValueError if it is none."""
    numbers = {_TARGET: 0, _SEQUENCE: 0, _DISCONTINUITY_SEQUENCE: 0}
    ranges: list[str] = []
    segments: list[ListedSegment] = []
    tags: list[str] = []
    lines = text.splitlines()
    if not lines or lines[0] != "#EXTM3U":
        raise ValueError("it does not begin with #EXTM3U")
    for line in lines[1:]:
        name = f"{line.partition(':')[0]}:"
        if name in numbers:
            numbers[name] = int(line.partition(":")[2])
        elif line.startswith(DATE_RANGE):
            ranges.append(line)
        elif line == _DISCONTINUITY or line.startswith(_OF_SEGMENTS):
            tags.append(line)
        elif line and not line.startswith("#"):
            segments.append(_segment(folder / line, tags, independent=_INDEPENDENT in lines))
            tags = []
    head = PlaylistHead(
        numbers[_TARGET], numbers[_SEQUENCE], numbers[_DISCONTINUITY_SEQUENCE], tags=tuple(ranges)
    )
    return head, segments


def iso_date(at: float) -> str:
    """`2026-11-22T14:03:07.250Z` (ISO 8601 as RFC 8216 asks for)."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _segment(path: Path, tags: Sequence[str], *, independent: bool) -> ListedSegment:
    def value(name: str) -> str | None:
        return next((tag[len(name) :] for tag in tags if tag.startswith(name)), None)

    duration, date = value(_DURATION), value(_DATE)
    if duration is None:
        raise ValueError(f"{path.name} has no EXTINF")
    return ListedSegment(
        path,
        float(duration.rstrip(",")),
        int(value(_BITRATE) or 0) * 1000,
        _DISCONTINUITY in tags,
        None if date is None else datetime.fromisoformat(date).timestamp(),
        tuple(tag for tag in tags if tag.startswith("#EXT-X-CUE-")),
        independent,
    )
