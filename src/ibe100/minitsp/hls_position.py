"""Where the play-out of a live HLS playlist stands: no segment twice, none left out unnoticed."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.hls_playlist import MediaPlaylist, Segment

_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Progress:
    """What a reload brought.

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

    def advance(self, playlist: MediaPlaylist) -> Progress:
        """The segments of a freshly loaded playlist that are to be played now."""
        segments = playlist.segments
        if not segments:
            return Progress(())
        if self._next is None:
            return self._take(self._first(segments))
        ahead = tuple(segment for segment in segments if segment.sequence >= self._next)
        if ahead:
            return self._take(ahead, missed=ahead[0].sequence - self._next)
        if segments[-1].sequence == self._next - 1 or any(one.place in self._played for one in segments):
            return Progress(())  # nothing new, or an older copy from a cache
        return self._take(segments, restarted=True)

    def resume_after(self, sequence: int) -> None:
        """Go on with the segment after this one: those that were taken beyond it have not been played."""
        self._next = sequence + 1

    def _first(self, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        start = self._start_segment
        if start < 0:
            start = max(0, len(segments) + start)
        return segments[min(start, len(segments) - 1) :]

    def _take(self, segments: tuple[Segment, ...], missed: int = 0, restarted: bool = False) -> Progress:
        self._next = segments[-1].sequence + 1
        self._played.extend(segment.place for segment in segments)
        return Progress(segments, missed, restarted)
