"""Rules by which an HLS output ends its segments: at key pictures, and never later than is announced."""

import math
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Final

from ibe100.minitsp.hls.cut_points import Picture
from ibe100.mpegts.timestamps import PTS_HZ, pts_difference

_ROUNDING_S: Final = 0.05
"""EXTINF is rounded before it is held against EXT-X-TARGETDURATION (RFC 8216 clause 4.3.3.1): 8.008 s of
29.97 pictures/s are 8 s.
"""
_FIRST_WAIT_S: Final = 12.0
"""How long the first segment waits for a key picture: encoders left to themselves send one every 10 s."""
_SAME_GROUP_S: Final = 0.05
_LARGEST_FIRST_STEP_S: Final = 10.0
_LEAST_LEAP_S: Final = 0.5
_STEPS_OF_A_LEAP: Final = 4
_REMEMBERED_STEPS: Final = 32


@dataclass(slots=True)
class EntryPoint:
    """A picture that a segment begins with, or may begin with: `at_byte` of the segment that holds it."""

    pts: int
    dts: int
    is_key: bool
    is_closed: bool
    at_byte: int = 0
    leads: bool = False
    """Pictures that are shown before this one follow it: they need pictures of the segment before."""

    @property
    def independent(self) -> bool:
        """True if all that follows can be decoded from here on (EXT-X-INDEPENDENT-SEGMENTS)."""
        return self.is_key and not self.leads

    def see(self, pts: int) -> None:
        """Take a picture that follows before the next entry point."""
        self.leads |= not self.is_closed and pts_difference(pts, self.pts) < 0


