"""Segment files and the playlist of an HLS output."""

import math
import os
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.hls.playlist_text import ListedSegment, PlaylistHead, playlist_text, read_back
from ibe100.minitsp.hls.segment_names import SegmentNames
from ibe100.utils.atomic_write import atomic_write


@dataclass(frozen=True, slots=True)
class Playlist:
    """Options of the playlist. `live_segments` 0: all segments stay (VoD, or an event).

    `target_duration_s`: of a VoD, which nobody reads before its end, the longest segment's can be more.
    """

    path: Path | None
    target_duration_s: int
    live_segments: int = 0
    extra_segments: int = 1
    event: bool = False
    first_sequence: int = 0
    bitrates: bool = True
    custom_tags: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """EXT-X-PLAYLIST-TYPE; a live one has none."""
        if self.live_segments:
            return ""
        return "EVENT" if self.event else "VOD"


@dataclass(frozen=True, slots=True)
class SegmentStart:
    """Facts known of a segment when it begins."""

    discontinuity: bool = False
    date: float | None = None
    cue_tags: tuple[str, ...] = ()


def no_date_ranges(_first_date: float | None) -> Sequence[str]:
    """Give no date ranges: for a stream without cues."""
    return ()


class SegmentFiles:
    """Writes one segment after the other, updates the playlist, removes segments that are out of date.

    `date_ranges` gives the EXT-X-DATERANGE tags for a playlist whose first segment has that date.
    `target_duration_s` may be set before the first segment ends: it must not change later (RFC 8216 clause
    6.2.1). Every method raises PluginError when the disk refuses.
    """

    def __init__(
        self,
        template: Path,
        playlist: Playlist,
        date_ranges: Callable[[float | None], Sequence[str]] = no_date_ranges,
    ) -> None:
        self._playlist = playlist
        self._date_ranges = date_ranges
        self._names = SegmentNames(template)
        self._listed: deque[ListedSegment] = deque()
        self._unlisted: deque[Path] = deque()
        self._sequence = playlist.first_sequence
        self._discontinuities = 0
        self.target_duration_s = playlist.target_duration_s
        self._older_ranges: tuple[str, ...] = ()
        self._older = 0
        self._path: Path | None = None
        self._start = SegmentStart()
        self._descriptor = -1
        self._size_bytes = 0

    @property
    def is_open(self) -> bool:
        """True while a segment is being written."""
        return self._path is not None

    @property
    def size_bytes(self) -> int:
        """Size of the segment that is being written."""
        return self._size_bytes

    def take_up(self) -> int | None:
        """Go on with the playlist of an earlier run; returns how many of its segments are left.

        None where there is no playlist, or one with other segments.
        """
        if self._playlist.path is None:
            return None
        try:
            head, listed = read_back(self._playlist.path.read_text("utf-8"), self._playlist.path.parent)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise PluginError(f"cannot go on with playlist {self._playlist.path}: {error}") from error
        numbers = [number for one in listed if (number := self._names.number_of(one.path)) is not None]
        if not numbers or len(numbers) < len(listed):
            return None
        # What somebody removed cannot be listed, nor what came before it: the numbers have no gaps.
        gone = max((at + 1 for at, segment in enumerate(listed) if not segment.path.exists()), default=0)
        self._listed.extend(listed[gone:])
        self._older, self._older_ranges = len(self._listed), head.tags
        self._sequence = head.sequence + gone
        self._discontinuities = head.discontinuity_sequence + sum(one.discontinuity for one in listed[:gone])
        self.target_duration_s = max(self.target_duration_s, head.target_duration_s)
        self._names.go_on_after(numbers[-1])
        self._unlisted.extend(self._names.before(numbers[gone] if self._listed else numbers[-1] + 1))
        return len(self._listed)

    def open(self, start: SegmentStart) -> None:
        """Begin the next segment."""
        path = self._names.next()
        try:
            # A new file: what had this name may be a link, or be read by a player still.
            path.unlink(missing_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise PluginError(f"cannot create file {path}: {error.strerror}") from error
        self._path, self._size_bytes, self._start = path, 0, start

    def date(self, date: float) -> None:
        """Date the segment that is open anew, when its first picture comes."""
        self._start = replace(self._start, date=date)

    def write(self, data: bytes | memoryview) -> None:
        """Append to the segment that is open."""
        view = memoryview(data)
        self._size_bytes += len(view)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise PluginError(f"error writing {self._path}: {error.strerror}") from error

    def take_back(self, start: int) -> bytes:
        """Cut the segment that is open short at a byte; returns what was behind it."""
        try:
            taken = os.pread(self._descriptor, self._size_bytes - start, start)
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
        except OSError as error:
            raise PluginError(f"cannot end {self._path} earlier: {error.strerror}") from error
        self._size_bytes = start
        return taken

    def close(self, duration_s: float, *, independent: bool = True, last: bool = False) -> None:
        """End the segment that is open, and put it on the playlist.

        `independent`: decoding can begin with it. `last`: the playlist ends with it.
        """
        assert self._path is not None
        os.close(self._descriptor)
        start = self._start
        known = self._playlist.bitrates and duration_s > 0
        bitrate_bps = round(self._size_bytes * 8 / duration_s) if known else 0
        self._listed.append(
            ListedSegment(
                self._path,
                duration_s,
                bitrate_bps,
                start.discontinuity,
                start.date,
                start.cue_tags,
                independent,
            )
        )
        self._path = None
        if self._playlist.kind == "VOD":
            self.target_duration_s = max(self.target_duration_s, math.floor(duration_s + 0.5))
        live = self._playlist.live_segments
        while live and len(self._listed) > live:
            self._unlist(self._listed.popleft())
        self._write_playlist(ended=last)
        while live and len(self._unlisted) > self._playlist.extra_segments:
            _remove(self._unlisted.popleft())

    def _unlist(self, segment: ListedSegment) -> None:
        self._unlisted.append(segment.path)
        self._sequence += 1
        self._discontinuities += segment.discontinuity
        self._older = max(0, self._older - 1)

    def _write_playlist(self, *, ended: bool) -> None:
        path = self._playlist.path
        if path is None:
            return
        older = self._older_ranges if self._older else ()
        head = PlaylistHead(
            self.target_duration_s,
            self._sequence,
            self._discontinuities,
            self._playlist.kind,
            (*self._playlist.custom_tags, *older, *self._date_ranges(self._listed[0].date)),
        )
        try:
            atomic_write(path, playlist_text(head, self._listed, path.parent, ended=ended).encode())
        except OSError as error:
            raise PluginError(f"cannot write playlist {path}: {error.strerror}") from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PluginError(f"cannot remove segment {path}: {error.strerror}") from error
