"""Position of the play-out in a live HLS playlist: no segment is played twice or left out unnoticed."""

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from ibe100.minitsp.hls.playlist_values import MediaPlaylist, Segment

_REMEMBERED: Final = 64
_STEPS_OF_A_NEW_RUN: Final = 3
"""Growths that prove that a playlist is no old copy, but the server has begun anew under the same names."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Result of a reload.

    `missed`: segments that left the playlist before they were played. `restarted`: the server numbers anew.
    """

    segments: tuple[Segment, ...]
    missed: int = 0
    restarted: bool = False


class PlayPosition:
    """Follows the media sequence numbers. `start_segment` counts as tsp's: from 0, or back from the end."""

    def __init__(self, start_segment: int = 0) -> None:
        self._start_segment = start_segment
        self._next: int | None = None
        self._played: deque[tuple[str, tuple[int, int] | None]] = deque(maxlen=_REMEMBERED)
        self._last_of_older: int | None = None
        self._older_steps = 0

    def advance(self, playlist: MediaPlaylist) -> Progress:
        """The segments of a freshly loaded playlist that are to be played now."""
        segments = playlist.segments if playlist.numbered else self._numbered(playlist.segments)
        if not segments:
            return Progress(())
        if self._next is None:
            return self._take(self._first(segments))
        ahead = tuple(segment for segment in segments if segment.sequence >= self._next)
        if ahead:
            return self._take(ahead, missed=ahead[0].sequence - self._next)
        if segments[-1].sequence == self._next - 1:
            self._forget_older()
            return Progress(())
        if any(one.place in self._played for one in segments) and not self._is_new_run(segments):
            return Progress(())  # an older copy from a cache
        return self._take(segments, restarted=True)

    def resume_after(self, sequence: int) -> None:
        """Go on with the segment after this one: those that were taken beyond it have not been played."""
        for _ in range(min(len(self._played), (self._next or 0) - sequence - 1)):
            self._played.pop()
        self._next = sequence + 1

    def _numbered(self, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        """Segments of a playlist that does not number them, numbered after the last that was played."""
        if self._next is None:
            return segments
        places = [one.place for one in segments]
        last = self._played[-1] if self._played else None
        played = len(places) - places[::-1].index(last) if last in places else 0
        first = self._next - played
        return tuple(replace(one, sequence=first + number) for number, one in enumerate(segments))

    def _is_new_run(self, segments: tuple[Segment, ...]) -> bool:
        """True if a playlist that ends before the segments played keeps growing, more than a window away."""
        assert self._next is not None
        last = segments[-1].sequence
        if self._last_of_older is not None and last > self._last_of_older:
            self._older_steps += 1
        self._last_of_older = last
        return self._older_steps >= _STEPS_OF_A_NEW_RUN and self._next - last > len(segments)

    def _forget_older(self) -> None:
        self._last_of_older, self._older_steps = None, 0

    def _first(self, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        start = self._start_segment
        if start < 0:
            start = max(0, len(segments) + start)
        return segments[min(start, len(segments) - 1) :]

    def _take(self, segments: tuple[Segment, ...], missed: int = 0, restarted: bool = False) -> Progress:
        self._next = segments[-1].sequence + 1
        self._forget_older()
        self._played.extend(segment.place for segment in segments)
        return Progress(segments, missed, restarted)
