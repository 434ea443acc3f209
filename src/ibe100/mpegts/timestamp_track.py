"""One kind of time stamp on one PID: its range, its jumps, its rhythm, and the bitrate it tells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import PACKET_SIZE

# Further back than reordering of pictures explains, or further ahead than any legal distance, is a jump.
_MAX_BACKWARD_S: Final = 1
_MAX_FORWARD_S: Final = 5
_NEVER: Final = -1
_REGULAR_SHARE: Final = 0.1
_MAX_STEPS: Final = 100
_KNOWN_FRAME_RATES: Final = tuple(
    Fraction(rate)
    for rate in ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60", "100", "120")
)


@dataclass(frozen=True, slots=True)
class TimestampRange:
    """`first` and `last` in stream order, None if none was seen.

    `jumps`: steps no play-out makes. `leaps`: what tsp's analysis calls so, a wrap too.
    """

    count: int = 0
    first: int | None = None
    last: int | None = None
    jumps: int = 0
    leaps: int = 0


@dataclass(frozen=True, slots=True)
class Leap:
    """More than `seconds` from one value to the next; backwards any step, unless values are `reordered`."""

    seconds: int
    reordered: bool = False


class TimestampTrack:
    """Follows values of `clock_hz` that wrap at `modulo`, each with the index of its packet in the stream.

    `rhythm`: count steps too, for `regular_step`.
    """

    def __init__(self, clock_hz: int, modulo: int, leap: Leap, *, rhythm: bool = False) -> None:
        self._rhythm = rhythm
        self._leap = leap
        self._clock_hz = clock_hz
        self._modulo = modulo
        self._previous: tuple[int, int] | None = None
        self.reset()

    def reset(self) -> None:
        """Begin a new measuring interval; bitrate is not measured across its edge."""
        self._count = self._jumps = self._leaps = 0
        self._broken_at = _NEVER
        self._first: int | None = None
        self._previous = None
        self._steps: Counter[int] = Counter()
        self._bitrate_sum = 0.0
        self._bitrate_pairs = 0

    def feed(
        self, indexes: npt.NDArray[np.int64], values: npt.NDArray[np.int64], breaks: Sequence[int] = ()
    ) -> None:
        """Take the next values, in stream order; `indexes` count all packets of the stream.

        `breaks`: the indexes at which packets of the PID are missing. No bitrate is measured across them.
        """
        lost = np.sort(np.array((self._broken_at, *breaks), np.int64))
        self._broken_at = int(lost[-1])
        if not values.size:
            return
        if self._first is None:
            self._first = int(values[0])
        self._count += len(values)
        if self._previous is not None:
            indexes = np.concatenate(([self._previous[0]], indexes))
            values = np.concatenate(([self._previous[1]], values))
        self._previous = int(indexes[-1]), int(values[-1])
        half = self._modulo // 2
        steps = (values[1:] - values[:-1] + half) % self._modulo - half
        normal = (steps >= -_MAX_BACKWARD_S * self._clock_hz) & (steps <= _MAX_FORWARD_S * self._clock_hz)
        self._jumps += int(np.count_nonzero(~normal))
        if self._rhythm:
            self._count_steps(steps[normal & (steps > 0)])
        plain = values[1:] - values[:-1]
        far = np.abs(plain) > self._leap.seconds * self._clock_hz
        self._leaps += int(np.count_nonzero(far if self._leap.reordered else far | (plain < 0)))
        lost_before = lost.searchsorted(indexes, "right")
        whole = (plain > 0) & (lost_before[1:] == lost_before[:-1])
        packets = (indexes[1:] - indexes[:-1])[whole]
        self._bitrate_sum += float((packets * (PACKET_SIZE * 8.0 * self._clock_hz) / plain[whole]).sum())
        self._bitrate_pairs += len(packets)

    @property
    def range(self) -> TimestampRange:
        """Range of the values seen in this interval."""
        last = None if self._previous is None else self._previous[1]
        return TimestampRange(self._count, self._first, last, self._jumps, self._leaps)

    @property
    def bitrate_measures(self) -> tuple[float, int]:
        """Sum of the stream's bitrates between neighbouring stamps, bits per second, and their number."""
        return self._bitrate_sum, self._bitrate_pairs

    def _count_steps(self, steps: npt.NDArray[np.int64]) -> None:
        """Bounded: a clock that jitters makes ever new steps, and none of those is regular."""
        found, counts = np.unique(steps, return_counts=True)
        for step, times in zip(found.tolist(), counts.tolist(), strict=True):
            if step in self._steps or len(self._steps) < _MAX_STEPS:
                self._steps[step] += times

    def regular_step(self) -> Fraction | None:
        """The smallest step that occurs regularly, in ticks; that of a known frame rate if it fits."""
        total = sum(self._steps.values())
        if total < 2:
            return None
        regular = [step for step, times in self._steps.items() if times >= _REGULAR_SHARE * total]
        if not regular:
            return None
        smallest = min(regular)
        # 1001-based rates alternate between two neighbouring whole numbers of ticks.
        near = {step: self._steps[step] for step in range(smallest - 1, smallest + 2) if step in self._steps}
        mean = Fraction(sum(step * times for step, times in near.items()), sum(near.values()))
        exact = min((self._clock_hz / rate for rate in _KNOWN_FRAME_RATES), key=lambda step: abs(step - mean))
        return exact if abs(exact - mean) <= Fraction(3, 5) else mean