class CutRules:
    """Follows the pictures of the segment that is being written; all times in seconds, counted by the DTS.

    A segment ends at the first key picture after `wanted_s`; at the one before, if the next comes, or would
    come, after `longest_s`; and in the middle of a group of pictures where there is no key picture in so
    long a time. Unless `strict`, the first segment waits for a key picture longer than that: what it finds
    is announced from then on.
    """

    def __init__(self, wanted_s: int, longest_s: int, *, strict: bool = False) -> None:
        self.longest_s = longest_s
        self._wanted_s = wanted_s
        self._rounding_s = 0.0 if strict else _ROUNDING_S
        self._is_settled = strict
        self._start: EntryPoint | None = None
        self._key: EntryPoint | None = None
        self._last: Picture | None = None
        self._latest_dts = 0
        self._steps_s: deque[float] = deque(maxlen=_REMEMBERED_STEPS)
        self._last_key_dts: int | None = None
        self._groups_s: deque[float] = deque(maxlen=2)

    @property
    def start(self) -> EntryPoint | None:
        """The first picture of the segment; None while it has none."""
        return self._start

    @property
    def last_pts(self) -> int | None:
        """PTS of the picture before, None before the first."""
        return None if self._last is None else self._last.pts

    @property
    def held_s(self) -> float:
        """Duration of the pictures that the segment holds so far, the last one included."""
        if self._start is None:
            return 0.0
        last_s = median(self._steps_s) if self._steps_s else 0.0
        return max(0.0, self._since_start(self._latest_dts) + last_s)

    def settle(self, first_s: float) -> None:
        """Fix the longest duration, by that of the first segment (or the longest of an earlier run)."""
        if not self._is_settled:
            groups_s = (first_s, *self._groups_s, self._since_key_s(self._latest_dts))
            self.longest_s = max(self.longest_s, math.ceil(max(groups_s) - _ROUNDING_S))
            self._is_settled = True

    def leaps(self, picture: Picture, clock_step_s: float) -> bool:
        """True if the time stamps leap: by more than a few pictures, and the PCR has not counted that time.

        A loop's seam, a switch of the source, a hole. `clock_step_s`: from one PCR to the next, usually.
        """
        if self._last is None:
            return False
        step_s = pts_difference(picture.dts, self._last.dts) / PTS_HZ
        if not self._steps_s:
            return not -_LEAST_LEAP_S <= step_s <= _LARGEST_FIRST_STEP_S
        tolerance_s = max(_LEAST_LEAP_S, _STEPS_OF_A_LEAP * max(self._steps_s))
        counted_s = picture.clock_s - self._last.clock_s
        return step_s < -tolerance_s or step_s - counted_s > tolerance_s + clock_step_s

    def key_to_end_at(self, picture: Picture) -> EntryPoint | None:
        """The key picture, before this picture, that the segment has to end at; None if there is none."""
        if self._key is None:
            return None
        is_over = self._since_start(picture.dts) > self._limit_s if picture.intra else self._is_late(picture)
        return self._key if is_over else None

    def is_due(self, picture: Picture) -> bool:
        """True if the segment ends before this picture."""
        elapsed_s = self._since_start(picture.dts)
        if not picture.intra:
            return self._is_late(picture)
        if not self._is_settled and self._last_key_dts is None and self._start is not None:
            return False  # it began inside a group: a whole one is waited for
        return elapsed_s >= self._wanted_s or elapsed_s + self._steady_group_s(picture) > self._limit_s

    def take(self, picture: Picture, at_byte: int) -> None:
        """Take a picture into the segment, as its first if it has none."""
        if self._start is None:
            self._begin(EntryPoint(picture.pts, picture.dts, picture.intra, picture.closed))
        elif picture.intra:
            self._key = EntryPoint(picture.pts, picture.dts, True, picture.closed, at_byte)
        else:
            (self._key or self._start).see(picture.pts)
        if picture.intra:
            if self._last_key_dts is not None:
                self._groups_s.append(self._since_key_s(picture.dts))
            self._last_key_dts = picture.dts
        if self._last is not None and (step_s := pts_difference(picture.dts, self._last.dts) / PTS_HZ) > 0:
            self._steps_s.append(step_s)
        if pts_difference(picture.dts, self._latest_dts) > 0:
            self._latest_dts = picture.dts
        self._last = picture

    def end(self) -> None:
        """Begin a segment anew, with the picture that comes next."""
        self._start = self._key = None

    def end_at_key(self) -> None:
        """Begin a segment with the key picture that `key_to_end_at` gave."""
        assert self._key is not None
        key, latest_dts = self._key, self._latest_dts
        self._begin(key)
        self._latest_dts = latest_dts

    def leap(self) -> None:
        """Forget the times before a leap."""
        self.end()
        self._last = self._last_key_dts = None
        self._groups_s.clear()

    def elapsed_s(self, picture: Picture | EntryPoint) -> float:
        """Time from the first picture of the segment to this one."""
        return max(0.0, self._since_start(picture.dts))

    @property
    def _limit_s(self) -> float:
        return self.longest_s + self._rounding_s

    def _is_late(self, picture: Picture) -> bool:
        """True if no key picture has come for so long that the segment has to end."""
        if self._is_settled or self._start is None:
            return self._since_start(picture.dts) >= self._limit_s
        last = self._key or self._start
        return pts_difference(picture.dts, last.dts) / PTS_HZ >= max(self._limit_s, _FIRST_WAIT_S)

    def _begin(self, entry: EntryPoint) -> None:
        self._start, self._key, self._latest_dts = entry, None, entry.dts

    def _since_start(self, dts: int) -> float:
        return 0.0 if self._start is None else pts_difference(dts, self._start.dts) / PTS_HZ

    def _since_key_s(self, dts: int) -> float:
        return 0.0 if self._last_key_dts is None else pts_difference(dts, self._last_key_dts) / PTS_HZ

    def _steady_group_s(self, picture: Picture) -> float:
        """Time to the next key picture, where they come evenly; 0 if that is not known."""
        last_s = self._since_key_s(picture.dts)
        if not self._groups_s or abs(last_s - self._groups_s[-1]) > _SAME_GROUP_S:
            return 0.0
        return last_s
