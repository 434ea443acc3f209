"""Groups of pictures: how long and of what kind, and where the next one is to be expected."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Final

from ibe100.models.stream_state import VideoPictures
from ibe100.mpegts.timestamps import PTS_HZ, pts_add, pts_difference

FIXED_AFTER: Final = 4
"""Lengths that have to be the same before they are taken for fixed."""
TICK_SLACK: Final = 2
"""Ticks by which lengths differ that are the same: frames of 59.94 Hz last 1501.5."""
FARTHEST_S: Final = 120.0
"""Distance from the last point beyond which nothing is foreseen: the timeline may be another."""


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A picture at which decoding can begin, by its PTS; 90 kHz ticks modulo 2^33."""

    pts: int
    is_open: bool
    """True where pictures shown before it need what was before: an open GOP."""
    follows: bool
    """True if no picture was missed since the point before."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A point that is to come at a PTS, or came, and the chance of it, 0..1."""

    pts: int
    is_open: bool
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class Gops:
    """The last points of a video PID, oldest first. Pure."""

    points: tuple[AccessPoint, ...] = ()

    @classmethod
    def of(cls, points: Iterable[tuple[int, bool, bool]]) -> "Gops":
        """The same of points as the runner tells them."""
        return cls(tuple(AccessPoint(*point) for point in points))

    @property
    def lengths(self) -> tuple[int, ...]:
        """Ticks from each point to the next, where no picture was missed between them."""
        return tuple(
            pts_difference(late.pts, early.pts) for early, late in pairwise(self.points) if late.follows
        )

    @property
    def is_fixed(self) -> bool | None:
        """True if all are of one length; None while too few are known."""
        lengths = self.lengths
        if not lengths:
            return None
        if max(lengths) - min(lengths) > TICK_SLACK:
            return False
        return True if len(lengths) >= FIXED_AFTER else None

    @property
    def is_open(self) -> bool | None:
        """True if any is an open GOP; None while none is known. The first may be closed in any stream."""
        known = self.points[1:] or self.points
        return any(point.is_open for point in known) if known else None

    @property
    def usual(self) -> tuple[Fraction, float] | None:
        """The most frequent length in ticks, and its share of all, 0..1; None while too few are known."""
        lengths = self.lengths
        if len(lengths) < FIXED_AFTER:
            return None
        if self.is_fixed:
            return Fraction(sum(lengths), len(lengths)), 1.0
        ticks, count = Counter(lengths).most_common(1)[0]
        return Fraction(ticks), count / len(lengths)

    def described(
        self, pid: int, codec: str, frame_pts: float, *, scrambled: bool = False, last_s: float | None = None
    ) -> VideoPictures:
        """The same for an operator; `frame_pts` is 0 where it is not known."""
        lengths = [ticks * 1000 / PTS_HZ for ticks in self.lengths]
        return VideoPictures(
            pid=pid,
            codec=codec,
            scrambled=scrambled,
            is_fixed=self.is_fixed,
            is_open=self.is_open,
            shortest_ms=min(lengths, default=None),
            longest_ms=max(lengths, default=None),
            frame_ms=frame_pts * 1000 / PTS_HZ or None,
            last_pts=self.points[-1].pts if self.points else None,
            last_s=last_s,
        )

    def around(self, pts: int) -> tuple[Foreseen | None, Foreseen | None]:
        """The last point at or before `pts`, and the first after it; None where none is known or foreseen.

        Between two points with pictures missing there may have been another: then neither is told.
        """
        if not self.points or abs(pts_difference(pts, self.points[-1].pts)) > FARTHEST_S * PTS_HZ:
            return None, None
        last = self.points[-1]
        if (ahead := pts_difference(pts, last.pts)) >= 0:
            return self._ahead(last, ahead)
        for early, late in pairwise(self.points):
            if pts_difference(pts, early.pts) >= 0 > pts_difference(pts, late.pts):
                is_exact = early.pts == pts
                if not late.follows:
                    return (_came(early) if is_exact else None), None
                return _came(early), _came(late)
        return None, None

    def _ahead(self, last: AccessPoint, ahead: int) -> tuple[Foreseen | None, Foreseen | None]:
        usual = self.usual
        if usual is None:
            return (_came(last) if not ahead else None), None
        length, share = usual
        is_open = bool(self.is_open)
        count = floor((ahead + TICK_SLACK) / length)

        def point(number: int) -> Foreseen:
            if not number:
                return _came(last)
            return Foreseen(pts_add(last.pts, round(number * length)), is_open, share**number)

        return point(count), point(count + 1)


def _came(point: AccessPoint) -> Foreseen:
    return Foreseen(point.pts, point.is_open)
