"""PCR accuracy (ETSI TR 101 290 clause 5.2.2, indicator 2.4), from the places of PCRs among the packets."""

from collections import deque
from statistics import median
from typing import Final

from ibe100.mpegts.timestamps import PCR_HZ, pcr_difference

_WINDOW: Final = 16
_HALF: Final = _WINDOW // 2
_QUARTER_FROM_THE_TOP: Final = _WINDOW - 1 - _WINDOW // 4
_LIMIT_PCR: Final = 500e-9 * PCR_HZ
_CONSTANT_PACKETS: Final = 2.0
_LONGEST_STEP_PCR: Final = PCR_HZ


class PcrAccuracy:
    """Judges each PCR of a PID by the eight before and the seven after it, at the bitrate that these show.

    The clause speaks of a constant bitrate alone: where a quarter of the PCRs are more than two packets off,
    the bitrate is not constant, and nothing is judged.
    """

    def __init__(self) -> None:
        self._points: dict[int, deque[tuple[int, int]]] = {}

    def is_wrong(self, pid: int, index: int, pcr: int) -> bool:
        """Take the PCR in the packet `index` of the stream; True if the one eight PCRs back is inaccurate."""
        points = self._points.setdefault(pid, deque(maxlen=_WINDOW))
        if points:
            last_index, last_pcr = points[-1]
            step = pcr_difference(pcr, last_pcr)
            if not 0 < step < _LONGEST_STEP_PCR or index <= last_index:
                points.clear()
            else:
                pcr = last_pcr + step
        points.append((index, pcr))
        return len(points) == _WINDOW and _middle_is_off(list(points))

    def forget(self, pid: int) -> None:
        """Begin anew after a discontinuity that was announced."""
        self._points.pop(pid, None)


def _middle_is_off(points: list[tuple[int, int]]) -> bool:
    """True if the middle PCR is off the line through all of them; medians keep wrong PCRs from bending it."""
    per_packet = median(
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for earlier, later in zip(points[:_HALF], points[_HALF:], strict=True)
    )
    first_index, first_pcr = points[0]
    residuals = [pcr - first_pcr - per_packet * (index - first_index) for index, pcr in points]
    offset = median(residuals)
    distances = sorted(abs(residual - offset) for residual in residuals)
    if distances[_QUARTER_FROM_THE_TOP] > _CONSTANT_PACKETS * per_packet:
        return False
    return abs(residuals[_HALF] - offset) > _LIMIT_PCR
