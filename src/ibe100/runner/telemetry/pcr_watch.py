"""Rhythm of the PCRs of the output: the longest interval, and the jitter of their places.

Jitter as of ETSI TR 101 290 clause 5.3.2.6 (PCR accuracy): how far a PCR is from where a constant bitrate has
its packet. Where the bitrate is not constant there is no such place, and no jitter is told.
"""

from collections import deque
from collections.abc import Sequence
from statistics import median

PCR_HZ = 27_000_000
TOLD_S = 1.0
LEAST_PCRS = 8
MOST_PCRS = 64
"""PCRs of a PID that are kept, of a second; TR 101 290 wants 25 at least."""
CONSTANT_PACKETS = 2.0
"""Distance in packets within which three PCRs of four have to be for a bitrate to be constant."""

_PCR_MODULO = (1 << 33) * 300
_LONGEST_STEP = PCR_HZ
_MOST_PIDS = 64

Point = tuple[int, int]
"""The number of the packet, and its PCR (27 MHz, unwrapped)."""
PcrFacts = dict[str, list[float | None]]
"""Longest interval in ms, and jitter in microseconds where the bitrate is constant, by PID."""


class PcrWatch:
    """Takes each PCR of packets without a gap; times are monotonic seconds."""

    def __init__(self) -> None:
        self._points: dict[int, deque[Point]] = {}
        self._longest: dict[int, int] = {}
        self._told_at = float("-inf")

    def take(self, pid: int, number: int, field: bytes) -> None:
        """The PCR (ISO/IEC 13818-1 clause 2.4.3.5, six bytes) of the packet `number` of the output."""
        value = int.from_bytes(field, "big")
        pcr = (value >> 15) * 300 + (value & 0x1FF)
        points = self._points.get(pid)
        if points is None:
            if len(self._points) >= _MOST_PIDS:
                return
            points = self._points[pid] = deque(maxlen=MOST_PCRS)
        if points:
            step = (pcr - points[-1][1]) % _PCR_MODULO
            if 0 < step < _LONGEST_STEP:
                self._longest[pid] = max(step, self._longest.get(pid, 0))
                pcr = points[-1][1] + step
            else:
                points.clear()
        points.append((number, pcr))

    def miss(self) -> None:
        """Begin anew after a gap of unknown length."""
        self._points.clear()

    def told(self, now: float) -> PcrFacts | None:
        """Facts of about the last second, once a second; None in between and where nothing is known."""
        if now - self._told_at < TOLD_S:
            return None
        self._told_at = now
        facts: PcrFacts = {
            str(pid): [round(longest * 1000 / PCR_HZ, 3), jitter_us(tuple(self._points.get(pid, ())))]
            for pid, longest in self._longest.items()
        }
        self._longest.clear()
        for pid, points in list(self._points.items()):
            # The last one begins the next second.
            self._points[pid] = deque([points[-1]], maxlen=MOST_PCRS)
        return facts or None


def jitter_us(points: Sequence[Point]) -> float | None:
    """The largest distance from the line through the points; by medians, so that no single one bends it."""
    if len(points) < LEAST_PCRS:
        return None
    half = len(points) // 2
    per_packet = median(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for earlier, later in zip(points[:half], points[half:], strict=False)
    )
    residuals = [pcr - points[0][1] - per_packet * (number - points[0][0]) for number, pcr in points]
    offset = median(residuals)
    distances = sorted(abs(residual - offset) for residual in residuals)
    if distances[3 * len(distances) // 4] > CONSTANT_PACKETS * per_packet:
        return None
    return round(distances[-1] * 1e6 / PCR_HZ, 2)
