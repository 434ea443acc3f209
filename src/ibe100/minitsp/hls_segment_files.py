"""Segment files and the playlist of an HLS output."""

import math
import os
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ibe100.minitsp.plugin import PluginError
from ibe100.utils.atomic_write import atomic_write

_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Playlist:
    """How the playlist is written. `live_segments` 0: all segments stay (VoD, or an event)."""

    path: Path | None
    target_duration_s: int
    live_segments: int = 0
    extra_segments: int = 1
    event: bool = False
    first_sequence: int = 0
    bitrates: bool = True
    custom_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    duration_s: float
    size_bytes: int
    discontinuity: bool


class SegmentFiles:
    """Writes one segment after the other, keeps the playlist true, removes what is out of date.

    Every method raises PluginError when the disk refuses.
    """

    def __init__(self, template: Path, playlist: Playlist) -> None:
        self._playlist = playlist
        self._names = _SegmentNames(template)
        self._listed: deque[_Written] = deque()
        self._unlisted: deque[_Written] = deque()
        self._sequence = playlist.first_sequence
        self._target_duration_s = playlist.target_duration_s
        self._path: Path | None = None
        self._descriptor = -1
        self._size_bytes = 0
        self._discontinuity = False

    @property
    def is_open(self) -> bool:
        """Whether a segment is being written."""
        return self._path is not None

    @property
    def size_bytes(self) -> int:
        """Size of the segment that is being written."""
        return self._size_bytes

    def open(self, *, discontinuity: bool = False) -> None:
        """Begin the next segment."""
        path = self._names.next()
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise PluginError(f"cannot create file {path}: {error.strerror}") from error
        self._path, self._size_bytes, self._discontinuity = path, 0, discontinuity

    def write(self, data: bytes | memoryview) -> None:
        """Append to the segment that is open."""
        view = memoryview(data)
        self._size_bytes += len(view)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise PluginError(f"error writing {self._path}: {error.strerror}") from error

    def close(self, duration_s: float, *, last: bool = False) -> None:
        """End the segment that is open, and put it on the playlist."""
        assert self._path is not None
        os.close(self._descriptor)
        self._listed.append(_Written(self._path, duration_s, self._size_bytes, self._discontinuity))
        self._path = None
        self._target_duration_s = max(self._target_duration_s, math.floor(duration_s + 0.5))
        live = self._playlist.live_segments
        while live and len(self._listed) > live:
            self._unlisted.append(self._listed.popleft())
            self._sequence += 1
        self._write_playlist(ended=last)
        while live and len(self._unlisted) > self._playlist.extra_segments:
            _remove(self._unlisted.popleft().path)

    def _write_playlist(self, *, ended: bool) -> None:
        path = self._playlist.path
        if path is None:
            return
        try:
            atomic_write(path, "\n".join([*self._lines(path.parent), *_end(ended), ""]).encode())
        except OSError as error:
            raise PluginError(f"cannot write playlist {path}: {error.strerror}") from error

    def _lines(self, folder: Path) -> Sequence[str]:
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            "#EXT-X-INDEPENDENT-SEGMENTS",
            f"#EXT-X-TARGETDURATION:{self._target_duration_s}",
            f"#EXT-X-MEDIA-SEQUENCE:{self._sequence}",
        ]
        if not self._playlist.live_segments:
            lines.append(f"#EXT-X-PLAYLIST-TYPE:{'EVENT' if self._playlist.event else 'VOD'}")
        lines += self._playlist.custom_tags
        for written in self._listed:
            if written.discontinuity:
                lines.append("#EXT-X-DISCONTINUITY")
            lines.append(f"#EXTINF:{written.duration_s:.3f},")
            if self._playlist.bitrates and written.duration_s > 0:
                kilobits_per_s = round(written.size_bytes * 8 / written.duration_s / 1000)
                lines.append(f"#EXT-X-BITRATE:{kilobits_per_s}")
            lines.append(os.path.relpath(written.path, folder))
        return lines


class _SegmentNames:
    """`foo.ts` -> foo-000000.ts, foo-000001.ts, …; `foo-027.ts` -> foo-027.ts, foo-028.ts, …"""

    def __init__(self, template: Path) -> None:
        match = re.fullmatch(r"(.*?)(\d+)", template.stem)
        if match:
            self._stem, digits = match.groups()
        else:
            self._stem = template.stem if template.stem.endswith("-") else f"{template.stem}-"
            digits = "0" * _DIGITS
        self._number, self._width = int(digits), len(digits)
        self._template = template

    def next(self) -> Path:
        number = self._number
        self._number += 1
        return self._template.with_name(f"{self._stem}{number:0{self._width}}{self._template.suffix}")


def _end(ended: bool) -> list[str]:
    return ["#EXT-X-ENDLIST"] if ended else []


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PluginError(f"cannot remove segment {path}: {error.strerror}") from error
