"""Pictures of each video PID at which decoding can begin, and whether any was missed between two of them.

Only the beginning of each PES packet is looked at: one with several pictures tells of its first alone.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ibe100.runner.telemetry.picture_heads import PictureKind, picture_kind, pictures_of_pmt

PACKET_BYTES = 188
REMEMBERED = 32
"""Points that a report holds: whoever hears it late still knows how far each recent splice was from one."""
TELL_S = 0.3
"""Shortest time between two reports."""
LONGEST_GOP_S = 60.0
"""Two points that lie farther apart, or in the wrong order, have no timeline in common."""
_MOST_PACKETS = 40
"""Packets of a PES packet in which its first slice has to begin: x265 puts 2 kB of its settings before it."""
_MOST_PIDS = 64
_PES_HEADER, _PES_SCRAMBLED = 9, 0x30
_PTS_MODULO, _PTS_HZ = 1 << 33, 90_000

Facts = dict[str, object]
Point = tuple[int, bool, bool]
"""PTS of a picture at which decoding can begin; True in an open GOP; True if none was missed before it."""


@dataclass(slots=True)
class _Head:
    """First bytes of a picture whose kind is not known yet."""

    pts: int | None
    data: bytes
    packets: int = 1


@dataclass(slots=True)
class _Track:
    """What is known of one video PID."""

    codec: str
    points: deque[Point] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    seen_at: float = 0.0
    """When the last of them came."""
    has_gap: bool = True
    is_scrambled: bool = False
    has_begun: bool = False


class PictureWatch:
    """Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self.heads: dict[int, _Head] = {}
        """Heads that go on in the next packet, by PID."""
        self._tracks: dict[int, _Track] = {}
        self._pmts: dict[int, bytes] = {}
        self._told_at = float("-inf")
        self._is_news = False

    def take_pmt(self, pid: int, section: bytes) -> None:
        """Follow the video PIDs of a PMT, or of as much of it as its first packet holds."""
        if self._pmts.get(pid) == section:
            return
        if len(self._pmts) >= _MOST_PIDS:
            self._pmts.clear()
        self._pmts[pid] = section
        for video, codec in pictures_of_pmt(section).items():
            self.expect(video, codec)

    def expect(self, pid: int, codec: str) -> None:
        """Follow a video PID of this coding, one of `picture_heads`."""
        known = self._tracks.get(pid)
        if (known is None and len(self._tracks) < _MOST_PIDS) or (known and known.codec != codec):
            self._tracks[pid] = _Track(codec)

    def points(self, pid: int) -> tuple[Point, ...]:
        """The last points of a PID, oldest first."""
        track = self._tracks.get(pid)
        return () if track is None else tuple(track.points)

    def begin(self, pid: int, packet: bytes, at: int, pts: int | None, *, is_whole: bool, now: float) -> None:
        """Take the start of a PES packet at `at`; not `is_whole` where packets before it are missing."""
        track = self._tracks.get(pid)
        if track is None:
            return
        if pid in self.heads or not is_whole:  # one whose kind was not told may have been a point
            track.has_gap = True
            self.heads.pop(pid, None)
        if not track.has_begun:
            track.has_begun = self._is_news = True
        if packet[at + 6] & _PES_SCRAMBLED:
            self.scrambled(pid)
            return
        if track.is_scrambled:
            track.is_scrambled, self._is_news = False, True
        self._read(pid, track, _Head(pts, packet[at + _PES_HEADER + packet[at + 8] :]), now)

    def go_on(self, pid: int, packet: bytes, now: float) -> None:
        """Take the packet that follows the start of a picture whose head is not whole yet."""
        head = self.heads.pop(pid)
        head.data += packet[5 + packet[4] if packet[3] & 0x20 else 4 :]
        head.packets += 1
        self._read(pid, self._tracks[pid], head, now)

    def lose(self, pids: Iterable[int] | None = None) -> None:
        """Packets of these PIDs, or of all, are missing: there may have been a point among them."""
        for pid in self._tracks if pids is None else pids:
            self.heads.pop(pid, None)
            if (track := self._tracks.get(pid)) is not None:
                track.has_gap = True

    def scrambled(self, pid: int) -> None:
        """The PID is scrambled: its pictures cannot be read."""
        track = self._tracks.get(pid)
        if track is not None:
            self.heads.pop(pid, None)
            self._is_news |= not track.is_scrambled
            track.is_scrambled = track.has_gap = track.has_begun = True

    def told(self, now: float) -> Facts | None:
        """State of each video PID with its last points, oldest first; None without news."""
        if not self._is_news or now - self._told_at < TELL_S:
            return None
        self._is_news, self._told_at = False, now
        return {
            "pids": {
                str(pid): {
                    "codec": track.codec,
                    "scrambled": track.is_scrambled,
                    "points": list(track.points),
                    "age_s": round(now - track.seen_at, 3) if track.points else None,
                }
                for pid, track in self._tracks.items()
                if track.has_begun
            }
        }

    def _read(self, pid: int, track: _Track, head: _Head, now: float) -> None:
        kind = picture_kind(track.codec, head.data)
        if kind is None and head.packets < _MOST_PACKETS:
            self.heads[pid] = head
        elif kind is None or (kind is not PictureKind.OTHER and head.pts is None):
            track.has_gap = True
        elif kind is not PictureKind.OTHER and head.pts is not None:
            self._add(track, head.pts, kind is PictureKind.OPEN, now)

    def _add(self, track: _Track, pts: int, is_open: bool, now: float) -> None:
        if track.points:
            step = (pts - track.points[-1][0]) % _PTS_MODULO
            if not step:  # a packet that came twice
                return
            if step > LONGEST_GOP_S * _PTS_HZ:
                track.points.clear()
                track.has_gap = True
        track.points.append((pts, is_open, not track.has_gap))
        track.has_gap, track.seen_at, self._is_news = False, now, True
